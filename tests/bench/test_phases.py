from io import StringIO

import pytest
from rich.console import Console

from bot.bench.phases import RASA, STEPS, WHOLE, by_turn, medians, of_turn, tables, within_rasa
from bot.bench.timing import Turn

MARKS = {
    "received": 10.001,
    "stored": 10.003,
    "taken up": 10.006,
    "answered": 10.016,
    "decided": 10.020,
}


def test_the_steps_of_a_turn_follow_each_other_and_add_up_to_it() -> None:
    turn = Turn(7, 10.0, [10.021, 10.025])
    phases = of_turn(turn, MARKS, {"understanding": 0.004, "deciding": 0.003})
    assert [round(phases[step], 3) for step in STEPS] == [1, 2, 3, 10, 4, 5]
    assert sum(phases[step] for step in STEPS) == pytest.approx(phases[WHOLE])
    assert sum(phases[phase] for phase in RASA) == pytest.approx(phases["answered"])
    assert phases["rest"] == pytest.approx(3)


def test_a_turn_that_rasa_had_no_part_in_is_left_out() -> None:
    assert of_turn(Turn(7, 10.0, [10.1]), {"received": 10.001, "stored": 10.003}, {}) == {}


def test_marks_are_put_together_by_turn() -> None:
    lines = [
        {"turn": 1, "step": "received", "at": 1.0},
        {"turn": 2, "step": "received", "at": 1.0},
        {"turn": 1, "step": "stored", "at": 2.0},
    ]
    assert by_turn(lines) == {1: {"received": 1.0, "stored": 2.0}, 2: {"received": 1.0}}


def test_of_several_turns_there_is_the_median_of_each_phase() -> None:
    assert medians([{"a": 1.0, "b": 5.0}, {"a": 3.0, "b": 1.0}, {"a": 9.0, "b": 2.0}]) == {
        "a": 3.0,
        "b": 2.0,
    }
    assert medians([]) == {}


def test_the_tables_name_every_step_and_every_phase() -> None:
    turn = of_turn(Turn(7, 10.0, [10.021]), MARKS, {})
    rasa = {"stock": {"10": within_rasa(0.1, {"acting": 0.08})}}
    page = Console(file=StringIO(), width=140)
    for table in tables({"turn": {"typed": turn, "button": {}}, "rasa": rasa}):
        page.print(table)
    text = page.file.getvalue()  # type: ignore[attr-defined]
    for words in (*STEPS.values(), *RASA.values(), "stock, turn 10", "80.0"):
        assert words in text
