"""What ends a turn as a whole."""


class TurnFailed(BaseException):
    """The turn could not be taken: nothing of it is kept, and the message can be taken again.

    No `Exception`: those Rasa passes over, and saves the turn as if nothing had been wanted.
    """
