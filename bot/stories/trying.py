"""Talking to a draft that is tried out: what it said, and why."""

import json
import os
import signal
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bot.dialogue.client import RasaClient
from bot.dialogue.sayings import Saying
from bot.errors import DialogueUnavailable, SetupError
from bot.stories.drafts import Draft
from bot.stories.testing import saved_talk

STATE = ".try"
SAVED = "tests/conversations/test_saved.yml"
HEAD = '# Keskusteluja, jotka on tallennettu kokeilusta.\nversion: "3.1"\n\nstories:\n'
SILENT = {"action_listen", "action_session_start"}
TIMEOUT = 30.0


@dataclass(frozen=True)
class Turn:
    """A turn of a try-out.

    Attributes:
        said: what the person wrote or tapped.
        sayings: what the bot answered.
        intent: what was understood, `factor/money` for a factor.
        confidence: 0 to 1.
        ranking: the likeliest intents, with their confidence.
        entities: what was heard in it, `name: value`.
        actions: what was done, each with who decided it.
        slots: what is remembered since, `name: value`.
        form: the one that is open after it.
    """

    said: str
    sayings: Sequence[Saying]
    intent: str
    confidence: float
    ranking: Sequence[tuple[str, float]]
    entities: Sequence[str]
    actions: Sequence[tuple[str, str]]
    slots: Sequence[str]
    form: str
    form_before: str


def state_of(draft: Draft) -> dict[str, Any]:
    """How far a draft's try-out is; empty where there is none."""
    file = draft.folder / STATE
    if not file.exists():
        return {}
    state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if state["stage"] in {"training", "starting", "ready"} and not _lives(state["process"]):
        return {**state, "stage": "ended"}
    return state


def stop(draft: Draft) -> None:
    """Ends a draft's try-out."""
    state = state_of(draft)
    if state.get("stage") in {"training", "starting", "ready"}:
        with suppress(ProcessLookupError):
            os.kill(state["process"], signal.SIGTERM)


def _lives(process: int) -> bool:
    # A process that has ended and that nobody has asked about yet still has its number.
    status = Path(f"/proc/{process}/stat")
    with suppress(OSError):
        return status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


async def say(state: dict[str, Any], text: str) -> Turn:
    """One turn of the talk.

    Raises:
        DialogueUnavailable: the try-out is not there.
    """
    rasa = RasaClient(f"http://127.0.0.1:{state['port']}", state["token"], TIMEOUT)
    try:
        before = await _tracker(state)
        answer = await rasa.ask(state["conversation"], text, uuid4().hex)
        after = await _tracker(state)
    finally:
        await rasa.close()
    return _turn(text, answer.sayings, before, after)


def _turn(
    text: str, sayings: Sequence[Saying], before: dict[str, Any], after: dict[str, Any]
) -> Turn:
    events = after["events"]
    last = max((n for n, e in enumerate(events) if e["event"] == "user"), default=0)
    message = events[last].get("parse_data") or {}
    intent = message.get("intent") or {}
    selected = (message.get("response_selector") or {}).get(intent.get("name")) or {}
    leaf = (selected.get("response") or {}).get("intent_response_key")
    return Turn(
        said=text,
        sayings=sayings,
        intent=str(leaf or intent.get("name") or ""),
        confidence=float(intent.get("confidence") or 0.0),
        ranking=[
            (one["name"], float(one["confidence"]))
            for one in (message.get("intent_ranking") or [])[:4]
        ],
        entities=[f"{e['entity']}: {e['value']}" for e in message.get("entities") or []],
        actions=[
            (e["name"], (e.get("policy") or "").rpartition("_")[2])
            for e in events[last:]
            if e["event"] == "action" and e["name"] not in SILENT
        ],
        slots=[
            f"{name}: {value}"
            for name, value in after["slots"].items()
            if value != before["slots"].get(name) and name != "requested_slot"
        ],
        form=str((after.get("active_loop") or {}).get("name") or ""),
        form_before=str((before.get("active_loop") or {}).get("name") or ""),
    )


