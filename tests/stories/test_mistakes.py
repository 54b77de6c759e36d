"""Slips as people make them, one each in a copy of the real files, found at their line."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import ROOT
from bot.stories.check import check
from bot.stories.files import copy_staff_files
from bot.stories.reading import Problem, words

MISTAKES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "mistakes.yml").read_text(encoding="utf-8")
)
LONG = "Olen taas tässä. " * 300


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of all that staff edit."""
    folder = tmp_path_factory.mktemp("staff")
    copy_staff_files(ROOT, folder)
    yield folder
    shutil.rmtree(folder)


def found_in(folder: Path, mistake: dict[str, Any]) -> tuple[list[Problem], int]:
    """What the check says of a mistake, and the line where it should say so."""
    path = folder / mistake["file"]
    whole = path.read_text(encoding="utf-8")
    assert mistake["old"] in whole, "the real file has changed"
    new = mistake["new"].replace("LONG", LONG)
    broken = whole.replace(mistake["old"], new, 1)
    path.write_text(broken, encoding="utf-8")
    try:
        problems = check(folder)
        if "line" in mistake:
            return problems, int(mistake["line"])
        text, start = broken, whole.index(mistake["old"])
        if "at" in mistake:
            text = (folder / mistake.get("in", mistake["file"])).read_text(encoding="utf-8")
            start = text.index(mistake["at"])
        return problems, text.count("\n", 0, start) + 1
    finally:
        path.write_text(whole, encoding="utf-8")


def test_there_are_forty_mistakes_and_more() -> None:
    assert len({mistake["what"] for mistake in MISTAKES}) == len(MISTAKES) >= 40


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["what"])
def test_s7_a_mistake_is_found_at_its_file_and_line(copied: Path, mistake: dict[str, Any]) -> None:
    problems, line = found_in(copied, mistake)
    places = [(problem.key, problem.file, problem.line) for problem in problems]
    assert (mistake["key"], mistake.get("in", mistake["file"]), line) in places
    assert all(problem.told("fi") != problem.told("en") for problem in problems)


def test_the_real_files_raise_no_false_alarm(copied: Path) -> None:
    assert check(copied) == []


@pytest.mark.parametrize("language", ["fi", "en"])
def test_every_problem_is_told_in_both_languages(language: str) -> None:
    for key, said in words("problems").items():
        for part in ("what", "mend"):
            assert said[part][language].strip(), key
