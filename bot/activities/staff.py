"""What staff do with the catalogue: look through it, mend it, merge what stands there twice."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.catalogue import write
from bot.activities.draft import Draft, Refused, check
from bot.activities.index import all_needs, index
from bot.activities.places import Gazetteer, distance_km, fold
from bot.activities.times import last_end
from bot.store.tables import Activity, ResidentActivity

type Queue = Literal["all", "stale", "without_needs", "proposed", "gone", "poorly_rated"]

QUEUES: tuple[str, ...] = get_args(Queue.__value__)
STALE_AFTER = timedelta(days=180)
# Titles that are this much alike, of 100, and this near each other, may be one and the same.
ALIKE, ALIKE_KM = 88.0, 1.0
# Each title is compared with so many that come after it in the alphabet.
COMPARED = 6
LOW_AVERAGE = 2.5


@dataclass(frozen=True)
class Page:
    """Some activities of a list, and how many there are on it."""

    activities: list[Activity]
    total: int


@dataclass(frozen=True)
class Trouble:
    """Something to mend: which activity, what kind of thing, and a value that tells more."""

    activity_id: int
    title: str
    what: Literal["no_needs", "no_english", "stale", "over", "unreadable", "nowhere", "twice"]
    more: str = ""


async def look_through(
    session: AsyncSession,
    *,
    queue: Queue = "all",
    words: str = "",
    municipality: str | None = None,
    at: datetime,
    offset: int = 0,
    limit: int = 50,
) -> Page:
    """A page of the catalogue.

    Args:
        session: the database.
        queue: which ones: `stale` were not checked for half a year, `proposed` have needs to
            confirm, `gone` are no more in their source.
        words: that stand in the title, the organiser or the place.
        municipality: its name.
        at: now.
        offset: how many to pass over.
        limit: how many at the most.
    """
    chosen = [Activity.duplicate_of.is_(None), *_of_queue(queue, at)]
    if municipality:
        chosen.append(Activity.municipality == municipality)
    chosen += [_says(word) for word in words.split()]
    total = await session.scalar(select(func.count()).select_from(Activity).where(*chosen))
    order = Activity.checked_at if queue == "stale" else Activity.municipality
    rows = await session.scalars(
        select(Activity).where(*chosen).order_by(order, Activity.id).offset(offset).limit(limit)
    )
    return Page(list(rows), total or 0)


async def edit(
    session: AsyncSession,
    activity_id: int,
    columns: dict[str, Any],
    gazetteer: Gazetteer,
    at: datetime,
) -> list[Refused]:
    """Writes what staff changed; imports leave these fields alone from now on.

    Returns:
        What is wrong with it; then nothing is changed.
    """
    activity = await session.get_one(Activity, activity_id)
    there = {name: getattr(activity, name) for name in Draft.model_fields}
    checked = list(check(activity.source_id, there | columns))
    draft = checked[0]
    if isinstance(draft, Refused):
        return [one for one in checked if isinstance(one, Refused)]
    cleaned = draft.columns()
    changed = write(activity, {name: cleaned[name] for name in columns})
    activity.edited = sorted({*activity.edited, *changed})
    activity.checked_at = at
    await index(session, [activity], gazetteer, at)
    return []


async def confirm_needs(
    session: AsyncSession,
    activity_id: int,
    needs: Sequence[str],
    gazetteer: Gazetteer,
    at: datetime,
) -> None:
    """Takes these needs for an activity's; what was proposed is settled by that."""
    activity = await session.get_one(Activity, activity_id)
    activity.proposed_needs = []
    await edit(session, activity_id, {"needs": list(needs)}, gazetteer, at)


async def mark_checked(session: AsyncSession, activity_id: int, at: datetime) -> None:
    """Somebody has looked at it, and all is as it says."""
    (await session.get_one(Activity, activity_id)).checked_at = at


async def duplicates(session: AsyncSession) -> list[tuple[Activity, Activity]]:
    """Pairs that may be one and the same: alike in title, and in one place."""
    rows = await session.scalars(
        select(Activity)
        .where(Activity.duplicate_of.is_(None), Activity.gone_at.is_(None))
        .order_by(Activity.id)
    )
    towns: defaultdict[str | None, list[tuple[str, Activity]]] = defaultdict(list)
    for activity in rows:
        title = " ".join(fold(word) for word in _title(activity).split())
        towns[activity.municipality].append((title, activity))
    return [pair for town in towns.values() for pair in _alike(town)]


