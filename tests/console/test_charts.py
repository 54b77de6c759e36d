from hypothesis import given
from hypothesis import strategies as st

from bot.console import charts

COUNTS = st.dictionaries(st.text(min_size=1, max_size=6), st.integers(0, 5000), max_size=60)


@given(COUNTS)
def test_every_bar_stands_on_the_base_and_inside_the_chart(values: dict[str, int]) -> None:
    chart = charts.bars(values)
    assert [(bar.label, bar.value) for bar in chart.bars] == list(values.items())
    for bar in chart.bars:
        assert abs(bar.y + bar.height - chart.base) < 0.2
        assert bar.y >= charts.TOP - 0.1
        assert chart.left <= bar.x
        assert bar.x + bar.width <= chart.width


@given(COUNTS)
def test_labels_are_few_enough_to_be_read(values: dict[str, int]) -> None:
    assert sum(bar.labelled for bar in charts.bars(values).bars) <= charts.MOST_LABELS


@given(COUNTS)
def test_a_higher_number_is_never_a_lower_bar(values: dict[str, int]) -> None:
    ordered = sorted(charts.bars(values).bars, key=lambda bar: bar.value)
    assert [bar.height for bar in ordered] == sorted(bar.height for bar in ordered)


def test_without_numbers_there_is_an_empty_grid() -> None:
    assert charts.bars({}).bars == []
    assert {one.share for one in charts.squares({}, 7, 24)} == {0}


def test_the_square_with_the_most_is_the_darkest() -> None:
    squares = charts.squares({(0, 1): 2, (6, 23): 8}, 7, 24)
    assert len(squares) == 7 * 24
    assert max(squares, key=lambda one: one.share).value == 8
