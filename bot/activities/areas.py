"""The areas under which activities are found: municipalities, squares of a grid, and online.

A circle on the map is covered by a few squares of its bounding box, so that a search asks for a
handful of areas, however far it looks and however much there is.
"""

from collections.abc import Iterator
from math import cos, floor, radians

from bot.activities.places import Gazetteer

type Point = tuple[float, float]

ONLINE = "online"
KM_A_DEGREE = 111.0
# Two sizes of squares, in km: a circle of 15 km touches four small ones at the most, one of
# 60 km four large ones.
SMALL, LARGE = 30, 120
SMALL_UP_TO_KM = 30.0
# Degrees of longitude shrink towards the north; the squares are square at this latitude.
SQUARE_AT = cos(radians(62.5))


def municipality_area(municipality: str) -> str:
    """The area of a municipality, by its name."""
    return f"in:{municipality}"


def squares_at(point: Point) -> list[str]:
    """The squares that a point (WGS84 degrees) lies in, one of each size."""
    return [_square(size, *_cell(size, *point)) for size in (SMALL, LARGE)]


def squares_around(point: Point, radius_km: float) -> list[str]:
    """The squares that the bounding box of a circle touches."""
    latitude, longitude = point
    up = radius_km / KM_A_DEGREE
    across = up / cos(radians(latitude))
    return _squares(
        SMALL if radius_km <= SMALL_UP_TO_KM else LARGE,
        (latitude - up, longitude - across),
        (latitude + up, longitude + across),
    )


def squares_of_region(gazetteer: Gazetteer) -> list[str]:
    """The squares in which the places of the region lie."""
    latitudes = [place.latitude for place in gazetteer.places]
    longitudes = [place.longitude for place in gazetteer.places]
    return _squares(LARGE, (min(latitudes), min(longitudes)), (max(latitudes), max(longitudes)))


def _squares(size: int, low: Point, high: Point) -> list[str]:
    return [_square(size, *cell) for cell in _cells(_cell(size, *low), _cell(size, *high))]


def _cells(low: tuple[int, int], high: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for row in range(low[0], high[0] + 1):
        for column in range(low[1], high[1] + 1):
            yield row, column


def _cell(size: int, latitude: float, longitude: float) -> tuple[int, int]:
    step = size / KM_A_DEGREE
    return floor(latitude / step), floor(longitude / (step / SQUARE_AT))


def _square(size: int, row: int, column: int) -> str:
    return f"{size}km:{row}:{column}"