async def merge(
    session: AsyncSession, keep_id: int, other_id: int, gazetteer: Gazetteer, at: datetime
) -> None:
    """Lets one stand for both: it gets what it lacks, and what residents did with the other."""
    keep = await session.get_one(Activity, keep_id)
    other = await session.get_one(Activity, other_id)
    for name in Draft.model_fields:
        if name != "source_id" and getattr(keep, name) in (None, [], {}, ""):
            setattr(keep, name, getattr(other, name))
    keep.needs = list(dict.fromkeys((*keep.needs, *other.needs)))
    keep.interests = list(dict.fromkeys((*keep.interests, *other.interests)))
    keep.ratings += other.ratings
    keep.rating_sum += other.rating_sum
    marked = select(ResidentActivity.resident_id).where(ResidentActivity.activity_id == keep_id)
    await session.execute(
        update(ResidentActivity)
        .where(
            ResidentActivity.activity_id == other_id,
            ResidentActivity.resident_id.not_in(marked),
        )
        .values(activity_id=keep_id)
    )
    other.duplicate_of = keep_id
    await session.flush()
    await index(session, [keep, other], gazetteer, at)


async def troubles(session: AsyncSession, gazetteer: Gazetteer, at: datetime) -> list[Trouble]:
    """Everything in the catalogue that wants mending."""
    rows = await session.scalars(
        select(Activity)
        .where(Activity.duplicate_of.is_(None), Activity.gone_at.is_(None))
        .order_by(Activity.id)
    )
    found = [trouble for activity in rows for trouble in _troubles_of(activity, gazetteer, at)]
    for one, other in await duplicates(session):
        found.append(Trouble(other.id, _title(other), "twice", str(one.id)))
    return found


def _of_queue(queue: Queue, at: datetime) -> list[ColumnElement[bool]]:
    if queue == "gone":
        return [Activity.gone_at.is_not(None)]
    here = Activity.gone_at.is_(None)
    if queue == "stale":
        return [here, Activity.checked_at < at - STALE_AFTER]
    if queue == "without_needs":
        return [here, cast(Activity.needs, String) == "[]"]
    if queue == "proposed":
        return [here, cast(Activity.proposed_needs, String) != "[]"]
    if queue == "poorly_rated":
        return [
            here,
            and_(
                Activity.ratings > 0,
                Activity.rating_sum * 1.0 / func.nullif(Activity.ratings, 0) < LOW_AVERAGE,
            ),
        ]
    return []


def _says(word: str) -> ColumnElement[bool]:
    """Whether title, organiser or place has the word; SQLite knows no capitals beyond ASCII."""
    columns = (cast(Activity.title, String), Activity.organiser, Activity.place)
    forms = {word, word.lower(), word.capitalize()}
    return or_(*(column.contains(form, autoescape=True) for column in columns for form in forms))


def _title(activity: Activity) -> str:
    return str(activity.title.get("fi") or next(iter(activity.title.values()), ""))


def _alike(town: list[tuple[str, Activity]]) -> Iterator[tuple[Activity, Activity]]:
    ordered = sorted(town, key=lambda one: (one[0], one[1].id))
    for place, (title, activity) in enumerate(ordered):
        for other_title, other in ordered[place + 1 : place + 1 + COMPARED]:
            if fuzz.ratio(title, other_title) >= ALIKE and _near(activity, other):
                first, second = sorted((activity, other), key=lambda one: one.id)
                yield first, second


def _near(one: Activity, other: Activity) -> bool:
    points = one.latitude, one.longitude, other.latitude, other.longitude
    if None in points:
        return True
    return distance_km(*points) <= ALIKE_KM  # type: ignore[arg-type]


def _troubles_of(activity: Activity, gazetteer: Gazetteer, at: datetime) -> Iterator[Trouble]:
    def trouble(what: Any, more: str = "") -> Trouble:
        return Trouble(activity.id, _title(activity), what, more)

    fields = {name: getattr(activity, name) for name in Draft.model_fields}
    for refused in check(activity.source_id, fields):
        if isinstance(refused, Refused):
            yield trouble("unreadable", f"{refused.field} {refused.reason}")
            return
    if not all_needs(activity):
        yield trouble("no_needs")
    if "en" not in activity.title:
        yield trouble("no_english")
    ends = last_end(activity.times)
    if ends and ends < at:
        yield trouble("over", f"{ends:%Y-%m-%d}")
    if activity.checked_at < at - STALE_AFTER:
        yield trouble("stale", f"{activity.checked_at:%Y-%m-%d}")
    if activity.municipality and gazetteer.place(activity.municipality) is None:
        yield trouble("nowhere", activity.municipality)
