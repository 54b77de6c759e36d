"""Finding what is on nearby and fits."""

from dataclasses import replace
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.ext.asyncio import AsyncSession

from actions.base import LISTEN, Events, SeuraAction, Turn
from actions.walk import known
from bot.activities import history, unmet
from bot.activities.asking import WALK_KM, Asked
from bot.activities.search import Suggestion, Wish, suggest
from bot.dialogue.cards import card_of
from bot.factors import profile
from bot.store.tables import Resident, now

# A search by name or on terms.
ASKING = {"ask_activities", "want_company"}
# The last search goes on: more of it, or the place that it was asked for.
ABOUT_THE_LAST = {"ask_more", "inform_municipality"}
# How much a need weighs that was told by turning something down.
TOLD_BY_DECLINING = 0.5


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
        before = Asked.from_json(turn.slot("search") or {})
        search = self._asked(turn, before)
        if search != before:
            events.append(SlotSet("search", search.as_json() if search else None))
        place = named[0] if named else turn.slot("municipality") or kept
        unclear = turn.intent == "inform_municipality" and not named
        if place and not unclear:
            then = FollowupAction("action_suggest_activities")
            return [*events, SlotSet("municipality", place), then]
        return [*events, SlotSet("municipality", None), FollowupAction("place_form")]

    def _asked(self, turn: Turn, before: Asked) -> Asked:
        """What the message asks for; about the last search, another time at the most."""
        if turn.intent in ABOUT_THE_LAST:
            when = asked_in(turn, self.rooms).when
            return replace(before, when=when) if when else before
        return asked_in(turn, self.rooms) if turn.intent in ASKING else Asked()


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
            if turn.comes_after(self.action) and {one.activity.id for one in found} <= shown:
                # The very same cards once more would be no answer.
                others = replace(wish, exclude=wish.exclude | shown)
                found = await suggest(session, others, self.rooms.gazetteer) or found
            if turn.intent != "ask_more":
                lacking = unmet.unmet_terms(wish, found)
                await unmet.note_unmet(session, lacking, wish.municipality, wish.at)
        if not found:
            turn.say("utter_no_suggestions")
            return [LISTEN]
        self._say_what_is_other(turn, wish, found)
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
        needs = self.rooms.factors.needs_of(factors)
        tastes = history.Tastes()
        if resident:
            told += await profile.interests_of(session, resident)
            tastes = await history.tastes_of(session, resident.id)
        asked = Asked.from_json(turn.slot("search") or {})
        if turn.intent in ASKING:  # straight out of the questions of the walk
            asked = asked_in(turn, self.rooms) or asked
        interests = known(told, self.rooms.interests)
        for need, weight in self.rooms.interests.needs_of(interests).items():
            needs[need] = needs.get(need, 0.0) + weight / 2
        for need in tastes.needs:
            needs[need] = needs.get(need, 0.0) + TOLD_BY_DECLINING
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
            exclude=tastes.declined | (shown if turn.intent == "ask_more" else frozenset()),
            factors=frozenset(factors),
            asked=tuple(known(asked.interests, self.rooms.interests)),
            when=asked.when,
            only=asked.only,
            online_first=asked.online,
            within_km=WALK_KM if asked.walking else None,
            age=asked.age,
            liked=tastes.liked,
            disliked=tastes.disliked,
            weary=tastes.weary,
        )

    def _point(self, turn: Turn, place: str | None) -> tuple[float, float] | None:
        """The location that was sent, unless another place was named after it."""
        point = self.rooms.points.get(turn.conversation_id)
        if point and self.rooms.gazetteer.nearest(*point).municipality != place:
            self.rooms.points.forget(turn.conversation_id)
            return None
        return point

    @staticmethod
    def _say_what_is_other(turn: Turn, wish: Wish, found: list[Suggestion]) -> None:
        """Says it where nothing is quite what was asked for: one sentence, the weightiest."""
        if all(suggestion.other_interest for suggestion in found):
            turn.say("utter_suggestions_other_interest")
        elif all(suggestion.other_time for suggestion in found):
            turn.say("utter_suggestions_other_time")
        elif any(suggestion.wider for suggestion in found) and wish.municipality:
            turn.say("utter_suggestions_wider")

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
        turn.say("utter_activity" if suggestion.next else "utter_activity_untimed", **card)
        return card["reason"]


def asked_in(turn: Turn, rooms: Any) -> Asked:
    """What the latest message asks for, by its words and by what Rasa found in it."""
    interests = [*turn.entities("interest"), *rooms.interests.find(turn.text)]
    asked: Asked = rooms.asking.hear(
        turn.text, now(), known(interests, rooms.interests), turn.entities("time")
    )
    return asked
