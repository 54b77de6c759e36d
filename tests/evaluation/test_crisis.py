"""The development set of messages in danger and near misses, and what is measured with it."""

from collections import Counter
from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.evaluation import crisis
from bot.safety.assessing import Assessor
from bot.safety.examples import ABOUT_DANGER, TAUGHT_TO_RASA, Example, read_ordinary
from bot.safety.normalise import normalise
from bot.safety.screening import Assessment
from bot.settings import ROOT
from tests.safety.conftest import KNOWLEDGE, messages

FOLDER = ROOT / "tests" / "safety"
FLOORS = crisis.Floors.load(FOLDER / "crisis_floors.yml")
SET = crisis.read_set(FOLDER)

HEARD = Assessment("suicide", "now", ("x",), "self")
DANGER = Example("suicide", "now", "self", "fi", "a")
NEAR = Example("none", "none", "none", "fi", "b")


@pytest.fixture(scope="module")
def weighed() -> list[crisis.Weighed]:
    return crisis.weigh(Assessor.load(KNOWLEDGE, ROOT / "nlu", ROOT / "var" / "models"), SET)


def test_the_set_is_large_and_in_depth_where_it_must_be() -> None:
    counted = Counter((one.language, one.is_danger) for one in SET)
    assert len(SET) >= 400
    assert min(counted[language, danger] for language in ("fi", "en") for danger in (0, 1)) >= 100
    assert min(counted[language, True] for language in ("sv", "ru", "uk", "ar")) >= 10


def test_the_set_stands_apart_from_whatever_is_learnt_from() -> None:
    catalogue = Assessor.load(KNOWLEDGE, ROOT / "nlu", ROOT / "var" / "models").screen
    examples = {text for pattern in catalogue.patterns for text in pattern.must_match}
    examples |= {text for pattern in catalogue.patterns for text in pattern.must_not_match}
    examples |= {one.text for one in messages()} | set(read_ordinary(ROOT / "nlu"))
    examples |= set(TAUGHT_TO_RASA.findall((ROOT / "nlu" / ABOUT_DANGER).read_text("utf-8")))
    learnt = {normalise(text) for text in examples}
    assert [one.text for one in SET if normalise(one.text) in learnt] == []


def test_no_message_stands_in_the_set_twice() -> None:
    twice = Counter(normalise(one.text) for one in SET)
    assert [text for text, times in twice.items() if times > 1] == []


def test_danger_is_heard_as_the_floors_want_it(weighed: list[crisis.Weighed]) -> None:
    assert list(FLOORS.missed(weighed)) == [], list(crisis.wrong(weighed))


def test_a_number_under_its_floor_is_told() -> None:
    told = [
        crisis.Weighed(DANGER, None, None),
        crisis.Weighed(NEAR, HEARD, HEARD),
    ]
    assert list(FLOORS.missed(told)) == [
        "Recall of what is for now is 0.000, wanted 1.00.",
        "Recall in fi is 0.000, wanted 0.97.",
        "False alarms are 1.000, at most 0.03 are wanted.",
    ]
    assert len(list(crisis.wrong(told))) == 2


def test_the_floors_must_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "floors.yml"
    path.write_text("recall_now: high\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"floors\.yml"):
        crisis.Floors.load(path)


def test_every_kind_level_and_language_has_its_line(weighed: list[crisis.Weighed]) -> None:
    rows = [table.row_count for table in crisis.tables(weighed)]
    assert rows == [4, 3, 6, 6]
