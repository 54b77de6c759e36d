import json
from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.bench.criteria import WANTED, Criterion, criteria
from bot.bench.crowds import Level
from bot.bench.processes import Memory, role
from bot.bench.report import as_json, notes, tables
from bot.bench.results import (
    Result,
    SetUp,
    Turn,
    like_for_like,
    percentile,
    ratios,
)

MB = 1_000_000


def result(way: str, milliseconds: float, megabytes: int, **given: object) -> Result:
    turns = [Turn((1, n), milliseconds / 2000, milliseconds / 1000, 2) for n in range(1, 11)]
    return Result(
        **{
            "way": way,
            "title": f"way {way}",
            "others": 0.0,
            "start": 9.0,
            "alone": turns,
            "together": turns,
            "seconds": 2.0,
            "memory": [Memory("Rasa", megabytes * MB * 2, megabytes * MB // 2, megabytes * MB)],
            "answers": {(1, n): f"said {n}" for n in range(1, 11)},
        }
        | given  # type: ignore[arg-type]
    )


SET_UP = SetUp(
    disk={".venv": 400 * MB, ".venv-rasa": 600 * MB, ".venv-stock": 2600 * MB},
    environments={".venv": 12.0},
    training={"ours": 61.0, "stock": None},
)


def long_talk(way: str, milliseconds: float, more_each_turn: float = 0.0) -> list[list[float]]:
    """One conversation of 200 turns."""
    return [[(milliseconds + more_each_turn * n) / 1000 for n in range(1, 201)]]


def crowd(kind: str, residents: int, a_second: float, in_order: int | None = None) -> Level:
    turns = [0.1] * 100
    return Level(
        kind, residents, turns, 100 / a_second, residents if in_order is None else in_order
    )


@pytest.fixture
def results() -> list[Result]:
    return [
        result("a", 10, 300, growth=long_talk("a", 8)),
        result(
            "b", 11, 400, start=9.0,
            growth=long_talk("b", 9),
            crowds=[crowd("typed", 32, 130), crowd("button", 32, 260)],
        ),
        result("c", 50, 1600, growth=long_talk("c", 40, 2)),
        result("d", 40, 900),
    ]  # fmt: skip


def measured(results: list[Result], set_up: SetUp = SET_UP) -> dict[str, Criterion]:
    """The criteria by what they are about."""
    return {one.wanted.split(":")[0]: one for one in criteria(results, set_up)}


def test_a_percentile_is_one_of_the_values_by_nearest_rank() -> None:
    hundred = [float(n) for n in range(100, 0, -1)]
    assert percentile(hundred, 95) == 95
    assert percentile(hundred, 100) == 100
    assert percentile([7.0], 95) == 7


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(1, 100))
def test_a_percentile_is_not_exceeded_by_its_share_of_the_values(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * share / 100 - 1e-6
    assert sum(value < found for value in values) < len(values) * share / 100 + 1e-6


def test_the_figures_are_in_milliseconds_turns_a_second_and_megabytes() -> None:
    figures = result("a", 20, 500).figures()
    assert figures["median_ms"] == pytest.approx(20)
    assert figures["first_median_ms"] == pytest.approx(10)
    assert figures["turns_a_second"] == 5
    assert figures["memory_mb"] == 500


def test_ratios_are_multiples_of_the_other_way() -> None:
    found = ratios(result("b", 28, 700, start=2.0), result("a", 20, 500, start=1.0))
    assert found["median_ms"] == pytest.approx(1.4)
    assert found["memory_mb"] == pytest.approx(1.4)
    assert found["start_seconds"] == 2


def test_the_sandbox_is_weighed_but_not_in_the_sum() -> None:
    both = [Memory("sandbox", 1, 1, 50 * MB), Memory("app", 1, 1, 100 * MB)]
    assert result("b", 1, 1, memory=both).figures()["memory_mb"] == 100


def test_turns_are_told_apart_by_how_they_were_made_and_what_they_ran() -> None:
    turns = [
        Turn((1, 1), 0, 0.01, 1),
        Turn((1, 2), 0, 0.02, 1, acted=True),
        Turn((1, 3), 0, 0.03, 1, tapped=True),
        Turn((1, 4), 0, 0.04, 1, tapped=True, acted=True),
    ]
    kinds = result("b", 1, 1, alone=turns).kinds()
    assert {kind: [turn.place[1] for turn in found] for kind, found in kinds.items()} == {
        "typed": [1, 2],
        "button": [3, 4],
        "action": [2, 4],
        "typed without action": [1],
        "button without action": [3],
    }


def test_the_cost_of_a_turn_is_the_median_of_those_around_it() -> None:
    talk = [float(n) for n in range(1, 201)]
    one = result("a", 1, 1, growth=[talk])
    assert one.cost_at(10) == pytest.approx(10.5)
    assert one.cost_at(1) == pytest.approx(3.5)
    assert one.cost_at(200) == pytest.approx(198)
    assert one.cost_at(201) is None
    assert result("a", 1, 1).cost_at(10) is None


def test_what_keeps_within_the_limits_meets_every_criterion(results: list[Result]) -> None:
    turns = [Turn((1, 1), 0, 0.011, 1, tapped=True), Turn((1, 2), 0, 0.011, 1, acted=True)]
    results[1].alone = turns
    found = criteria(results, SET_UP)
    assert len(found) == len(WANTED)
    assert [one.wanted for one in found if not one.met] == []


@pytest.mark.parametrize(
    ("way", "change", "missed"),
    [
        (1, {"alone": [Turn((1, 1), 0, 0.0151, 1)]}, "(b) at the median, as a multiple of (a)"),
        (2, {"alone": [Turn((1, 1), 0, 0.019, 1)]}, "(a) at the median, times faster than (c)"),
        (1, {"alone": [Turn((1, 1), 0, 0.0121, 1, tapped=True)]}, "(b) button turn"),
        (0, {"growth": long_talk("a", 8, 0.01)}, "(a) turn 200, as a multiple of turn 10"),
        (1, {"growth": long_talk("b", 8, 0.01)}, "(b) turn 200, as a multiple of turn 10"),
        (2, {"growth": long_talk("c", 40, 0.5)}, "(a) at turn 150, times faster than (c)"),
        (1, {"crowds": [crowd("typed", 32, 119)]}, "(b) typed, 32 residents at once"),
        (1, {"crowds": [crowd("button", 32, 249)]}, "(b) buttons, 32 residents at once"),
        (
            1,
            {"crowds": [crowd("typed", 32, 200), crowd("button", 2, 200, in_order=1)]},
            "(b) residents answered in order",
        ),
        (1, {"memory": [Memory("app", 1, 1, 451 * MB)]}, "(b) processes of ./seura run (PSS)"),
        (1, {"start": 12.1}, "(b) ./seura run to ready"),
    ],
)
def test_each_criterion_is_missed_on_its_own(
    results: list[Result], way: int, change: dict[str, object], missed: str
) -> None:
    for name, value in change.items():
        setattr(results[way], name, value)
    assert [name for name, one in measured(results).items() if not one.met] == [missed]


def test_the_environments_may_be_too_large(results: list[Result]) -> None:
    large = SetUp({".venv": 700 * MB, ".venv-rasa": 801 * MB}, {}, {})
    assert not measured(results, large)["both environments on disk"].met


def test_what_was_not_measured_is_not_held_against_anything() -> None:
    few = [result(way, 20, 1) for way in "abc"]
    names = set(measured(few, SetUp({}, {}, {})))
    assert names == {
        "(b) at the median, as a multiple of (a)",
        "(a) at the median, times faster than (c)",
        "(b) typed turn",
        "(b) processes of ./seura run (PSS)",
        "(b) ./seura run to ready",
    }


def test_the_table_of_the_ways_comes_first_and_the_criteria_last(results: list[Result]) -> None:
    page = Console(file=StringIO(), width=140)
    for table in tables(results, SET_UP, 8):
        page.print(table)
    text = page.file.getvalue()  # type: ignore[attr-defined]
    for words in ("(a) way a", "(b) way b", "(c) way c", "8 residents at once", "1.10 ×"):
        assert words in text
    assert text.index("A turn, and as a multiple of (a)") < text.index("Kinds of turns")
    assert text.index("Set-up") < text.index("Criteria")
    assert text.count("together") == 4
    assert "32 of 32" in text
    assert "not known" in text  # when the stock model was trained
    assert text.count(" met ") == len(criteria(results, SET_UP))


def test_the_json_keeps_every_turn_every_process_and_every_level(results: list[Result]) -> None:
    data = json.loads(json.dumps(as_json(results, SET_UP, ["a note"], {"cpu": "some"}, 8)))
    assert data["machine"] == {"cpu": "some"}
    assert data["notes"] == ["a note"]
    assert set(data["ways"]) == {"a", "b", "c", "d"}
    full = data["ways"]["b"]
    assert full["alone"][3] == {
        "conversation": 1,
        "step": 4,
        "first_ms": 5.5,
        "last_ms": 11.0,
        "driver_ms": 0.0,
        "messages": 2,
        "missed": False,
        "tapped": False,
        "acted": False,
    }
    assert len(full["together"]["turns"]) == 10
    assert full["memory"] == [
        {"process": "Rasa", "rss": 800 * MB, "uss": 200 * MB, "pss": 400 * MB}
    ]
    assert full["multiples_of_a"]["median_ms"] == pytest.approx(1.1)
    assert len(full["growth_ms"][0]) == 200
    assert full["crowds"][0] == {
        "kind": "typed",
        "residents": 32,
        "turns": 100,
        "turns_a_second": 130.0,
        "p50_ms": 100.0,
        "p95_ms": 100.0,
        "p99_ms": 100.0,
        "in_order": 32,
    }
    assert data["growth"]["150"] == {"a": 8.0, "b": 9.0, "c": pytest.approx(341)}
    assert data["set_up"]["disk"][".venv"] == 400 * MB
    assert all(one["met"] for one in data["criteria"])


def test_the_notes_count_the_answers_that_are_the_same(results: list[Result]) -> None:
    results[2].answers[(1, 1)] = "something else"
    told = "\n".join(notes(results, SET_UP, 8))
    assert "(b) in 10 of 10 steps, with 1.10 ×" in told
    assert "(c) in 9 of 10 steps, with 5.00 ×" in told


def test_like_for_like_leaves_out_what_was_answered_otherwise() -> None:
    turns = [Turn((1, 1), 0.1, 0.1, 1), Turn((1, 2), 0.001, 0.001, 1)]
    bare = result("a", 20, 1)
    other = result("c", 20, 1, alone=turns, answers={(1, 1): "said 1", (1, 2): "what?"})
    assert like_for_like(other, bare) == pytest.approx(5)
    assert like_for_like(result("c", 20, 1, answers={}), bare) is None


def test_the_notes_name_untrained_policies_busy_processors_and_missing_buttons() -> None:
    missed = [Turn((2, 5), 0.01, 0.02, 1, missed=True)]
    results = [
        result("a", 20, 1, others=35.0),
        result("b", 20, 1, alone=missed),
        result("c", 20, 1),
    ]
    told = "\n".join(notes(results, replace(SET_UP, untrained=["TEDPolicy"], epochs=2), 8))
    assert "(a) 35 %" in told
    assert "(c) 0 %" not in told
    assert "TEDPolicy" in told
    assert "2 epochs" in told
    assert "2.5" in told


def test_quiet_runs_have_no_notes_of_trouble(results: list[Result]) -> None:
    told = "\n".join(notes(results, SET_UP, 8))
    assert "measure again" not in told
    assert "skipped the training" not in told
    assert "found no button" not in told


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/x/python -m nlu.serve run --enable-api", "Rasa"),
        ("/x/python -m rasa run", "Rasa"),
        ("/x/python -m bot app --samples", "app"),
        ("/x/python -m bot run", "supervisor"),
        ("/x/python -m bot.bench.sandbox 8900", "sandbox"),
        ("/x/python -m bot.bench.rasa_phases run", "Rasa"),
        ("/x/python -m bot.bench.actions", "actions"),
        ("/x/something else", "/x/something else"),
    ],
)
def test_a_process_is_named_for_what_it_does(command: str, name: str) -> None:
    assert role(command.split()) == name
