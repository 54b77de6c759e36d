"""Changing the language, and what to do when a message was not understood."""

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import LISTEN, Events, SeuraAction, Turn


class ActionSetLanguage(SeuraAction):
    """Changes the language that the bot speaks to this resident."""

    action = "action_set_language"

    async def act(self, turn: Turn) -> Events:
        """Takes the language from the button or the words; asks where neither says it."""
        language = self._wanted(turn)
        if language is None:
            turn.say("utter_language_unknown")
            return []
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident:
                resident.language = resident.language_told_to_rasa = language
                resident.language_chosen = True
        # The response is chosen by the slot, which is set only after this action.
        turn.say(f"utter_language_changed_{language}")
        return [SlotSet("language", language)]

    def _wanted(self, turn: Turn) -> str | None:
        named = turn.entities("language")
        if named:
            return named[0] if named[0] in self.rooms.languages else None
        words = turn.text.lower().split()
        for language, beginnings in self.rooms.languages.items():
            if any(word.startswith(tuple(beginnings)) for word in words):
                return language
        return None


class ActionRepair(SeuraAction):
    """Not understood once: ask again. Twice: offer buttons. A third time: offer a human.

    Rasa calls it too where no rule says what comes next: after an interruption that a rule has
    answered in the middle of a form.
    """

    action = "action_repair"

    async def act(self, turn: Turn) -> Events:
        """Asks the open question again, except the third time: then the offer is the question."""
        if turn.form and turn.is_answered:
            return [FollowupAction(turn.form)]
        times = turn.misunderstood_in_a_row()
        if times >= 3:
            turn.say("utter_repair_third")
            return [LISTEN]
        if turn.form:
            turn.say("utter_repair_first" if times == 1 else "utter_repair_second_asking")
            return [FollowupAction(turn.form)]
        turn.say("utter_repair_first" if times == 1 else "utter_repair_second")
        return [LISTEN]
