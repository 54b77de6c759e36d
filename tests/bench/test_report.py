import json
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.bench.processes import Memory, role
from bot.bench.report import (
    Result,
    Turn,
    as_json,
    criteria,
    like_for_like,
    notes,
    percentile,
    ratios,
    tables,
)

MB = 1_000_000


def result(way: str, milliseconds: float, megabytes: int, **given: object) -> Result:
    turns = [Turn((1, n), milliseconds / 2000, milliseconds / 1000, 2) for n in range(1, 11)]
    return Result(
        **{
            "way": way,
            "title": f"way {way}",
            "others": 0.0,
            "alone": turns,
            "together": turns,
            "seconds": 2.0,
            "memory": [Memory("Rasa", megabytes * MB * 2, megabytes * MB // 2, megabytes * MB)],
            "answers": {(1, n): f"said {n}" for n in range(1, 11)},
        }
        | given  # type: ignore[arg-type]
    )


@pytest.fixture
def results() -> list[Result]:
    return [result("a", 20, 500), result("b", 28, 700), result("c", 50, 1600)]


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


def test_ratios_are_multiples_of_the_other_way(results: list[Result]) -> None:
    found = ratios(results[1], results[0])
    assert found["median_ms"] == pytest.approx(1.4)
    assert found["memory_mb"] == pytest.approx(1.4)
    assert set(ratios(results[0], results[0]).values()) == {1.0}


def test_what_keeps_within_the_limits_meets_the_criteria(results: list[Result]) -> None:
    assert [one.met for one in criteria(results)] == [True, True, True]


def test_each_criterion_is_missed_on_its_own() -> None:
    slow = criteria([result("a", 20, 1), result("b", 31, 1), result("c", 50, 1)])
    no_faster = criteria([result("a", 20, 1), result("b", 28, 1), result("c", 39, 1)])
    large = criteria([result("a", 20, 1), result("b", 28, 900), result("c", 50, 1)])
    assert [one.met for one in slow] == [False, True, True]
    assert [one.met for one in no_faster] == [True, False, True]
    assert [one.met for one in large] == [True, True, False]


def test_the_tables_show_every_way_every_process_and_every_criterion(
    results: list[Result],
) -> None:
    page = Console(file=StringIO(), width=120)
    for table in tables(results, 8):
        page.print(table)
    text = page.file.getvalue()  # type: ignore[attr-defined]
    for words in ("(a) way a", "(b) way b", "(c) way c", "8 residents at once", "1.40 ×"):
        assert words in text
    assert text.count("together") == 3
    assert "1400" in text  # RSS of (b)
    assert text.count(" met ") == 3


def test_the_json_keeps_every_turn_and_every_process(results: list[Result]) -> None:
    data = json.loads(json.dumps(as_json(results, ["a note"], {"cpu": "some"}, 8)))
    assert data["machine"] == {"cpu": "some"}
    assert data["notes"] == ["a note"]
    assert set(data["ways"]) == {"a", "b", "c"}
    full = data["ways"]["b"]
    assert full["alone"][3] == {
        "conversation": 1,
        "step": 4,
        "first_ms": 14.0,
        "last_ms": 28.0,
        "messages": 2,
        "missed": False,
    }
    assert len(full["together"]["turns"]) == 10
    assert full["memory"] == [
        {"process": "Rasa", "rss": 1400 * MB, "uss": 350 * MB, "pss": 700 * MB}
    ]
    assert full["multiples_of_a"]["median_ms"] == pytest.approx(1.4)
    assert [one["met"] for one in data["criteria"]] == [True, True, True]


def test_the_notes_count_the_answers_that_are_the_same(results: list[Result]) -> None:
    results[2].answers[(1, 1)] = "something else"
    told = "\n".join(notes(results, [], 8))
    assert "(b) in 10 of 10 steps, with 1.40 ×" in told
    assert "(c) in 9 of 10 steps, with 2.50 ×" in told


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
    told = "\n".join(notes(results, ["TEDPolicy"], 8))
    assert "(a) 35 %" in told
    assert "(c) 0 %" not in told
    assert "TEDPolicy" in told
    assert "2.5" in told


def test_quiet_runs_have_no_notes_of_trouble(results: list[Result]) -> None:
    told = "\n".join(notes(results, [], 8))
    assert "measure again" not in told
    assert "skipped the training" not in told
    assert "found no button" not in told


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/x/python -m nlu.serve run --enable-api", "Rasa"),
        ("/x/python -m rasa run", "Rasa"),
        ("/x/python -m bot app --samples", "app"),
        ("/x/python -m bot demo --no-browser", "sandbox and supervisor"),
        ("/x/python -m bot.bench.actions", "actions"),
        ("/x/something else", "/x/something else"),
    ],
)
def test_a_process_is_named_for_what_it_does(command: str, name: str) -> None:
    assert role(command.split()) == name
