"""The walk: beginning it, reading its answers, reflecting, and closing it."""

from collections.abc import Container, Iterable
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.ext.asyncio import AsyncSession

from actions.answers import QUESTIONS, Heard, Meaning, interpret, let_be
from actions.base import Events, SeuraAction, Turn
from actions.rooms import Rooms
from bot.factors import profile
from bot.factors.reflection import reflect
from bot.residents import consent
from bot.store.tables import Resident, now

GREETINGS = {
    "express_loneliness": "utter_lonely_heard",
    "want_company": "utter_lonely_heard",
    "express_distress": "utter_low_heard",
    "factor": "utter_told",
}
# What is said to a factor when it is told for the first time, where going on would be cold.
CONDOLENCES = {"bereavement": "utter_loss_heard"}
CONCLUSIONS = {
    "glad": "utter_glad",
    "declined": "utter_respect_no",
    "resting": "utter_offer_without_asking",
    "no_questions": "utter_no_questions",
    "let_be": "utter_let_be",
}
# After one of these what is told begins no new walk.
OVER = {"ready", "no_questions", "let_be"}
# So often the permission is asked for; whoever goes on telling has heard the question.
ASKED_ENOUGH = 3


def heard(turn: Turn, rooms: Rooms) -> Heard:
    """The latest message, as the rules of `answers` take it, without what no catalogue has."""
    places = turn.entities("municipality")
    likely = turn.likely_factor
    return Heard(
        intent=turn.intent,
        guess=turn.guess,
        also=turn.also,
        words=len(turn.text.split()),
        factors=tuple(known(turn.factors, rooms.factors)),
        likely_factor=likely if likely and likely[0] in rooms.factors else None,
        interests=tuple(known(turn.entities("interest"), rooms.interests)),
        municipality=places[0] if places else None,
    )


def known(keys: Iterable[str], catalogue: Container[str]) -> list[str]:
    """The keys that the catalogue has, without repeats: an old button may name another one."""
    return list(dict.fromkeys(key for key in keys if key in catalogue))


def is_open(turn: Turn) -> bool:
    """Whether a walk was begun and not brought to its end."""
    return bool(turn.slot("walk_outcome") == "under_way" and turn.slot("mood"))


class ActionBeginWalk(SeuraAction):
    """Greets, and begins the questions or goes on from where they were left."""

    action = "action_begin_walk"

    async def act(self, turn: Turn) -> Events:
        """Greets in the way that fits what was said, and sets what needs no asking any more."""
        if is_open(turn) and turn.intent != "start":
            turn.say("utter_welcome_back")
            return [FollowupAction("walk_form")]
        if turn.intent == "factor" and turn.slot("walk_outcome") in OVER:
            return await self._told_afterwards(turn)
        if turn.is_first:
            turn.say("utter_hello")
        elif turn.intent not in GREETINGS:
            turn.say("utter_hello_again")
        slots: dict[str, Any] = dict.fromkeys(QUESTIONS)
        meaning = Meaning()
        if turn.intent not in {"greet", "start"}:
            meaning = interpret("mood", heard(turn, self.rooms))
        if turn.intent in GREETINGS:
            turn.say(_condolence(meaning.factors) or GREETINGS[turn.intent])
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident and resident.consented_at and resident.municipality:
                slots["municipality"] = resident.municipality
            slots |= meaning.slots
            slots["mentioned_factors"] = meaning.factors
            slots["mentioned_interests"] = meaning.interests
            slots["permission_asked"] = None
            slots["walk_outcome"] = "under_way"
            if slots["mood"] and not slots["loneliness"] and not _may_raise(resident):
                turn.say("utter_offer_without_asking")
                slots["walk_outcome"] = "resting"
                return _set(slots)
            if resident and resident.consented_at:
                await profile.add(session, resident, meaning.factors, self.rooms.factors)
        return [*_set(slots), FollowupAction("walk_form")]

    async def _told_afterwards(self, turn: Turn) -> Events:
        """Something more, once the questions are over: it counts, and nothing is asked anew."""
        factors = known(turn.factors, self.rooms.factors)
        turn.say(_condolence(factors) or "utter_offer_without_asking")
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident and resident.consented_at:
                await profile.add(session, resident, factors, self.rooms.factors)
                return []
        told = [*(turn.slot("mentioned_factors") or ()), *factors]
        return [SlotSet("mentioned_factors", known(told, self.rooms.factors))]


