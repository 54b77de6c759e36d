"""Charts as SVG: the measures are worked out here, the page draws them.

No colour alone carries a number: every bar and square says its own in words, for whoever points at
it or has it read out, and a table with the same numbers stands beside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

WIDTH, HEIGHT = 720, 200
LEFT, BOTTOM, TOP = 34, 22, 8
SQUARE = 26
MOST_LABELS = 12


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands, how high it is, what it says, and its label if it has one."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: int
    labelled: bool


@dataclass(frozen=True)
class Line:
    """A line across, with the number that it stands for."""

    y: float
    value: int


@dataclass(frozen=True)
class Bars:
    """A chart of bars, `WIDTH` by `HEIGHT`."""

    bars: Sequence[Bar]
    lines: Sequence[Line]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM


def bars(values: Mapping[str, int]) -> Bars:
    """A bar for each value, by its label, in order."""
    top = _round_up(max(values.values(), default=0))
    room = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / max(1, len(values))
    every = ceil(len(values) / MOST_LABELS) or 1
    drawn = [
        Bar(
            x=round(LEFT + number * step + step * 0.12, 1),
            y=round(TOP + room * (1 - value / top), 1),
            width=round(step * 0.76, 1),
            height=round(room * value / top, 1),
            label=label,
            value=value,
            labelled=number % every == 0,
        )
        for number, (label, value) in enumerate(values.items())
    ]
    marks = sorted({0, top // 2, top})
    return Bars(drawn, [Line(round(TOP + room * (1 - one / top), 1), one) for one in marks])


@dataclass(frozen=True)
class Square:
    """One square of a grid, the darker the more: `share` of the most, 0 to 1."""

    x: int
    y: int
    value: int
    share: float


def squares(values: Mapping[tuple[int, int], int], rows: int, columns: int) -> list[Square]:
    """A grid with a square for each row and column."""
    most = max(values.values(), default=0) or 1
    return [
        Square(
            x=LEFT + column * SQUARE,
            y=row * SQUARE,
            value=values.get((row, column), 0),
            share=round(values.get((row, column), 0) / most, 2),
        )
        for row in range(rows)
        for column in range(columns)
    ]


def _round_up(value: int) -> int:
    """A number not below `value` at which an axis may well end."""
    for step in (4, 10, 20, 50, 100, 200, 500, 1000):
        if value <= step:
            return step
    return ceil(value / 1000) * 1000
