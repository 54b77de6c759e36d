from hypothesis import given
from hypothesis import strategies as st

from bot.residents.floods import MESSAGES, SECONDS, Floods

ANNA, BERTTA = 1, 2


def test_as_much_as_anybody_types_is_answered() -> None:
    floods = Floods()
    assert [floods.overflows(ANNA, second) for second in range(100)] == [0] * 100


def test_what_is_more_in_a_row_is_counted_until_it_ebbs() -> None:
    floods = Floods()
    assert [floods.overflows(ANNA, 5) for _ in range(MESSAGES + 3)] == [0] * MESSAGES + [1, 2, 3]
    assert floods.overflows(ANNA, 5 + SECONDS) == 0


def test_whoever_waits_for_an_answer_begins_anew() -> None:
    floods = Floods()
    for _ in range(50):
        floods.overflows(ANNA, 5)
    floods.ebbs(ANNA)
    assert [floods.overflows(ANNA, 5) for _ in range(MESSAGES)] == [0] * MESSAGES


def test_one_residents_flood_is_not_anothers() -> None:
    floods = Floods()
    for _ in range(50):
        floods.overflows(ANNA, 5)
    assert floods.overflows(BERTTA, 5) == 0


@given(st.lists(st.integers(0, 60), max_size=80).map(sorted))
def test_in_no_ten_seconds_more_is_answered_than_may_be(moments: list[int]) -> None:
    floods = Floods()
    answered = [moment for moment in moments if not floods.overflows(ANNA, moment)]
    for start in answered:
        assert sum(start <= one < start + SECONDS for one in answered) <= MESSAGES
