"""How the trained model understands messages that it was not trained on.

The floors stand in floors.yml, a little under what was measured. Whoever makes it better may lift
them.
"""

from collections import Counter, defaultdict

import pytest

from bot import model
from bot.evaluation import floors, measuring
from bot.evaluation.measuring import Evaluation, Measured
from bot.evaluation.scores import intent_of
from bot.settings import read_settings

# What is measured once is for all of them: in one process.
pytestmark = pytest.mark.xdist_group("understanding")


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    """The development set as the model of the present files understands it."""
    settings = read_settings()
    trained = model.train(settings, lambda stage: None)
    return measuring.development(settings, trained, lambda what, done, total: None)


def table(measured: Measured) -> str:
    """Per label: how many there are, how many were read right, and what the others were read as."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for one in measured.told:
        rows[one.label][one.leaf] += 1
    return "\n".join(
        f"{label:28} {row[label]:3} of {row.total():3}   "
        + ", ".join(f"{name} {n}" for name, n in row.most_common() if name != label)
        for label, row in sorted(rows.items())
    )


def test_intents_and_factors_and_several_at_once_are_understood(evaluation):
    tables = "\n\n".join(table(measured) for measured in evaluation.sets)
    assert floors.fallen(evaluation) == [], tables


@pytest.mark.parametrize("name", ["messages_fi", "messages_en"])
def test_hardly_a_crisis_is_missed_and_hardly_one_is_seen_where_there_is_none(evaluation, name):
    measured = next(one for one in evaluation.sets if one.name == name)
    seen = [(intent_of(one.label), intent_of(one.leaf)) for one in measured.told]
    missed = sum(label == "crisis" != read for label, read in seen)
    invented = sum(label != "crisis" == read for label, read in seen)
    assert missed <= 4, table(measured)
    assert invented / len(seen) <= 0.015, table(measured)


def test_confidence_is_how_often_it_is_right(evaluation):
    assert max(one.scores.calibration_error for one in evaluation.sets) <= 0.07


def test_few_messages_are_asked_again_and_fewer_misunderstood(evaluation):
    for measured in evaluation.sets:
        if measured.asked_again is not None and measured.misunderstood is not None:
            assert measured.asked_again <= 0.07, measured.name
            assert measured.misunderstood <= 0.075, table(measured)
