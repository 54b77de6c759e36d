"""A plain map of the region: schematic shapes around where its municipalities lie.

They are no borders: each municipality gets what is nearer to its centre than to any other's, up to
`REACH`. True outlines would have to be fetched from the National Land Survey; this needs no net.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING

from bot.activities.places import Place

if TYPE_CHECKING:
    import shapely

WIDTH = 420
REACH = 26.0  # km
KM_A_DEGREE = 111.0


@dataclass(frozen=True)
class Shape:
    """One municipality: its outline as an SVG path, and where its name and number stand."""

    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Outline:
    """The map, and how to put a point on it."""

    shapes: tuple[Shape, ...]
    width: float
    height: float
    west: float
    north: float
    scale: float
    shrink: float

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a point in WGS84 degrees lies on the map."""
        return _on_map(self, *_kilometres(latitude, longitude, self.shrink))


def outline_of(places: Iterable[Place]) -> Outline:
    """The map of the municipalities of the region among some places."""
    import shapely  # large, and the map is looked at now and then

    towns = [place for place in places if place.name == place.municipality and place.in_region]
    shrink = cos(radians(sum(town.latitude for town in towns) / len(towns)))
    points = [shapely.Point(_kilometres(town.latitude, town.longitude, shrink)) for town in towns]
    near = shapely.union_all([point.buffer(REACH) for point in points])
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=near)
    west, south, east, north = near.bounds
    scale = WIDTH / (east - west)
    bare = Outline((), WIDTH, round((north - south) * scale, 1), west, north, scale, shrink)
    shapes = []
    for town, point in zip(towns, points, strict=True):
        cell = next(one for one in cells.geoms if one.contains(point)).intersection(near)
        x, y = _on_map(bare, point.x, point.y)
        shapes.append(Shape(town.name, _path(bare, cell.simplify(0.6)), x, y))
    return Outline(tuple(shapes), bare.width, bare.height, west, north, scale, shrink)


def _kilometres(latitude: float, longitude: float, shrink: float) -> tuple[float, float]:
    return longitude * KM_A_DEGREE * shrink, latitude * KM_A_DEGREE


def _on_map(outline: Outline, x: float, y: float) -> tuple[float, float]:
    return (
        round((x - outline.west) * outline.scale, 1),
        round((outline.north - y) * outline.scale, 1),
    )


def _path(outline: Outline, shape: "shapely.Geometry") -> str:
    parts = getattr(shape, "geoms", [shape])
    rings = [
        " ".join(
            f"{x} {y}" for x, y in (_on_map(outline, *one[:2]) for one in part.exterior.coords)
        )
        for part in parts
    ]
    return "".join(f"M{ring}Z" for ring in rings)
