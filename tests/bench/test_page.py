import json
import re
from typing import Any

import pytest

from bot.bench.page import document, drawings, page
from bot.bench.phases import of_turn, within_rasa
from bot.bench.report import as_json, notes
from bot.bench.results import Result
from bot.bench.timing import Turn
from bot.settings import ROOT
from tests.bench.test_phases import MARKS
from tests.bench.test_report import SET_UP, crowd, long_talk, result

DOCS = ROOT / "docs"
MACHINE = {
    "at": "2026-01-02T03:04:05+00:00",
    "cpu": "A <fast> one",
    "cores": 2,
    "memory": 8_000_000_000,
    "system": "Linux",
    "python": "3.12",
    "python_of_rasa": "3.10",
    "rasa": "3.6",
    "model": "abc",
}


def numbers(**changes: Any) -> dict[str, Any]:
    results = [
        result("a", 10, 300, growth=long_talk("a", 8)),
        Result(
            **vars(result("b", 11, 400, growth=long_talk("b", 9)))
            | {"crowds": [crowd(kind, n, 100 + n) for kind in ("typed", "button") for n in (1, 32)]}
            | changes
        ),
        result("c", 50, 1600, growth=long_talk("c", 40, 2)),
        result("d", 40, 900),
    ]
    return as_json(results, SET_UP, notes(results, SET_UP, 8), MACHINE, 8)


@pytest.fixture
def profile() -> dict[str, Any]:
    turn = of_turn(Turn(7, 10.0, [10.021]), MARKS, {"deciding": 0.003})
    rasa = {name: {"10": within_rasa(0.1, {"acting": 0.08})} for name in ("stock", "ours")}
    kinds = {"typed": turn, "button": turn}
    return {"other_programs_percent": 3.0, "turn": kinds, "rasa": rasa}


def test_the_page_needs_no_net_and_shows_machine_criteria_and_curves() -> None:
    shown = page(numbers())
    assert "A &lt;fast&gt; one" in shown
    assert "2026-01-02" in shown
    assert shown.count("<svg") == 5
    assert "missed" in shown  # 132 turns a second by button
    assert re.findall(r"""(?:src|href)=["']?http""", shown) == []


def test_there_is_a_picture_of_the_growth_and_one_of_the_crowds() -> None:
    drawn = drawings(numbers())
    assert set(drawn) == {"growth", "growth-ours", "crowds", "crowds-typed", "crowds-button"}
    assert "(c) way c" in drawn["growth"]
    assert "(c) way c" not in drawn["growth-ours"]
    assert len(re.findall("<circle", drawn["crowds-typed"])) == 6


def test_what_was_not_measured_is_not_drawn() -> None:
    few = numbers(growth=[], crowds=[])
    assert drawings(few) == {}
    assert "<svg" not in page(few)


def test_the_document_has_the_figures_of_the_numbers(profile: dict[str, Any]) -> None:
    text = document(numbers(), profile)
    assert "| 150 | 8.0 | 9.0 | 341.0 | 42.6 × |" in text
    assert "| median, ms | 10.0 | 11.0 | 50.0 | 40.0 |" in text
    assert "| Rasa | 10.0 | 10.0 |" in text
    assert "| · of it deciding (policies) | 3.0 | 3.0 |" in text
    assert "| 32 | button | 132.0 | 100.0 | 100.0 | 100.0 | 32 of 32 |" in text
    assert "**missed**" in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head(profile: dict[str, Any]) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", document(numbers(), profile), re.MULTILINE):
        cells = {line.replace("\\|", "").count("|") for line in block.splitlines()}
        assert len(cells) == 1, block


def test_a_busy_machine_is_told_at_the_top(profile: dict[str, Any]) -> None:
    assert "Other programs" not in document(numbers(), profile)
    top, *_ = document(numbers(others=40.0), profile | {"other_programs_percent": 20.0}).split("##")
    assert top.count("Other programs were at work") == 2


@pytest.mark.skipif(not (DOCS / "performance.md").exists(), reason="nothing was measured yet")
def test_the_document_is_what_the_kept_numbers_say() -> None:
    kept = [
        json.loads((DOCS / "bench" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("bench", "profile")
    ]
    assert (DOCS / "performance.md").read_text(encoding="utf-8") == document(*kept)
