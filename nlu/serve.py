"""`python -m nlu.serve`: Rasa's command line, with its way of calling actions mended."""

from nlu.actions import mend


def main() -> None:
    """Mends it and hands over to Rasa."""
    from rasa.__main__ import main as rasa

    mend()
    rasa()


if __name__ == "__main__":
    main()
