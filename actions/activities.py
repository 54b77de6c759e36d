"""Finding what is on nearby and fits."""

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.ext.asyncio import AsyncSession

from actions.base import LISTEN, Events, SeuraAction, Turn
from actions.walk import known
from bot.activities import history
from bot.activities.search import Suggestion, Wish, suggest
from bot.activities.when import When
from bot.dialogue.cards import card_of
from bot.factors import profile
from bot.store.tables import Resident, now


class ActionBeginSearch(SeuraAction):
    """Looks at once when it is known where; else asks where."""

    action = "action_begin_search"

    async def act(self, turn: Turn) -> Events:
        """Takes the place from the message, from before, or from what the resident let us keep."""
        named = turn.entities("municipality")
        interests = known(turn.entities("interest"), self.rooms.interests)
        events: Events = []
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident and resident.consented_at:
                await profile.add_interests(session, resident, interests, self.rooms.interests)
            elif interests:
                mentioned = [*(turn.slot("mentioned_interests") or ()), *interests]
                events.append(SlotSet("mentioned_interests", list(dict.fromkeys(mentioned))))
            kept = resident.municipality if resident else None
        times = turn.entities("time")
        if times or turn.slot("wished_times"):
            events.append(SlotSet("wished_times", times))
        place = named[0] if named else turn.slot("municipality") or kept
        unclear = turn.intent == "inform_municipality" and not named
        if place and not unclear:
            then = FollowupAction("action_suggest_activities")
            return [*events, SlotSet("municipality", place), then]
        return [*events, SlotSet("municipality", None), FollowupAction("place_form")]


class ActionSuggestActivities(SeuraAction):
    """Suggests up to three, each with its reason, and asks one question at the end."""

    action = "action_suggest_activities"

    async def act(self, turn: Turn) -> Events:
        """Says the cards and remembers in the conversation which were shown."""
        shown = set(turn.slot("shown_activities") or [])
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            factors = await profile.factors_of(session, resident) if resident else []
            factors = factors or list(turn.slot("mentioned_factors") or [])
            wish = await self._wish(session, turn, resident, factors, shown)
            found = await suggest(session, wish, self.rooms.gazetteer)
        if not found:
            turn.say("utter_no_suggestions")
            return [LISTEN]
        if all(suggestion.other_time for suggestion in found):
            turn.say("utter_nothing_at_that_time")
        if any(suggestion.wider for suggestion in found) and wish.municipality:
            turn.say("utter_suggestions_wider")
        said: list[str] = []
        for suggestion in found:
            said.append(self._say_card(turn, suggestion, factors, said))
        turn.say("utter_after_suggestions")
        seen = [*shown, *(suggestion.activity.id for suggestion in found)]
        return [SlotSet("shown_activities", seen), LISTEN]

    async def _wish(
        self,
        session: AsyncSession,
        turn: Turn,
        resident: Resident | None,
        factors: list[str],
        shown: set[int],
    ) -> Wish:
        told = [*turn.entities("interest"), *(turn.slot("mentioned_interests") or ())]
        marks: dict[int, str] = {}
        if resident:
            told += await profile.interests_of(session, resident)
            marks = await history.marks_of(session, resident.id)
        unwanted = {key for key, mark in marks.items() if mark == "declined"}
        if turn.intent == "ask_more":
            unwanted |= shown
        interests = known(told, self.rooms.interests)
        needs = self.rooms.factors.needs_of(factors)
        for need, weight in self.rooms.interests.needs_of(interests).items():
            needs[need] = needs.get(need, 0.0) + weight / 2
        place = turn.slot("municipality")
        point = self._point(turn, place)
        return Wish(
            needs=needs,
            interests=tuple(interests),
            latitude=point[0] if point else None,
            longitude=point[1] if point else None,
            municipality=None if place == "anywhere" else place,
            language=turn.language,
            at=now(),
            exclude=frozenset(unwanted),
            when=When.named(turn.entities("time") or turn.slot("wished_times") or (), now()),
        )

    def _point(self, turn: Turn, place: str | None) -> tuple[float, float] | None:
        """The location that was sent, unless another place was named after it."""
        point = self.rooms.points.get(turn.conversation_id)
        if point and self.rooms.gazetteer.nearest(*point).municipality != place:
            self.rooms.points.forget(turn.conversation_id)
            return None
        return point

    def _say_card(
        self, turn: Turn, suggestion: Suggestion, factors: list[str], said: list[str]
    ) -> str:
        """Shows one suggestion; gives the reason that it names, another than those `said`."""
        rooms = self.rooms
        card = card_of(
            suggestion,
            turn.language,
            factors,
            rooms.phrases,
            rooms.when_words,
            rooms.factors,
            rooms.interests,
            said,
        )
        response = "utter_activity" if suggestion.activity.times else "utter_activity_untimed"
        turn.say(response, **card)
        return card["reason"]
