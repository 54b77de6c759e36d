"""The activities in the store."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.draft import Draft, Refused, check
from bot.activities.index import index
from bot.activities.places import Gazetteer
from bot.errors import KnowledgeError
from bot.reading import mapping, texts
from bot.store.tables import Activity, now

SAMPLES = "samples"
# For staff's eye, in their file: a search finds them by these without anybody telling them.
FIELDS_OF_SAMPLES = {"key": "source_id"}


async def load_samples(
    session: AsyncSession, path: Path, gazetteer: Gazetteer, at: datetime | None = None
) -> int:
    """Brings the invented sample activities into line with their file, as of now or `at`.

    Those that are there already are renewed and keep their ids; those that left the file go.

    Returns:
        How many there are.

    Raises:
        KnowledgeError: the file, or one of its activities, can't be used.
    """
    drafts = {draft.source_id: draft for draft in read_samples(path)}
    await session.execute(
        delete(Activity).where(Activity.source == SAMPLES, Activity.source_id.not_in(drafts))
    )
    there = {
        activity.source_id: activity
        for activity in await session.scalars(select(Activity).where(Activity.source == SAMPLES))
    }
    moment = at or now()
    for key, draft in drafts.items():
        activity = there.get(key)
        if activity is None:
            activity = there[key] = Activity(source=SAMPLES, sample=True)
            session.add(activity)
        write(activity, draft.columns())
        activity.checked_at = moment
    await session.flush()
    await index(session, list(there.values()), gazetteer, moment)
    return len(drafts)


async def clear_samples(session: AsyncSession) -> int:
    """Takes every sample away; gives how many there were."""
    count = await session.scalar(select(func.count()).select_from(Activity).where(Activity.sample))
    await session.execute(delete(Activity).where(Activity.sample))
    return count or 0


async def add(
    session: AsyncSession,
    activities: Iterable[Activity],
    gazetteer: Gazetteer,
    at: datetime | None = None,
) -> list[Activity]:
    """Puts activities into the catalogue and into its index, as of now or `at`."""
    added = list(activities)
    session.add_all(added)
    await session.flush()
    await index(session, added, gazetteer, at or now())
    return added


async def get(session: AsyncSession, activity_id: int) -> Activity | None:
    """The activity, if it is still there; of a merged one, the one that stands for it."""
    activity = await session.get(Activity, activity_id)
    if activity and activity.duplicate_of:
        return await session.get(Activity, activity.duplicate_of)
    return activity


def write(activity: Activity, columns: dict[str, Any], keep: Sequence[str] = ()) -> list[str]:
    """Sets the columns, but for those to `keep`; gives the names of those that changed."""
    changed = []
    for column, value in columns.items():
        if column not in keep and getattr(activity, column) != value:
            setattr(activity, column, value)
            changed.append(column)
    return changed


def read_samples(path: Path) -> list[Draft]:
    """The activities of a file in the shape of `sample_activities.yml`.

    Raises:
        KnowledgeError: the file, or one of its activities, can't be used.
    """
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KnowledgeError(f"{path.name}: can't be read ({error})") from error
    if not isinstance(entries, list):
        raise KnowledgeError(f"{path.name}: a list of activities is wanted here")
    return [_draft(entry, f"{path.name}: number {n}") for n, entry in enumerate(entries, start=1)]


# Written in C where there is a C library for it: five times as fast.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _draft(given: object, where: str) -> Draft:
    entry = mapping(given, where)
    where = f"{where} ({entry.get('key')})"
    for language_texts in ("title", "text"):
        texts(entry.get(language_texts), f"{where}.{language_texts}")
    ages = entry.get("ages") or [None, None]
    if not (isinstance(ages, list) and len(ages) == 2):
        raise KnowledgeError(f"{where}: ages are two numbers, the youngest and the oldest")
    fields = {FIELDS_OF_SAMPLES.get(key, key): value for key, value in entry.items()}
    fields.pop("ages", None)
    fields |= {"youngest": ages[0], "oldest": ages[1]}
    for required in ("source_id", "kind", "needs", "interests", "times", "languages", "walk_in"):
        if required not in fields:
            raise KnowledgeError(f"{where}: {required} is missing")
    found = list(check(where, fields))
    if isinstance(found[0], Refused):
        raise KnowledgeError(
            "; ".join(f"{where}: {one.field} {one.reason}" for one in found)  # type: ignore[union-attr]
        )
    return found[0]
