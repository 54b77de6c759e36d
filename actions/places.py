"""The question "where?" outside the walk: the form `place_form`."""

from rasa_sdk.events import SlotSet

from actions.answers import interpret
from actions.base import Events, SeuraAction, Turn
from actions.walk import heard


class ValidatePlaceForm(SeuraAction):
    """Takes a place as the answer; anything else is left to the rules."""

    action = "validate_place_form"

    async def act(self, turn: Turn) -> Events:
        """Sets the municipality."""
        if turn.asked is None:
            return []
        meaning = interpret("municipality", heard(turn, self.rooms))
        return [SlotSet(name, value) for name, value in meaning.slots.items()]
