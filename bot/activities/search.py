"""Finding what is on nearby: a small circle first, wider ones when there is little, then online."""

from dataclasses import dataclass
from datetime import timedelta
from math import cos, radians

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.places import Gazetteer, distance_km
from bot.activities.ranking import (
    Candidate,
    Reason,
    Wish,
    choose,
    fits,
    is_held_in,
    is_online,
    reasons,
)
from bot.activities.times import Occurrence, next_occurrence, occurrences
from bot.activities.wished_times import suits
from bot.store.tables import Activity

__all__ = ["Reason", "Suggestion", "Wish", "suggest"]

NEAR_KM = 15.0
CIRCLES_KM = (NEAR_KM, 30.0, 60.0, 120.0)
KM_A_DEGREE = 111.0
# How far to look for something at the time that is wished for.
AHEAD = timedelta(days=62)

type Point = tuple[float, float]
type Stage = tuple[float | None, ColumnElement[bool]]


@dataclass(frozen=True)
class Suggestion:
    """An activity to suggest.

    Attributes:
        activity: the activity.
        distance_km: as the crow flies, from the wish's point or else its municipality's centre;
            None for online ones and where one of the two places is not known.
        next: when it is on next, or now; None for what has no times.
        reasons: why it is suggested, the most telling first; never empty.
        wider: it is outside the wished municipality and farther off than 15 km.
    """

    activity: Activity
    distance_km: float | None
    next: Occurrence | None
    reasons: tuple[Reason, ...]
    wider: bool


async def suggest(
    session: AsyncSession,
    wish: Wish,
    gazetteer: Gazetteer,
    limit: int = 3,
    samples: bool = True,
) -> list[Suggestion]:
    """The activities that suit the wish best, `limit` at the most, the first to show first.

    What is over is left out. The circle widens (15, 30, 60, 120 km, online) until it holds `limit`
    activities that answer something wished for; online comes before it where that is wished.

    Args:
        session: the database.
        wish: what is looked for.
        gazetteer: gives the centres of municipalities.
        limit: how many at the most.
        samples: whether the invented samples may be shown.
    """
    point, municipality = _viewpoint(wish, gazetteer)
    pool: dict[int, Candidate] = {}
    for radius, held_there in _stages(point, municipality, wish.online_first):
        for activity in await session.scalars(_query(held_there, wish, samples)):
            candidate = _candidate(activity, wish, point, municipality, gazetteer)
            if candidate and _is_within(candidate, radius):
                pool[activity.id] = candidate
        if _suiting(pool, wish) >= limit:
            break
    return [
        Suggestion(
            activity=candidate.activity,
            distance_km=candidate.distance_km,
            next=candidate.next,
            reasons=reasons(candidate, wish),
            wider=bool(point or municipality)
            and not (candidate.near or is_online(candidate.activity)),
        )
        for candidate in choose(pool.values(), wish, limit)
    ]


def _viewpoint(wish: Wish, gazetteer: Gazetteer) -> tuple[Point | None, str | None]:
    """Where they look from, and which municipality is theirs, as far as they told."""
    place = gazetteer.place(wish.municipality) if wish.municipality else None
    municipality = place.municipality if place else wish.municipality
    if wish.latitude is not None and wish.longitude is not None:
        return (wish.latitude, wish.longitude), municipality
    return (place.latitude, place.longitude) if place else None, municipality


def _stages(point: Point | None, municipality: str | None, online_first: bool) -> list[Stage]:
    """How far to look, in turn: a radius in km, or None for any, and the rows held there."""
    online = and_(Activity.latitude.is_(None), Activity.municipality.is_(None))
    own = Activity.municipality == municipality
    stages: list[Stage] = (
        [(radius, and_(~online, or_(own, _box(point, radius)))) for radius in CIRCLES_KM]
        if point
        else [(0.0, and_(~online, own)), (None, ~online)]
    )
    return [(None, online), *stages] if online_first else [*stages, (None, online)]


def _box(point: Point, radius_km: float) -> ColumnElement[bool]:
    """Rows in the square around the circle, and those whose exact place is not known."""
    latitude, longitude = point
    up = radius_km / KM_A_DEGREE
    across = up / cos(radians(latitude))
    return or_(
        Activity.latitude.is_(None),
        and_(
            Activity.latitude.between(latitude - up, latitude + up),
            Activity.longitude.between(longitude - across, longitude + across),
        ),
    )


def _query(held_there: ColumnElement[bool], wish: Wish, samples: bool) -> Select[Activity]:
    query = select(Activity).where(held_there).order_by(Activity.id)
    if wish.only_free:
        query = query.where(Activity.price_euros == 0)
    return query if samples else query.where(~Activity.sample)


def _candidate(
    activity: Activity,
    wish: Wish,
    point: Point | None,
    municipality: str | None,
    gazetteer: Gazetteer,
) -> Candidate | None:
    """The activity as seen from there; None when it is over or not to be shown."""
    upcoming = _next(activity, wish)
    if activity.id in wish.exclude or (activity.times and not upcoming):
        return None
    where = _where(activity, gazetteer)
    km = distance_km(*point, *where) if point and where else None
    home = municipality is not None and activity.municipality == municipality
    return Candidate(activity, km, upcoming, home, near=home or (km is not None and km <= NEAR_KM))


def _next(activity: Activity, wish: Wish) -> Occurrence | None:
    """When it is on next, at a time that is wished for."""
    if not wish.times:
        return next_occurrence(activity.times, wish.at)
    soon = occurrences(activity.times, wish.at, wish.at + AHEAD)
    return next((one for one in soon if suits(one.start, wish.times, wish.at)), None)


def _where(activity: Activity, gazetteer: Gazetteer) -> Point | None:
    if activity.latitude is not None and activity.longitude is not None:
        return activity.latitude, activity.longitude
    centre = gazetteer.place(activity.municipality) if activity.municipality else None
    return (centre.latitude, centre.longitude) if centre else None


def _is_within(candidate: Candidate, radius_km: float | None) -> bool:
    if radius_km is None or candidate.home:
        return True
    return candidate.distance_km is not None and candidate.distance_km <= radius_km


def _suiting(pool: dict[int, Candidate], wish: Wish) -> int:
    found = [candidate.activity for candidate in pool.values()]
    return sum(fits(one, wish) and is_held_in(one, wish.language) for one in found)
