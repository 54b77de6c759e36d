import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.safety.assessing import Assessor
from tests.safety.conftest import KNOWLEDGE, ROOT, messages

ASSESSOR = Assessor.load(KNOWLEDGE, ROOT / "nlu", ROOT / "var" / "models")


def test_next_to_no_example_is_taken_wrongly(assessor: Assessor) -> None:
    taken = [(line, assessor.assess(line.text)) for line in messages()]
    missed = [line.text for line, found in taken if line.is_danger and not found]
    alarms = [line.text for line, found in taken if not line.is_danger and found]
    assert len(missed) <= 0.02 * len(taken), missed
    assert len(alarms) <= 0.01 * len(taken), alarms


def test_a_pattern_comes_before_likeness(assessor: Assessor) -> None:
    found = assessor.assess("haluan kuolla")
    assert found is not None
    assert found.level == "now"
    assert "fi_wish_to_die" in found.pattern_ids


def test_likeness_alone_leads_to_a_question(assessor: Assessor) -> None:
    by_likeness = [
        found
        for line in messages()
        if line.is_danger
        and not assessor.screen.assess(line.text)
        and (found := assessor.assess(line.text))
    ]
    assert len(by_likeness) > 50
    assert {found.level for found in by_likeness} == {"concern"}
    assert {found.pattern_ids for found in by_likeness} == {("likeness",)}


@pytest.mark.parametrize(
    "text",
    [
        "kuolen nauruun",
        "en aio tappaa itseäni",
        "isäni hakkasi minua lapsena",
        "lapsi heräs, palaan",
        "",
        "\u200b",
        "😂",
    ],
)
def test_a_harmless_phrase_is_not_looked_at_twice(assessor: Assessor, text: str) -> None:
    assert assessor.assess(text) is None
    assert assessor.weigh_intent(text, "crisis/suicide", 1.0) is None


def test_an_intent_counts_when_rasa_is_sure_and_it_is_not_unlike(assessor: Assessor) -> None:
    text = "mulla on kaikki mitä siihen tarvitaan, en palaa"
    found = assessor.weigh_intent(text, "crisis/suicide", 0.9)
    assert found is not None
    assert (found.kind, found.level, found.pattern_ids) == ("suicide", "concern", ("intent",))
    assert assessor.weigh_intent(text, "crisis/suicide", 0.2) is None
    assert assessor.weigh_intent(text, "factor/shyness", 0.9) is None
    assert assessor.weigh_intent(text, None, 0.9) is None
    assert assessor.weigh_intent("missä kerho kokoontuu", "crisis/suicide", 0.9) is None


@pytest.mark.parametrize(
    "text",
    ["äiti hakkasi minua lapsena", "I used to cut myself in high school", "viiltelin teininä"],
)
def test_what_is_long_past_is_no_alarm(assessor: Assessor, text: str) -> None:
    assert assessor.assess(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "isä löi minua lapsena ja lyö edelleen",
        "viiltelin nuorena ja nyt taas",
        "ten years ago I tried, and I want to die again",
    ],
)
def test_what_has_come_back_is_not_past(assessor: Assessor, text: str) -> None:
    assert assessor.assess(text) is not None


@given(st.text(max_size=300))
def test_no_text_breaks_the_assessor(text: str) -> None:
    ASSESSOR.assess(text)
    ASSESSOR.weigh_intent(text, "crisis/suicide", 0.9)
