"""The search index: each activity under the terms and areas where it is looked for.

A row of `activity_search` says: this activity answers `term` in `area`.

    term     `any`; `need:talk`; `interest:chess`; `for:bereavement`, whom it is meant for;
             `held-in:en`; `friend` for friend activity
    area     its municipality, its squares of the map (`areas.py`), or `online`
    soonest  when it begins next, in seconds since 1970; a week away where there are no times
    until    when the last time of it has ended
    facts    bits: see `Fact`
    slots    bits: the parts of the week in which it takes place, see `slots_of`

The rows of one term in one area lie together in the order of `soonest`, so that a search reads
`BREADTH` rows of each and no more, whatever the size of the catalogue, and on every database.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntFlag
from functools import cache
from itertools import batched, islice, product
from typing import Any, cast

from sqlalchemy import BigInteger, Integer, Table, TextClause, bindparam, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.areas import ONLINE, Point, municipality_area, squares_at
from bot.activities.places import Gazetteer
from bot.activities.times import HELSINKI, Occurrence, following, last_end
from bot.store.tables import Activity, SearchEntry

ANY = "any"
FRIEND = "friend"
# Of each term in each area so many are looked at, more where few take place at the time that is
# asked for; and so many of them are taken.
BREADTH, BREADTH_AT_A_TIME = 64, 256
DEPTH = 16
FOREVER = 253402300799  # the end of the year 9999
ANY_TIME = timedelta(days=7)
# The parts of the week are gathered from this many of the next times.
NEXT_TIMES = 8
BATCH = 500

# The table itself: the unit of work would look at each row.
_ADD = cast("Table", SearchEntry.__table__).insert()

# From which hour to which; what begins before six belongs to the night and is in none.
PARTS = {"morning": (6, 12), "afternoon": (12, 17), "evening": (17, 24)}


class Fact(IntFlag):
    """What a search may insist on."""

    NONE = 0
    FREE = 1
    STEP_FREE = 2
    WALK_IN = 4
    HEARING_LOOP = 8
    FINNISH = 16
    ENGLISH = 32
    REAL = 64


RARER_LANGUAGES = frozenset({"en"})
LANGUAGE_FACTS = {"fi": Fact.FINNISH, "en": Fact.ENGLISH}


@dataclass(frozen=True)
class Hit:
    """A row of the index that a search came upon."""

    activity_id: int
    term: str
    area: str
    soonest: int
    latitude: float | None
    longitude: float | None
    facts: int


def is_online(activity: Activity) -> bool:
    """Whether it is reached from anywhere: it has no place."""
    return activity.latitude is None and activity.municipality is None


def all_needs(activity: Activity) -> list[str]:
    """The needs that it answers: those that staff gave, and those that its fields tell."""
    told = {
        "free": activity.price_euros == 0,
        "step_free": activity.step_free,
        "hearing_loop": activity.hearing_loop,
        "open_door": activity.walk_in,
        "online": is_online(activity),
    }
    return [*activity.needs, *(n for n, so in told.items() if so and n not in activity.needs)]


def point_of(activity: Activity, gazetteer: Gazetteer) -> Point | None:
    """Where it is: its own point, else the centre of its municipality."""
    if activity.latitude is not None and activity.longitude is not None:
        return activity.latitude, activity.longitude
    centre = gazetteer.place(activity.municipality) if activity.municipality else None
    return (centre.latitude, centre.longitude) if centre else None


def facts_of(activity: Activity) -> Fact:
    """What may be insisted on."""
    facts = Fact.NONE
    for fact, so in (
        (Fact.FREE, activity.price_euros == 0),
        (Fact.STEP_FREE, activity.step_free),
        (Fact.WALK_IN, activity.walk_in),
        (Fact.HEARING_LOOP, activity.hearing_loop or "hearing_loop" in activity.needs),
        (Fact.REAL, not activity.sample),
        (Fact.FINNISH, not activity.languages or "fi" in activity.languages),
        (Fact.ENGLISH, not activity.languages or "en" in activity.languages),
    ):
        if so:
            facts |= fact
    return facts


def slot(weekday: int, part: str) -> int:
    """The bit of a part of the week; Monday is 0."""
    return 1 << (weekday * len(PARTS) + list(PARTS).index(part))


def slots_of(occurrences: Iterable[Occurrence]) -> int:
    """The parts of the week that these times touch."""
    found = 0
    for one in occurrences:
        start, end = one.start.astimezone(HELSINKI), one.end.astimezone(HELSINKI)
        begins = start.hour + start.minute / 60
        ends = begins + (end - start) / timedelta(hours=1)
        for part, (low, high) in PARTS.items():
            if begins < high and ends > low:
                found |= slot(start.weekday(), part)
    return found


def entries_of(activity: Activity, gazetteer: Gazetteer, at: datetime) -> Iterator[dict[str, Any]]:
    """The rows of one activity; none when it is over, gone or merged into another one."""
    if activity.gone_at or activity.duplicate_of:
        return
    coming = list(islice(following(activity.times, at), NEXT_TIMES))
    if activity.times and not coming:
        return
    point = point_of(activity, gazetteer)
    ends = last_end(activity.times)
    row = {
        "activity_id": activity.id,
        "soonest": int((coming[0].start if coming else at + ANY_TIME).timestamp()),
        "until": int(ends.timestamp()) if ends else FOREVER,
        "latitude": point[0] if point else None,
        "longitude": point[1] if point else None,
        "facts": int(facts_of(activity)),
        "slots": slots_of(coming),
    }
    for term, area in product(_terms_of(activity), _areas_of(activity, point)):
        yield {"term": term, "area": area, **row}


async def index(
    session: AsyncSession,
    activities: Sequence[Activity],
    gazetteer: Gazetteer,
    at: datetime,
    *,
    fresh: bool = False,
) -> None:
    """Brings the rows of these activities, which have their ids, into line with them.

    `fresh`: none of them has been in the index before.
    """
    for few in batched(activities, BATCH):
        if not fresh:
            ids = [activity.id for activity in few]
            await session.execute(delete(SearchEntry).where(SearchEntry.activity_id.in_(ids)))
        rows = [row for activity in few for row in entries_of(activity, gazetteer, at)]
        if rows:
            await session.execute(_ADD, rows)


async def refresh(session: AsyncSession, gazetteer: Gazetteer, at: datetime) -> int:
    """Moves activities whose time has come on to their next one; drops those that are over.

    Returns:
        How many there were.
    """
    moment = int(at.timestamp())
    past = select(SearchEntry.activity_id).where(
        SearchEntry.term == ANY, SearchEntry.soonest < moment
    )
    ids = sorted(set(await session.scalars(past)))
    for few in batched(ids, BATCH):
        rows = await session.scalars(select(Activity).where(Activity.id.in_(few)))
        await index(session, list(rows), gazetteer, at)
        session.expunge_all()
    return len(ids)


async def look_up(
    session: AsyncSession,
    terms: Sequence[str],
    areas: Sequence[str],
    at: datetime,
    *,
    facts: int = 0,
    slots: int = 0,
    more: int = 0,
) -> list[Hit]:
    """The soonest activities of each of the terms in each of the areas, `DEPTH` of each.

    Args:
        session: the database.
        terms: what to look for.
        areas: where.
        at: what has ended by then is left out.
        facts: bits that each must have.
        slots: bits of which each must have one; 0 for any time.
        more: how many to give beyond `DEPTH`.
    """
    keys = list(product(terms, areas))
    if not keys:
        return []
    values: dict[str, Any] = {
        "at": int(at.timestamp()),
        "facts": int(facts),
        "slots": slots,
        "breadth": (BREADTH_AT_A_TIME if slots else BREADTH) + more,
        "depth": DEPTH + more,
    }
    for number, (term, area) in enumerate(keys):
        values[f"t{number}"], values[f"a{number}"] = term, area
    rows = await session.execute(_statement(len(keys)), values)
    return [Hit(*row) for row in rows]


@cache
def _statement(count: int) -> TextClause:
    """`count` short reads of the key, one after another, in one statement.

    Written out, because building it anew of expressions would take longer than running it. The
    innermost read takes its rows in the order of the key and stops: what is insisted on is looked
    at after that, or a planner might think it rarer than it is and read and sort everything.
    """
    columns = "activity_id, term, area, soonest, latitude, longitude, facts"
    reads = " UNION ALL ".join(
        f"SELECT {columns} FROM (SELECT {columns} FROM (SELECT {columns}, slots"  # noqa: S608
        f" FROM activity_search WHERE term = :t{number} AND area = :a{number} AND until > :at"
        f" ORDER BY soonest, activity_id LIMIT :breadth) AS read{number}"
        " WHERE (facts & :facts) = :facts AND (:slots = 0 OR (slots & :slots) <> 0)"
        f" ORDER BY soonest, activity_id LIMIT :depth) AS part{number}"
        for number in range(count)
    )
    return text(reads).bindparams(
        bindparam("at", type_=BigInteger),
        *(bindparam(name, type_=Integer) for name in ("facts", "slots", "breadth", "depth")),
    )


def _terms_of(activity: Activity) -> list[str]:
    return [
        ANY,
        *([FRIEND] if activity.kind == FRIEND else []),
        *(language_term(one) for one in activity.languages if one in RARER_LANGUAGES),
        *(factor_term(factor) for factor in activity.meant_for),
        *(need_term(need) for need in dict.fromkeys(all_needs(activity))),
        *(interest_term(interest) for interest in dict.fromkeys(activity.interests)),
    ]


def language_term(language: str) -> str:
    """The term of a language in which few things are held."""
    return f"held-in:{language}"


def factor_term(factor: str) -> str:
    """The term of a factor: what is meant for those who have it."""
    return f"for:{factor}"


def need_term(need: str) -> str:
    """The term of a need."""
    return f"need:{need}"


def interest_term(interest: str) -> str:
    """The term of an interest."""
    return f"interest:{interest}"


def _areas_of(activity: Activity, point: Point | None) -> Collection[str]:
    if is_online(activity):
        return [ONLINE]
    own = [municipality_area(activity.municipality)] if activity.municipality else []
    return [*own, *(squares_at(point) if point else ())]
