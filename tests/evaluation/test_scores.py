import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.messages import Labelled
from bot.evaluation.scores import (
    calibration,
    calibration_error,
    confusions,
    f1_by_label,
    risks,
    scores,
    several,
    understood,
)
from tests.evaluation.making import told

LABELS = st.sampled_from(["greet", "deny", "factor/money", "factor/digital", "crisis/suicide"])
TOLD = st.lists(
    st.builds(told, LABELS, LABELS, st.floats(0, 1, allow_nan=False)), min_size=1, max_size=40
)


def test_the_reading_passes_over_the_fallback_and_takes_the_leaf_from_the_selector():
    parsed = {
        "intent_ranking": [
            {"name": "nlu_fallback", "confidence": 0.6},
            {"name": "factor", "confidence": 0.3},
        ],
        "response_selector": {"factor": {"response": {"intent_response_key": "factor/money"}}},
    }
    assert understood(Labelled("factor/digital", "rahat loppu"), parsed) == told(
        "factor/digital", "factor/money", 0.3, "rahat loppu"
    )


def test_another_factor_is_the_right_intent_and_the_wrong_factor():
    found = scores([told("factor/money", "factor/digital"), told("greet", "greet")])
    assert (found.intents, found.factors, found.macro_f1) == (1.0, 0.0, 1.0)


def test_a_set_without_factors_has_no_number_for_them():
    assert scores([told("greet", "deny")]).factors is None


def test_f1_weighs_what_was_missed_and_what_was_invented():
    pairs = [("a", "a"), ("a", "b"), ("b", "b"), ("c", "b")]
    assert f1_by_label(pairs) == {"a": pytest.approx(2 / 3), "b": pytest.approx(0.5), "c": 0.0}


def test_the_calibration_error_is_the_gap_between_confidence_and_truth():
    sure_and_right = [told("greet", "greet", 1.0)] * 3
    sure_and_wrong = [told("greet", "deny", 1.0)]
    assert calibration_error(sure_and_right) == 0.0
    assert calibration_error(sure_and_right + sure_and_wrong) == pytest.approx(0.25)


@given(TOLD)
def test_the_calibration_curve_counts_every_message_once(messages):
    steps = calibration(messages)
    assert sum(step.count for step in steps) == len(messages)
    assert 0 <= calibration_error(messages) <= 1


@given(TOLD)
def test_a_higher_threshold_never_answers_more(messages):
    answered = [risk.answered for risk in risks(messages)]
    assert answered[0] == 1.0
    assert answered == sorted(answered, reverse=True)


@given(TOLD)
def test_every_wrong_message_stands_in_one_confusion_and_the_largest_comes_first(messages):
    found = confusions(messages)
    sizes = [len(confusion.messages) for confusion in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == sum(one.leaf != one.label for one in messages)


def test_several_factors_count_what_was_found_and_what_was_made_up():
    found = several([({"money", "digital"}, {"money"}), ({"illness"}, {"illness", "moving"})])
    assert (found.exact, found.found, found.sound) == (
        0,
        pytest.approx(2 / 3),
        pytest.approx(2 / 3),
    )
