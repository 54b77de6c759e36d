"""Curves as SVG: one drawing that a page holds or that stands alone, light and dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATE = "drawing.svg"
TICKS = 6
COLOURS = 5


@dataclass(frozen=True)
class Curve:
    """A named row of points.

    Attributes:
        name: for the legend.
        points: x and y of each, by x.
        dots: whether each point is shown, for few of them.
        dashed: for what is wanted, or only to compare with.
        colour: the number of one of the colours; by the curve's place if not given.
    """

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    dashed: bool = False
    colour: int | None = None


@dataclass(frozen=True)
class Axis:
    """One side of the drawing.

    Attributes:
        label: what is measured, with its unit.
        highest: where it ends; at the highest value if not given. It begins at 0.
        doubling: every doubling is equally wide, from 1 on.
    """

    label: str
    highest: float | None = None
    doubling: bool = False

    def ticks(self, values: Sequence[float]) -> list[float]:
        """Round numbers from the beginning to the end or a little less."""
        end = self.end(values)
        if self.doubling:
            return [2.0**power for power in range(round(math.log2(end)) + 1)]
        step = 10 ** math.floor(math.log10(end / TICKS))
        step *= next(many for many in (1, 2, 5, 10) if end / (step * many) <= TICKS)
        return [step * number for number in range(math.floor(end / step + 1e-9) + 1)]

    def end(self, values: Sequence[float]) -> float:
        """The highest value that has a place."""
        return self.highest or max(values, default=0.0) or 1.0

    def place(self, value: float, values: Sequence[float]) -> float:
        """Where a value lies, from 0 to 1."""
        end = self.end(values)
        if not self.doubling:
            return value / end
        return math.log2(max(value, 1.0)) / (math.log2(end) or 1.0)


def draw(
    title: str, curves: Sequence[Curve], x: Axis, y: Axis, width: int = 640, height: int = 320
) -> Markup:
    """Draws curves into one frame.

    Args:
        title: for those who can't see it, too.
        curves: each in a colour that the colour-blind tell apart; there are five.
        x: the axis below.
        y: the axis on the left.
        width: of the frame, in pixels.
        height: the same.

    Returns:
        An `<svg>` element with its own style.
    """
    xs = [point[0] for curve in curves for point in curve.points]
    ys = [point[1] for curve in curves for point in curve.points]

    def across(value: float) -> float:
        return round(x.place(value, xs) * width, 1)

    def up(value: float) -> float:
        return round(height - y.place(value, ys) * height, 1)

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = environment.get_template(TEMPLATE).render(
        title=title,
        width=width,
        height=height,
        x=x,
        y=y,
        across=[(across(tick), f"{tick:g}") for tick in x.ticks(xs)],
        up=[(up(tick), f"{tick:g}") for tick in y.ticks(ys)],
        curves=[
            (
                curve,
                (number if curve.colour is None else curve.colour) % COLOURS,
                [(across(one), up(other)) for one, other in curve.points],
            )
            for number, curve in enumerate(curves)
        ],
    )
    return Markup(drawn)  # noqa: S704 - the template escapes what it is given
