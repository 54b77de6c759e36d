"""Finding what is on nearby: a small circle first, wider ones when there is little, then online.

Nobody is left with an empty hand: what was asked for is let go piece by piece (the time, the
interest, the language), and each suggestion says in what it is other than asked.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from bot.activities.areas import (
    ONLINE,
    Point,
    municipality_area,
    squares_around,
    squares_of_region,
)
from bot.activities.index import (
    ANY,
    FRIEND,
    LANGUAGE_FACTS,
    RARER_LANGUAGES,
    Fact,
    Hit,
    factor_term,
    interest_term,
    language_term,
    look_up,
    need_term,
    point_of,
)
from bot.activities.places import Gazetteer, distance_km
from bot.activities.ranking import (
    Candidate,
    Reason,
    Wish,
    choose,
    ease_part,
    fits,
    interest_part,
    is_held_in,
    is_online,
    reach,
    reasons,
    suits_age,
)
from bot.activities.times import Occurrence, next_occurrence
from bot.activities.when import When
from bot.store.tables import Activity

__all__ = ["Reason", "Suggestion", "Wish", "suggest"]

NEAR_KM = 15.0
FRIENDS_KM = 30.0
CIRCLES_KM = (NEAR_KM, 30.0, 60.0, 120.0)
# The heaviest needs and the dearest interests are looked for; the others still count in the score.
NEEDS, INTERESTS, FACTORS = 5, 4, 4
FOUND_FOR_THEM = 0.5
NEEDS_OF_FACTS = {
    Fact.FREE: "free",
    Fact.STEP_FREE: "step_free",
    Fact.HEARING_LOOP: "hearing_loop",
    Fact.WALK_IN: "open_door",
}
# So many of the most promising ones are read and weighed in full.
WEIGHED = 20
# And by these columns alone; the texts are read of the chosen ones.
WEIGHED_BY = load_only(
    Activity.kind, Activity.municipality, Activity.latitude, Activity.longitude, Activity.needs,
    Activity.interests, Activity.meant_for, Activity.times, Activity.price_euros,
    Activity.languages, Activity.youngest, Activity.oldest, Activity.walk_in, Activity.step_free,
    Activity.hearing_loop, Activity.ratings, Activity.rating_sum, Activity.gone_at,
    Activity.duplicate_of,
)  # fmt: skip
MOST_EXCLUDED = 200


@dataclass(frozen=True)
class Suggestion:
    """An activity to suggest.

    Attributes:
        activity: the activity.
        distance_km: as the crow flies, from the wish's point or else its municipality's centre;
            None for online ones and where one of the two places is not known.
        next: when it is on next, or now; None for what has no times.
        reasons: why it is suggested, the most telling first; never empty.
        wider: it is farther than asked: outside the wished municipality and farther off than
            15 km, or than they said that they can go.
        other_time: it is not at the time that was asked for.
        other_interest: it is not what was asked for by name.
        other_language: it is not held in the wished language.
    """

    activity: Activity
    distance_km: float | None
    next: Occurrence | None
    reasons: tuple[Reason, ...]
    wider: bool
    other_time: bool = False
    other_interest: bool = False
    other_language: bool = False


@dataclass(frozen=True)
class _View:
    """From where it is looked, and over what."""

    point: Point | None
    municipality: str | None
    gazetteer: Gazetteer
    samples: bool


type Stage = tuple[float | None, list[str], list[str] | None]


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
    view = _View(point, municipality, gazetteer, samples)
    chosen: list[Candidate] = []
    for softer, only_if_empty in _ladder(wish):
        if len(chosen) >= limit or (chosen and only_if_empty):
            break
        seen = frozenset(candidate.activity.id for candidate in chosen)
        softer = replace(softer, exclude=wish.exclude | seen)
        chosen += choose(await _pool(session, softer, view, limit), softer, limit - len(chosen))
    whole = select(Activity).where(Activity.id.in_(one.activity.id for one in chosen))
    await session.scalars(whole.execution_options(populate_existing=True))
    return [_suggestion(candidate, wish, view) for candidate in chosen]


async def friend_activity(
    session: AsyncSession,
    municipality: str | None,
    language: str,
    at: datetime,
    gazetteer: Gazetteer,
) -> Activity | None:
    """The friend activity that is nearest: somebody to go along, or to visit."""
    place = gazetteer.place(municipality) if municipality else None
    if place is None:
        return None
    areas = [
        municipality_area(place.municipality),
        *squares_around((place.latitude, place.longitude), FRIENDS_KM),
    ]
    facts = LANGUAGE_FACTS.get(language, Fact.NONE)
    hits = await look_up(session, [FRIEND], areas, at, facts=facts)
    nearest = min(
        hits,
        key=lambda hit: (
            hit.area != areas[0],
            _distance((place.latitude, place.longitude), hit) or 0.0,
            hit.activity_id,
        ),
        default=None,
    )
    return await session.get(Activity, nearest.activity_id) if nearest else None


def _ladder(wish: Wish) -> Iterator[tuple[Wish, bool]]:
    """The wish, then softer ones; and whether one is only for when nothing was found before."""
    yield wish, False
    if wish.when:
        yield replace(wish, when=When()), True
    if wish.asked:
        unasked = replace(wish, asked=(), interests=(*wish.asked, *wish.interests))
        yield unasked, True
        if wish.when:
            yield replace(unasked, when=When()), True
    yield replace(wish, asked=(), when=When(), language=""), True


def _suggestion(candidate: Candidate, wish: Wish, view: _View) -> Suggestion:
    activity = candidate.activity
    far = candidate.distance_km is not None and candidate.distance_km > (wish.within_km or NEAR_KM)
    beyond = far if wish.within_km else not candidate.near
    return Suggestion(
        activity=activity,
        distance_km=candidate.distance_km,
        next=candidate.next,
        reasons=reasons(candidate, wish),
        wider=bool(view.point or view.municipality) and beyond and not is_online(activity),
        other_time=bool(wish.when)
        and not (candidate.next and wish.when.takes(candidate.next, wish.at)),
        other_interest=bool(wish.asked) and not fits(activity, wish),
        other_language=not is_held_in(activity, wish.language),
    )


def _viewpoint(wish: Wish, gazetteer: Gazetteer) -> tuple[Point | None, str | None]:
    """Where they look from, and which municipality is theirs, as far as they told."""
    place = gazetteer.place(wish.municipality) if wish.municipality else None
    municipality = place.municipality if place else wish.municipality
    if wish.latitude is not None and wish.longitude is not None:
        return (wish.latitude, wish.longitude), municipality
    return (place.latitude, place.longitude) if place else None, municipality


async def _pool(session: AsyncSession, wish: Wish, view: _View, limit: int) -> list[Candidate]:
    """What is open to them, from circles as wide as it takes."""
    pool: dict[int, Candidate] = {}
    terms = _terms(wish)
    for radius, areas, instead in _stages(wish, view):
        hits = await look_up(
            session,
            instead or list(terms),
            areas,
            wish.at,
            facts=wish.only | LANGUAGE_FACTS.get(wish.language, Fact.NONE) | _real(view),
            slots=wish.when.slots(wish.at),
            more=min(len(wish.exclude), MOST_EXCLUDED),
        )
        best = _most_promising(hits, terms, wish, view, radius, max(WEIGHED, 4 * limit))
        wanted = [number for number in best if number not in pool]
        if wanted:
            weighed = select(Activity).where(Activity.id.in_(wanted)).options(WEIGHED_BY)
            for activity in await session.scalars(weighed):
                candidate = _candidate(activity, wish, view)
                if candidate:
                    pool[activity.id] = candidate
        if sum(fits(one.activity, wish) for one in pool.values()) >= limit:
            break
    return list(pool.values())


def _terms(wish: Wish) -> dict[str, float]:
    """What to look for, and what finding it counts for."""
    if wish.asked:
        return {interest_term(key): interest_part(1) for key in wish.asked}
    whole = sum(wish.needs.values())
    heaviest = sorted(wish.needs, key=lambda need: -wish.needs[need])[:NEEDS]
    terms = {need_term(need): wish.needs[need] / whole for need in heaviest}
    terms |= {interest_term(key): interest_part(1) for key in wish.interests[:INTERESTS]}
    terms |= {factor_term(key): FOUND_FOR_THEM for key in sorted(wish.factors)[:FACTORS]}
    # What is insisted on may be rare among the others: it is looked for by itself, too.
    terms |= {need_term(NEEDS_OF_FACTS[fact]): 0.0 for fact in wish.only if fact in NEEDS_OF_FACTS}
    if wish.language in RARER_LANGUAGES:
        terms[language_term(wish.language)] = 0.0
    return {**terms, ANY: 0.0}


def _real(view: _View) -> Fact:
    return Fact.NONE if view.samples else Fact.REAL


def _stages(wish: Wish, view: _View) -> list[Stage]:
    """How far to look, in turn: a radius in km, or None for any; the areas; other terms if any.

    The last one is for friend activity, which goes to people wherever they live.
    """
    own = [municipality_area(view.municipality)] if view.municipality else []
    point = view.point
    online: Stage = (None, [ONLINE], None)
    if point:
        circles = (wish.within_km, *CIRCLES_KM) if wish.within_km else CIRCLES_KM
        first, *wider = circles
        # Who said how far they can go is not sent across their whole municipality at first.
        near = (
            squares_around(point, first) if wish.within_km else own + squares_around(point, first)
        )
        stages: list[Stage] = [(first, near, None)]
        stages += [(radius, own + squares_around(point, radius), None) for radius in wider]
        friends = [*own, *squares_around(point, CIRCLES_KM[-1])]
    else:
        everywhere = squares_of_region(view.gazetteer)
        stages = [(0.0, own, None)] if own else []
        stages += [(None, everywhere, None)]
        friends = own + everywhere
    friendly: Stage = (CIRCLES_KM[-1] if point else None, friends, [FRIEND])
    stages = [online, *stages] if wish.online_first else [*stages, online]
    return stages if wish.asked else [*stages, friendly]


def _most_promising(
    hits: list[Hit],
    terms: dict[str, float],
    wish: Wish,
    view: _View,
    radius: float | None,
    count: int,
) -> list[int]:
    """The ids of those that are likely to score best, by what the index alone tells."""
    found: dict[int, tuple[Hit, bool, dict[str, float]]] = {}
    home = municipality_area(view.municipality) if view.municipality else None
    for hit in hits:
        if hit.activity_id in wish.exclude:
            continue
        before = found.get(hit.activity_id)
        is_home = hit.area == home or bool(before and before[1])
        said = before[2] if before else {}
        said[hit.term] = terms.get(hit.term, 0.0)
        found[hit.activity_id] = (hit, is_home, said)
    keys = []
    for number, (hit, is_home, said) in found.items():
        km = _distance(view.point, hit)
        if radius is not None and not is_home and (km is None or km > radius):
            continue
        soon = datetime.fromtimestamp(hit.soonest, UTC)
        worth = sum(said.values()) + ease_part(
            soon, wish.at, walk_in=bool(hit.facts & Fact.WALK_IN)
        )
        online = hit.area == ONLINE
        distance = None if online else km or 0.0
        keys.append((is_home and any(said.values()), reach(distance) * worth, -number))
    return [-number for *_, number in heapq.nlargest(count, keys)]


def _distance(point: Point | None, hit: Hit) -> float | None:
    if point is None or hit.latitude is None or hit.longitude is None:
        return None
    return distance_km(*point, hit.latitude, hit.longitude)


def _candidate(activity: Activity, wish: Wish, view: _View) -> Candidate | None:
    """The activity as seen from there; None when it is over or not to be shown."""
    if activity.gone_at or activity.duplicate_of or not suits_age(activity, wish.age):
        return None
    upcoming = (
        wish.when.next_of(activity.times, wish.at)
        if wish.when
        else next_occurrence(activity.times, wish.at)
    )
    if upcoming is None and (activity.times or wish.when):
        return None
    where = point_of(activity, view.gazetteer)
    km = distance_km(*view.point, *where) if view.point and where else None
    home = view.municipality is not None and activity.municipality == view.municipality
    return Candidate(activity, km, upcoming, home, near=home or (km is not None and km <= NEAR_KM))