async def _tracker(state: dict[str, Any]) -> dict[str, Any]:
    path = f"/conversations/{state['conversation']}/tracker?include_events=ALL"
    return dict(await _asked(state, "GET", path))


async def heard(state: dict[str, Any], text: str) -> tuple[str, float]:
    """What the model that is tried out takes a message for: the intent, and how surely, 0 to 1.

    Raises:
        DialogueUnavailable: the try-out is not there.
    """
    answer = await _asked(state, "POST", "/model/parse", {"text": text})
    return str(answer["intent"]["name"]), float(answer["intent"]["confidence"])


async def begin_again(state: dict[str, Any]) -> None:
    """Forgets the talk.

    Raises:
        DialogueUnavailable: the try-out is not there.
    """
    path = f"/conversations/{state['conversation']}/tracker/events"
    await _asked(state, "POST", path, [{"event": "restart"}])


async def save_as_test(draft: Draft, name: str) -> None:
    """Adds the talk as it went to the draft's conversation tests.

    Raises:
        DialogueUnavailable: the try-out is not there.
        SetupError: nothing was said yet, or there is such a talk already.
    """
    tracker = await _tracker(state_of(draft))
    events = tracker["events"]
    restarts = [n for n, event in enumerate(events) if event["event"] == "restart"]
    steps = steps_of(events[restarts[-1] + 1 :] if restarts else events)
    if not any("intent" in step for step in steps):
        raise SetupError("Nothing was said yet.")
    path = draft.folder / SAVED
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    if f"- story: {name}\n" in text:
        raise SetupError("There is a conversation of that name already.")
    draft.save(SAVED, text.rstrip("\n") + "\n" + saved_talk(name, steps))


def steps_of(events: Iterable[dict[str, Any]]) -> list[dict[str, object]]:
    """A talk's events as the steps of a test, in Rasa's format."""
    steps: list[dict[str, object]] = []
    called = ""
    for event in events:
        if event["event"] == "user":
            steps.append(_message(event))
        elif event["event"] == "action" and event["name"] not in SILENT:
            steps.append({"action": event["name"]})
        elif event["event"] == "slot" and steps and event["name"] != "language":
            slot = {event["name"]: event["value"]}
            if "slot_was_set" in steps[-1]:
                steps[-1]["slot_was_set"].append(slot)  # type: ignore[attr-defined]
            else:
                steps.append({"slot_was_set": [slot]})
        elif event["event"] == "followup" and str(event["name"]).endswith("_form"):
            # In a test, an action of ours calls a form by having it open.
            called = event["name"]
            steps.append({"active_loop": called})
        elif event["event"] == "active_loop":
            if event["name"] != called:
                steps.append({"active_loop": event["name"]})
            called = ""
    return steps


def _message(event: dict[str, Any]) -> dict[str, object]:
    data = event.get("parse_data") or {}
    intent = (data.get("intent") or {}).get("name")
    text, entities = event.get("text") or "", data.get("entities") or []
    if text.startswith("/"):
        step: dict[str, object] = {"intent": intent}
        if entities:
            step["entities"] = [{one["entity"]: one["value"]} for one in entities]
        return step
    marked = text
    for one in sorted(entities, key=lambda e: e.get("start") or 0, reverse=True):
        start, end = one.get("start"), one.get("end")
        if start is not None and end is not None:
            about = json.dumps({"entity": one["entity"], "value": one["value"]}, ensure_ascii=False)
            marked = f"{marked[:start]}[{marked[start:end]}]{about}{marked[end:]}"
    return {"user": marked, "intent": intent}


async def _asked(state: dict[str, Any], method: str, path: str, body: Any = None) -> Any:
    """What the try-out's Rasa answers over its HTTP API.

    Raises:
        DialogueUnavailable: it does not, or there is no try-out.
    """
    try:
        url = httpx.URL(f"http://127.0.0.1:{state.get('port')}{path}")
        url = url.copy_merge_params({"token": state.get("token", "")})
        async with httpx.AsyncClient(timeout=TIMEOUT) as client:
            answer = await client.request(method, url, json=body)
            answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DialogueUnavailable(type(error).__name__) from error
    return answer.json()
