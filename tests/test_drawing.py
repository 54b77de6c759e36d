import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.drawing import Axis, Curve, draw

SVG = "{http://www.w3.org/2000/svg}"


def points(drawn: str) -> list[list[tuple[float, float]]]:
    """The points of each curve, in pixels."""
    lines = ET.fromstring(drawn).iter(f"{SVG}polyline")
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+),([-\d.]+)", line.attrib["points"])]
        for line in lines
    ]


def test_a_curve_goes_from_the_corner_to_the_opposite_one() -> None:
    drawn = draw("t", [Curve("a", [(0, 0), (10, 5)])], Axis("x"), Axis("y"), 100, 50)
    assert points(drawn) == [[(0, 50), (100, 0)]]


def test_each_doubling_is_equally_wide() -> None:
    curve = Curve("a", [(1, 1), (2, 1), (4, 1), (8, 1), (16, 1)])
    drawn = draw("t", [curve], Axis("x", doubling=True), Axis("y", highest=2), 100, 50)
    assert [x for x, _ in points(drawn)[0]] == [0, 25, 50, 75, 100]
    assert Axis("x", doubling=True).ticks([1, 16]) == [1, 2, 4, 8, 16]


def test_names_are_written_and_what_is_in_them_is_no_markup() -> None:
    drawn = draw("a <title>", [Curve("<b>&", [(0, 1)], dots=True)], Axis("x"), Axis("y"))
    texts = [element.text for element in ET.fromstring(drawn).iter(f"{SVG}text")]
    assert "<b>&" in texts
    assert "a <title>" in texts


def test_what_is_only_to_compare_with_is_dashed() -> None:
    curves = [Curve("a", [(0, 1)], dashed=True), Curve("b", [(0, 1)])]
    drawn = draw("t", curves, Axis("x"), Axis("y"))
    kinds = [line.attrib["class"] for line in ET.fromstring(drawn).iter(f"{SVG}polyline")]
    assert kinds == ["curve k0 dashed", "curve k1"]


@given(st.floats(0.001, 1e7))
def test_ticks_are_few_begin_at_nothing_and_stay_within(highest: float) -> None:
    ticks = Axis("x").ticks([highest])
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= 7
    assert ticks[-1] <= highest * (1 + 1e-6)


@pytest.mark.parametrize(
    "curves", [[], [Curve("a", [])], [Curve("a", [(0, 0)])], [Curve("a", [(1, 1)], dots=True)]]
)
def test_there_may_be_little_to_draw(curves: list[Curve]) -> None:
    for doubling in (False, True):
        ET.fromstring(draw("t", curves, Axis("x", doubling=doubling), Axis("y")))
