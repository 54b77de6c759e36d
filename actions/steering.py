"""Changing the language, and what to do when a message was not understood."""

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import LISTEN, Events, SeuraAction, Turn
from bot.residents import teaching

# These are buttons of utter_repair_second already.
OFFERED = {"ask_activities", "ask_human"}


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

    The buttons are the two likeliest readings of the message, beside those of the response.

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
        if times == 1:
            turn.say("utter_repair_first")
        else:
            response = "utter_repair_second_asking" if turn.form else "utter_repair_second"
            turn.say(response, buttons=self._readings(turn))
            await self._tell_of_teaching(turn)
        return [FollowupAction(turn.form) if turn.form else LISTEN]

    async def _tell_of_teaching(self, turn: Turn) -> None:
        """Says once, and not between questions, that the resident could help the bot learn."""
        if turn.form:
            return
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident and await teaching.tell_once(session, resident):
                turn.say("utter_teaching_hint")

    def _readings(self, turn: Turn) -> list[dict[str, str]]:
        """The two likeliest readings as buttons; fewer where they are unlikely or have no words."""
        titles = self.rooms.phrases.tree["reading"]
        buttons = []
        for reading in turn.readings:
            intent, _, name = reading.partition("/")
            if name in self.rooms.factors.factors:
                title = self.rooms.factors.label(name, turn.language)
                buttons.append({"title": title, "payload": f'/factor{{"factor": "{name}"}}'})
            elif intent in titles and (turn.form or intent not in OFFERED):
                title = self.rooms.phrases(f"reading.{intent}", turn.language)
                buttons.append({"title": title, "payload": f"/{intent}"})
        return buttons[:2]