class ValidateWalkForm(SeuraAction):
    """Takes a message as the answer to the question that was asked, or leaves it to the rules."""

    action = "validate_walk_form"

    async def act(self, turn: Turn) -> Events:
        """Sets the slots that the message settles; none where it was an interruption."""
        if turn.asked is None:
            return []
        meaning = interpret(turn.asked, heard(turn, self.rooms))
        if not meaning.is_answer:
            return []
        if turn.asked == "permission" and (turn.slot("permission_asked") or 0) >= ASKED_ENOUGH:
            let_be(meaning)
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if turn.asked == "mood" and meaning.slots.get("mood") not in {None, "good"}:
                self._leave_loneliness_alone(meaning, resident)
            await self._acknowledge(session, resident, turn, meaning)
            slots: dict[str, Any] = dict(meaning.slots)
            slots |= await self._remember(session, resident, turn, meaning)
            if meaning.slots.get("loneliness") == "not_told" and resident:
                await consent.rest_loneliness(session, resident)
        return self._events(turn, slots, meaning.outcome)

    @staticmethod
    def _leave_loneliness_alone(meaning: Meaning, resident: Resident | None) -> None:
        if "loneliness" not in meaning.slots and not _may_raise(resident):
            meaning.outcome = "resting"

    @staticmethod
    async def _acknowledge(
        session: AsyncSession, resident: Resident | None, turn: Turn, meaning: Meaning
    ) -> None:
        """Says that it was heard, before the next question is asked."""
        if meaning.outcome in CONCLUSIONS:
            return
        if condolence := _condolence(meaning.factors):
            before = await profile.factors_of(session, resident) if resident else []
            if not _condolence([*before, *(turn.slot("mentioned_factors") or ())]):
                turn.say(condolence)
        elif turn.asked == "mood" and meaning.slots.get("mood") and turn.intent in GREETINGS:
            turn.say(GREETINGS[turn.intent])
        elif meaning.slots.get("loneliness") == "told" and turn.asked == "loneliness":
            turn.say("utter_lonely_heard")
        elif meaning.slots.get("reflection") == "own_words":
            turn.say("utter_told")
        elif turn.asked == "reflection" and meaning.interests and not meaning.factors:
            turn.say("utter_interests_noted")

    async def _remember(
        self, session: AsyncSession, resident: Resident | None, turn: Turn, meaning: Meaning
    ) -> dict[str, Any]:
        """Keeps factors, interests and municipality: with permission in the database."""
        factors = [*(turn.slot("mentioned_factors") or ()), *meaning.factors]
        interests = [*(turn.slot("mentioned_interests") or ()), *meaning.interests]
        factors = known(factors, self.rooms.factors)
        interests = known(interests, self.rooms.interests)
        if resident is None or not (
            resident.consented_at or meaning.slots.get("permission") == "given"
        ):
            return {"mentioned_factors": factors, "mentioned_interests": interests}
        if meaning.slots.get("permission") == "given":
            await consent.give(session, resident)
        await profile.add(session, resident, factors, self.rooms.factors)
        await profile.add_interests(session, resident, interests, self.rooms.interests)
        place = meaning.slots.get("municipality") or turn.slot("municipality")
        if place and place != "anywhere":
            resident.municipality = place
        slots: dict[str, Any] = {"mentioned_factors": [], "mentioned_interests": []}
        if meaning.slots.get("permission") == "given":
            # What was told already is not asked again.
            slots |= {self.rooms.factors.factors[key].dimension: "told" for key in factors}
        if meaning.slots.get("strengths") and not await profile.factors_of(session, resident):
            slots["reflection"] = "nothing_to_reflect"
        return slots

    @staticmethod
    def _events(turn: Turn, slots: dict[str, Any], outcome: str | None) -> Events:
        answered = {q: slots.get(q) or turn.slot(q) for q in QUESTIONS}
        if not outcome and all(answered.values()):
            outcome = "ready"
        events = _set(slots)
        if outcome:
            events.append(SlotSet("walk_outcome", outcome))
        if outcome in CONCLUSIONS:
            events.append(SlotSet("requested_slot", None))
        return events


