"""No exception leaves an action, and nobody's words come into the log."""

from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.utils import all_subclasses
from structlog.testing import capture_logs

import actions.activities
import actions.handoff
import actions.places
import actions.privacy
import actions.steering
import actions.walk
from actions.base import Events, SeuraAction, Turn
from actions.privacy import ActionTellWhatIsKept
from actions.rooms import Rooms
from bot.store.engine import Store
from bot.store.tables import Resident
from tests.actions.making import Said, run, tracker

ACTIONS: list[type[SeuraAction]] = sorted(all_subclasses(SeuraAction), key=lambda a: a.action)
WORDS = "olen Maija Kuhmoisista"
FAILED: tuple[Events, Said] = ([], [("utter_action_failed", {})])


def turn(*given: Any, **named: Any) -> Turn:
    return Turn(CollectingDispatcher(), tracker(*given, **named))


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_fault_is_told_honestly_and_logged_without_words(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch, action: type[SeuraAction]
) -> None:
    async def fail(self: SeuraAction, turn: Turn) -> Events:
        turn.say("utter_hello", name=WORDS)
        raise ValueError(f"can't handle {turn.text}")

    monkeypatch.setattr(action, "act", fail)
    state = tracker("nlu_fallback", WORDS, slots={"mood": WORDS}, entities=[("interest", WORDS)])
    with capture_logs() as logs:
        assert await run(action, rooms, state) == FAILED
    (line,) = logs
    assert line["action"] == action.action
    assert line["error"] == "ValueError"
    assert line["place"].startswith(f"{__file__}:")
    assert set(line) == {"event", "log_level", "action", "error", "place"}
    assert "Maija" not in str(logs)


async def test_a_database_that_fails_is_told_and_its_parameters_are_not_logged(
    rooms: Rooms, tmp_path: Path
) -> None:
    rooms.store = Store(f"sqlite+aiosqlite:///{tmp_path / 'without_tables.db'}")
    with capture_logs() as logs:
        assert await run(ActionTellWhatIsKept, rooms, tracker("ask_privacy", WORDS)) == FAILED
    await rooms.store.close()
    assert [line["error"] for line in logs] == ["OperationalError"]
    assert "Maija" not in str(logs)
    assert "nobody" not in str(logs)


async def test_what_was_written_before_a_fault_is_undone(
    rooms: Rooms, resident: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("bot.factors.profile.add_interests", fail)
    state = tracker("affirm", resident=resident, asked="permission")
    with capture_logs():
        assert await run(actions.walk.ValidateWalkForm, rooms, state) == FAILED
    async with rooms.store.begin() as session:
        row = await session.get(Resident, resident.id)
    assert row
    assert row.consented_at is None


# --- the turn as plain values ---------------------------------------------------------------


def test_a_bare_tracker_reads_as_nothing() -> None:
    state = tracker()
    state.latest_message, state.slots, state.events = {}, {}, []
    bare = Turn(CollectingDispatcher(), state)
    assert (bare.intent, bare.text, bare.language) == ("", "", "fi")
    assert (bare.asked, bare.form, bare.slot("mood")) == (None, None, None)
    assert (bare.entities("factor"), bare.factors, bare.also) == ([], [], ())
    assert bare.likely_factor is None
    assert bare.is_first


def test_entities_are_told_once_each() -> None:
    named = [("interest", "chess"), ("factor", "money"), ("interest", "chess")]
    assert turn(entities=named).entities("interest") == ["chess"]


def test_a_chip_goes_before_what_the_words_were_taken_for() -> None:
    chip = turn("factor", entities=[("factor", "money")], factors=["moving"])
    assert chip.factors == ["money"]


@pytest.mark.parametrize(("intent", "factors"), [("factor", ["moving", "money"]), ("greet", [])])
def test_words_name_factors_when_they_are_understood_so(intent: str, factors: list[str]) -> None:
    assert turn(intent, factors=["moving", "money"]).factors == factors


def test_a_second_reading_counts_when_it_is_likely_enough() -> None:
    ranking = {"express_distress": 0.5, "express_loneliness": 0.2, "greet": 0.19}
    assert turn(ranking=ranking).also == ("express_distress", "express_loneliness")


@pytest.mark.parametrize(("ranking", "sureness"), [({"factor": 0.3}, 0.3), ({"greet": 0.9}, 0.0)])
def test_the_likeliest_factor_is_as_likely_as_that_there_is_one(
    ranking: dict[str, float], sureness: float
) -> None:
    assert turn(ranking=ranking, likely_factor="money").likely_factor == ("money", sureness)


def test_the_bot_has_said_nothing_until_it_has() -> None:
    assert turn(events=[SlotSet("language", "en")]).is_first
    assert not turn().is_first
