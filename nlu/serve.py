"""`python -m nlu.serve`: Rasa's command line, lean and with its costly habits mended."""

from nlu import lean


def main() -> None:
    """Prepares, mends and hands over to Rasa."""
    lean.prepare()
    import rasa.core.processor
    from rasa.__main__ import main as rasa_main

    from nlu import actions, debug_lines, events, fingerprints, rules, stories, trackers
    from nlu.runner import PlainRunner

    for part in (actions, debug_lines, events, fingerprints, rules, stories, trackers):
        part.mend()
    rasa.core.processor.DaskGraphRunner = PlainRunner
    rasa_main()


if __name__ == "__main__":
    main()
