"""The catalogues as shipped, and what stands in the file of examples."""

from functools import cache
from pathlib import Path

import pytest

from bot.safety.assessing import Assessor
from bot.safety.examples import Example, read_examples
from bot.safety.helplines import Helplines
from bot.safety.screening import CrisisScreen

ROOT = Path(__file__).parent.parent.parent
KNOWLEDGE = ROOT / "bot" / "knowledge"
CATALOGUE = KNOWLEDGE / "crisis_patterns.yml"


@cache
def messages() -> list[Example]:
    """Every line of `crisis_examples.tsv`."""
    return read_examples(KNOWLEDGE / "crisis_examples.tsv")


@pytest.fixture(scope="session")
def screen() -> CrisisScreen:
    return CrisisScreen.load(CATALOGUE)


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    return Assessor.load(KNOWLEDGE, ROOT / "nlu", ROOT / "var" / "models")


@pytest.fixture(scope="session")
def helplines() -> Helplines:
    return Helplines.load(KNOWLEDGE / "helplines.yml")
