"""What led up to a request for a human: why it was made, and what was said before it.

Read from the conversation's events, as `tracker.events_of` gives them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.dialogue.tracker import at_of
from bot.handoff.summary import Line, Reason

Event = dict[str, Any]

FORM = "handoff_form"
NOT_UNDERSTOOD = "nlu_fallback"
# After so many messages that were not understood a human is offered.
OFFERED_AFTER = 3


def before(events: Sequence[Event]) -> list[Event]:
    """What came before the resident was shown what would be shared, the request included."""
    shown = [
        number
        for number, event in enumerate(events)
        if event["event"] == "active_loop" and event.get("name") == FORM
    ]
    return list(events[: shown[-1]]) if shown else []


def reason_of(events: Sequence[Event]) -> Reason:
    """Why a human was asked for, from the events that end with the request."""
    asked = next((n for n in reversed(range(len(events))) if events[n]["event"] == "user"), None)
    if asked is None:
        return "words"
    if misunderstood(events[:asked]) >= OFFERED_AFTER:
        return "not_understood"
    return "button" if str(events[asked].get("text") or "").startswith("/") else "words"


def misunderstood(events: Iterable[Event], *, repairing: bool = False) -> int:
    """How many of the latest messages in a row were not understood.

    Args:
        events: of a conversation; of messages the intent is enough.
        repairing: the action that asks again is running for the last one.
    """
    count = 0
    is_repaired = repairing
    for event in reversed(list(events)):
        if event.get("event") == "action" and event.get("name") == "action_repair":
            is_repaired = True
        elif event.get("event") == "user":
            intent = (event.get("parse_data") or {}).get("intent") or {}
            if intent.get("name") != NOT_UNDERSTOOD:
                break
            count += is_repaired
            is_repaired = False
    return count


def lines_of(
    events: Iterable[Event], since: datetime, label: Callable[[str, str], str]
) -> list[Line]:
    """What both said, in words: of a button its title, or what it names.

    Args:
        events: in order.
        since: what is older is left out.
        label: what an entity of this name and value is called; nothing where it says nothing.
    """
    titles: dict[str, str] = {}
    lines = []
    for event in events:
        if event["event"] not in {"user", "bot"} or at_of(event) < since:
            continue
        text = _words(event, titles, label)
        if event["event"] == "bot":
            buttons = (event.get("data") or {}).get("buttons") or ()
            titles |= {one["payload"]: one["title"] for one in buttons}
        if text:
            lines.append(Line(at=at_of(event).isoformat(), by=event["event"], text=text))
    return lines


def _words(event: Event, titles: dict[str, str], label: Callable[[str, str], str]) -> str:
    text = str(event.get("text") or "").strip()
    if event["event"] == "bot" or not text.startswith("/"):
        return text
    if text in titles:
        return titles[text]
    entities = (event.get("parse_data") or {}).get("entities") or ()
    named = (label(str(one["entity"]), str(one["value"])) for one in entities)
    return ", ".join(filter(None, named))
