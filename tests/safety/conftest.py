"""The catalogue and the helplines as shipped, and the messages written apart from them."""

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.safety.helplines import Helplines
from bot.safety.screening import CrisisScreen

ROOT = Path(__file__).parent.parent.parent
CATALOGUE = ROOT / "bot" / "knowledge" / "crisis_patterns.yml"
MESSAGES = Path(__file__).parent / "crisis_messages.tsv"


class Message(NamedTuple):
    """A line of the file: what somebody might write, and the kind of danger in it or `none`."""

    text: str
    kind: str
    language: str


def messages() -> list[Message]:
    """Every line of `crisis_messages.tsv`."""
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [Message(*row) for row in rows]


@pytest.fixture(scope="session")
def screen() -> CrisisScreen:
    return CrisisScreen.load(CATALOGUE)


@pytest.fixture(scope="session")
def helplines() -> Helplines:
    return Helplines.load(ROOT / "bot" / "knowledge" / "helplines.yml")