class ActionAskPermission(SeuraAction):
    """Asks whether it may ask; in other words when something was told already."""

    action = "action_ask_walk_form_permission"

    async def act(self, turn: Turn) -> Events:
        """What was told is heard, but it is kept only with a yes."""
        told = [
            *(turn.slot("mentioned_factors") or ()),
            *(turn.slot("mentioned_interests") or ()),
        ]
        if not told or turn.asked != "permission":
            turn.say("utter_ask_permission")
        elif len(told) == 1:
            turn.say("utter_ask_permission_again")
        else:
            turn.say("utter_ask_permission_shortly")
        return [SlotSet("permission_asked", (turn.slot("permission_asked") or 0) + 1)]


class ActionAskReflection(SeuraAction):
    """Says the combination of factors back, or lets it be corrected."""

    action = "action_ask_walk_form_reflection"

    async def act(self, turn: Turn) -> Events:
        """Asks whether it was understood right."""
        if turn.intent == "deny" and turn.asked == "reflection":
            turn.say("utter_correct")
            return []
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            keys = await profile.factors_of(session, resident) if resident else []
        keys = keys or list(turn.slot("mentioned_factors") or [])
        if keys:
            turn.say(
                "utter_ask_reflection", reflection=reflect(self.rooms.factors, keys, turn.language)
            )
        else:
            turn.say("utter_nothing_to_reflect")
        return []


class ActionAskMunicipality(SeuraAction):
    """Asks where the resident lives; back, when a form could mean something else."""

    action = "action_ask_walk_form_municipality"

    async def act(self, turn: Turn) -> Events:
        """Asks in the way that fits the latest message."""
        ask_municipality(turn)
        return []


class ActionAskPlace(SeuraAction):
    """The same question outside the walk."""

    action = "action_ask_place_form_municipality"

    async def act(self, turn: Turn) -> Events:
        """Asks in the way that fits the latest message."""
        ask_municipality(turn)
        return []


def ask_municipality(turn: Turn) -> None:
    """Asks for the municipality: plainly, again in other words, or whether a form meant it."""
    unsure = turn.entities("ambiguous_municipality")
    if unsure:
        turn.say("utter_confirm_municipality", municipality=unsure[0])
    elif turn.intent == "inform_municipality" and turn.asked == "municipality":
        turn.say("utter_ask_municipality_again")
    else:
        turn.say("utter_ask_municipality")


class ActionResumeWalk(SeuraAction):
    """Goes on from where the questions were left."""

    action = "action_resume_walk"

    async def act(self, turn: Turn) -> Events:
        """Asks the open question again, or what the resident would like to do."""
        if is_open(turn):
            turn.say("utter_resumed")
            return [FollowupAction("walk_form")]
        turn.say("utter_back")
        return []


class ActionConcludeWalk(SeuraAction):
    """Closes the walk as its answers ask for: with suggestions, or without."""

    action = "action_conclude_walk"

    async def act(self, turn: Turn) -> Events:
        """A walk that came to its end goes on to the suggestions."""
        outcome = turn.slot("walk_outcome")
        if outcome in CONCLUSIONS:
            turn.say(CONCLUSIONS[outcome])
            return []
        then = FollowupAction("action_suggest_activities")
        return [SlotSet("search", None), then] if turn.slot("search") else [then]


class ActionClarify(SeuraAction):
    """Says what the question that was asked means."""

    action = "action_clarify"

    async def act(self, turn: Turn) -> Events:
        """Every question has an explanation of its own, and so have the suggestions."""
        if turn.asked in QUESTIONS:
            turn.say(f"utter_clarify_{turn.asked}")
        elif turn.comes_after("action_suggest_activities"):
            turn.say("utter_clarify_suggestions")
        else:
            turn.say("utter_capabilities")
        return []


def _condolence(factors: Iterable[str]) -> str | None:
    return next((CONDOLENCES[key] for key in factors if key in CONDOLENCES), None)


def _may_raise(resident: Resident | None) -> bool:
    return resident is None or consent.may_raise_loneliness(resident, now())


def _set(slots: dict[str, Any]) -> Events:
    return [SlotSet(name, value) for name, value in slots.items()]
