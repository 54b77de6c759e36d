"""Trackers as Rasa sends them, ordinary in all that is not named, and actions run on them."""

from collections.abc import Iterable
from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.base import Events, SeuraAction
from actions.rooms import Rooms
from bot.store.tables import Resident

Said = list[tuple[str, dict[str, Any]]]

SAID_SOMETHING = {"event": "bot", "text": "Hei!"}
REPAIRED = {"event": "action", "name": "action_repair"}
EMPTY: dict[str, Any] = {
    "text": None,
    "buttons": [],
    "elements": [],
    "custom": {},
    "image": None,
    "attachment": None,
}


def wrote(intent: str) -> dict[str, Any]:
    """The event of a message that was understood so."""
    return {"event": "user", "parse_data": {"intent": {"name": intent}}}


def did(action: str) -> dict[str, Any]:
    """The event of an action that was run."""
    return {"event": "action", "name": action}


def tracker(
    intent: str = "",
    text: str = "",
    *,
    resident: Resident | None = None,
    asked: str | None = None,
    form: str | None = None,
    slots: dict[str, Any] | None = None,
    entities: Iterable[tuple[str, str]] = (),
    ranking: dict[str, float] | None = None,
    factors: Iterable[str] = (),
    likely_factor: str | None = None,
    events: Iterable[dict[str, Any]] = (SAID_SOMETHING,),
) -> Tracker:
    """The state of a conversation.

    Args:
        intent: what the latest message was understood as.
        text: its words.
        resident: whose conversation it is; nobody's when none is given.
        asked: the slot that the active form asks for.
        form: the active form.
        slots: those that are set.
        entities: pairs of name and value in the latest message.
        ranking: confidence of each reading of it.
        factors: those that the classifier found in its words.
        likely_factor: the likeliest one.
        events: what happened before; the bot has said something unless told otherwise.
    """
    latest: dict[str, Any] = {
        "text": text,
        "intent": {"name": intent, "confidence": 0.9},
        "entities": [{"entity": name, "value": value} for name, value in entities],
        "intent_ranking": [
            {"name": name, "confidence": confidence} for name, confidence in (ranking or {}).items()
        ],
    }
    found = [f"factor/{key}" for key in factors]
    likeliest = f"factor/{likely_factor}" if likely_factor else next(iter(found), None)
    if likeliest:
        selected = {"intent_response_key": likeliest, "confidence": 0.9}
        latest["response_selector"] = {
            "factor": {"response": selected, "ranking": [selected], "all": found}
        }
    return Tracker(
        sender_id=resident.conversation_id if resident else "nobody",
        slots={"language": "fi", "requested_slot": asked} | (slots or {}),
        latest_message=latest,
        events=list(events),
        paused=False,
        followup_action=None,
        active_loop={"name": form} if form else {},
        latest_action_name="action_listen",
    )


async def run(action: type[SeuraAction], rooms: Rooms, state: Tracker) -> tuple[Events, Said]:
    """Runs an action; gives its events, and what it said: names of responses and their values."""
    dispatcher = CollectingDispatcher()
    domain: Any = {}
    events = await action(rooms).run(dispatcher, state, domain)
    return events, [_said(message) for message in dispatcher.messages]


def sets(**slots: Any) -> Events:
    """The events that set these slots, in order."""
    return [SlotSet(name, value) for name, value in slots.items()]


async def become(rooms: Rooms, resident: Resident, **values: Any) -> None:
    """Changes what is kept of a resident."""
    async with rooms.store.begin() as session:
        for name, value in values.items():
            setattr(resident, name, value)
        session.add(resident)


def _said(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    values = dict(message)
    name = str(values.pop("response"))
    assert values.pop("template") == name
    assert {key: values.pop(key) for key in EMPTY} == EMPTY
    return name, values
