"""The base of every action: its turn as plain values, and no exception beyond it."""

import sys
from abc import ABC, abstractmethod
from typing import Any

import structlog
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict
from sqlalchemy.ext.asyncio import AsyncSession

from actions.answers import ALSO
from actions.rooms import Rooms
from bot.dialogue.asked import misunderstood
from bot.residents import identity
from bot.settings import read_settings
from bot.store.tables import Resident

log = structlog.get_logger(__name__)

Events = list[dict[str, Any]]

# A reading that is less likely than this is not offered as what was perhaps meant.
WORTH_ASKING = 0.1

# No rule says what comes after an action that another one called: now it is the resident's turn.
LISTEN: dict[str, Any] = FollowupAction("action_listen")

# The rooms of actions that are served without the app.
_opened: list[Rooms] = []


class Turn:
    """What an action may know of the conversation, and its voice."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self._dispatcher = dispatcher
        self._tracker = tracker

    @property
    def conversation_id(self) -> str:
        """The resident's random id."""
        return str(self._tracker.sender_id)

    @property
    def language(self) -> str:
        """The language that the bot speaks to this resident."""
        return str(self._tracker.get_slot("language") or "fi")

    @property
    def intent(self) -> str:
        """What the latest message was understood as."""
        return str((self._message.get("intent") or {}).get("name") or "")

    @property
    def text(self) -> str:
        """The latest message's words; a button's payload where one was tapped."""
        return str(self._message.get("text") or "")

    @property
    def asked(self) -> str | None:
        """The slot that the active form asks for."""
        return self._tracker.get_slot("requested_slot")

    @property
    def form(self) -> str | None:
        """The active form."""
        return (self._tracker.active_loop or {}).get("name")

    def slot(self, name: str) -> Any:
        """A slot's value."""
        return self._tracker.get_slot(name)

    def entities(self, name: str) -> list[str]:
        """The values of the latest message's entities of that name, without repeats."""
        found = self._message.get("entities") or []
        return list(dict.fromkeys(e["value"] for e in found if e.get("entity") == name))

    @property
    def factors(self) -> list[str]:
        """The factors that the latest message names: by a chip, or in words."""
        chips = self.entities("factor")
        told = (self._message.get("response_selector") or {}).get("factor") or {}
        if chips or not told:
            return chips
        if self.intent == "factor":
            return [leaf.removeprefix("factor/") for leaf in told.get("all") or ()]
        return []

    @property
    def also(self) -> tuple[str, ...]:
        """Other readings of the latest message that are likely enough to count."""
        ranking = self._message.get("intent_ranking") or []
        return tuple(r["name"] for r in ranking if float(r["confidence"]) >= ALSO)

    @property
    def guess(self) -> str | None:
        """The likeliest real intent of the latest message, where it is likely enough to count."""
        real = [name for name in self.also if name != "nlu_fallback"]
        return real[0] if real else None

    @property
    def likely_factor(self) -> tuple[str, float] | None:
        """The likeliest factor, and how likely it is that the message names a factor at all."""
        told = (self._message.get("response_selector") or {}).get("factor")
        ranking = self._message.get("intent_ranking") or []
        if not told:
            return None
        of_all = {r["name"]: float(r["confidence"]) for r in ranking}
        leaf = str(told["response"]["intent_response_key"])
        return leaf.removeprefix("factor/"), of_all.get("factor", 0.0)

    @property
    def readings(self) -> list[str]:
        """Real readings of the latest message, the likeliest first; a factor's with its name."""
        ranking = self._message.get("intent_ranking") or []
        selected = self._message.get("response_selector") or {}
        likely = [
            r["name"]
            for r in ranking
            if r["name"] != "nlu_fallback" and float(r["confidence"]) >= WORTH_ASKING
        ]
        return [
            str(selected[name]["response"]["intent_response_key"])
            if name == "factor" and name in selected
            else name
            for name in likely
        ]

    @property
    def is_first(self) -> bool:
        """Whether the bot has not said anything in this conversation yet."""
        return not any(event.get("event") == "bot" for event in self._tracker.events)

    @property
    def is_answered(self) -> bool:
        """Whether the bot has said something to the latest message already."""
        for event in reversed(self._tracker.events):
            if event.get("event") in {"bot", "user"}:
                return bool(event["event"] == "bot")
        return False

    def comes_after(self, action: str) -> bool:
        """Whether the bot's last action before the latest message was this one."""
        events = self._tracker.events
        written = [n for n, event in enumerate(events) if event.get("event") == "user"]
        *_, start, end = (0, 0, *written)
        acted = [e["name"] for e in events[start:end] if e.get("event") == "action"]
        return [name for name in acted if name != "action_listen"][-1:] == [action]

    def misunderstood_in_a_row(self) -> int:
        """How many of the resident's latest messages were not understood, this one included."""
        return max(misunderstood(self._tracker.events, repairing=True), 1)

    def say(self, response: str, **values: Any) -> None:
        """Says a response of `stories/wording/`; `values` fill its placeholders."""
        self._dispatcher.utter_message(response=response, **values)

    @property
    def _message(self) -> dict[str, Any]:
        return self._tracker.latest_message or {}


class SeuraAction(Action, ABC):
    """An action of ours. Subclasses set `action` (its name in `domain.yml`) and write `act`."""

    action: str
    rooms: Rooms

    def __init__(self, rooms: Rooms | None = None) -> None:
        """Takes the app's rooms; without the app, the first turn opens rooms for all actions."""
        if rooms:
            self.rooms = rooms

    def name(self) -> str:
        """The action's name."""
        return self.action

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Events:
        """Acts. A fault is told to the resident honestly and logged without their words."""
        turn = Turn(dispatcher, tracker)
        try:
            if not hasattr(self, "rooms"):
                self.rooms = await _own_rooms()
            return await self.act(turn)
        except Exception as error:  # beyond here the SDK would print the tracker
            log.error("action failed", action=self.action, **where(error))  # noqa: TRY400
            dispatcher.messages.clear()
            turn.say("utter_action_failed")
            return []

    @abstractmethod
    async def act(self, turn: Turn) -> Events:
        """Does the action's work and gives back its events."""

    async def resident(self, session: AsyncSession, turn: Turn) -> Resident | None:
        """Who is talking; none when served without the app or erased meanwhile."""
        return await identity.find(session, turn.conversation_id)


async def _own_rooms() -> Rooms:
    if not _opened:
        rooms = Rooms.open(read_settings())
        await rooms.store.migrate()
        _opened.append(rooms)
    return _opened[0]


def where(error: BaseException) -> dict[str, str]:
    """What went wrong and where, without the message, which might hold a person's words."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return {"error": type(error).__name__, "place": place.removeprefix(sys.prefix)}
