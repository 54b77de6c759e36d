"""Saying what is kept, and erasing it."""

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Events, SeuraAction, Turn
from actions.walk import is_open
from bot.dialogue.cards import kept_words
from bot.residents import erasure, privacy


class ActionTellWhatIsKept(SeuraAction):
    """Says what is kept about this resident now."""

    action = "action_tell_what_is_kept"

    async def act(self, turn: Turn) -> Events:
        """Reads it from the database, so that it is true."""
        rooms = self.rooms
        async with rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            kept = await privacy.kept(session, resident) if resident else None
        if kept is None:
            turn.say("utter_erased")
            return []
        words = kept_words(kept, turn.language, rooms.phrases, rooms.factors, rooms.interests)
        turn.say("utter_kept", kept=words)
        return []


class ValidateEraseForm(SeuraAction):
    """Yes or no; anything else is no, but a wish for a human, which the rules take up."""

    action = "validate_erase_form"

    async def act(self, turn: Turn) -> Events:
        """Sets `erase_consent`."""
        if turn.asked != "erase_consent" or turn.intent == "ask_human":
            return []
        return [SlotSet("erase_consent", "yes" if turn.intent == "affirm" else "no")]


class ActionErase(SeuraAction):
    """Erases the resident, where they said yes. The app clears Rasa's tracker after the turn."""

    action = "action_erase"

    async def act(self, turn: Turn) -> Events:
        """Nothing of what was said before the yes is left behind."""
        if turn.slot("erase_consent") != "yes":
            turn.say("utter_not_erased")
            done = [SlotSet("erase_consent", None)]
            return [*done, FollowupAction("walk_form")] if is_open(turn) else done
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident:
                await erasure.erase(session, resident)
        self.rooms.points.forget(turn.conversation_id)
        turn.say("utter_erased")
        return []
