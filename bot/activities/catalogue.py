"""The activities in the store, and what residents did with them."""

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.times import next_occurrence
from bot.errors import KnowledgeError
from bot.reading import mapping, texts
from bot.store.tables import Activity, ResidentActivity, now

SAMPLES = "samples"


async def load_samples(session: AsyncSession, path: Path) -> int:
    """Brings the invented sample activities into line with their file.

    Those that are there already are renewed and keep their ids; those that left the file go.

    Returns:
        How many there are.

    Raises:
        KnowledgeError: the file, or one of its activities, can't be used.
    """
    moment = now()
    wanted = {row["source_id"]: row for row in _read(path, moment)}
    await session.execute(
        delete(Activity).where(Activity.source == SAMPLES, Activity.source_id.not_in(wanted))
    )
    there = {
        activity.source_id: activity
        for activity in await session.scalars(select(Activity).where(Activity.source == SAMPLES))
    }
    for key, row in wanted.items():
        activity = there.get(key)
        if activity is None:
            session.add(Activity(**row))
        else:
            for column, value in row.items():
                setattr(activity, column, value)
    await session.flush()
    return len(wanted)


async def get(session: AsyncSession, activity_id: int) -> Activity | None:
    """The activity, if it is still there."""
    return await session.get(Activity, activity_id)


async def mark(session: AsyncSession, resident_id: int, activity_id: int, mark: str) -> None:
    """Keeps that an activity was `shown`, `saved` or `declined`; being shown undoes neither."""
    there = await session.get(ResidentActivity, (resident_id, activity_id))
    if there is None:
        session.add(ResidentActivity(resident_id=resident_id, activity_id=activity_id, mark=mark))
    elif mark != "shown":
        there.mark, there.marked_at = mark, now()
    await session.flush()


async def marks_of(session: AsyncSession, resident_id: int) -> dict[int, str]:
    """The resident's marks, by activity id."""
    rows = await session.execute(
        select(ResidentActivity.activity_id, ResidentActivity.mark).where(
            ResidentActivity.resident_id == resident_id
        )
    )
    return dict(rows.all())


async def saved(session: AsyncSession, resident_id: int) -> list[Activity]:
    """What the resident saved, the latest first."""
    rows = await session.scalars(
        select(Activity)
        .join(ResidentActivity)
        .where(ResidentActivity.resident_id == resident_id, ResidentActivity.mark == "saved")
        .order_by(ResidentActivity.marked_at.desc(), Activity.id)
    )
    return list(rows)


def _read(path: Path, checked_at: datetime) -> list[dict[str, Any]]:
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KnowledgeError(f"{path.name}: can't be read ({error})") from error
    if not isinstance(entries, list):
        raise KnowledgeError(f"{path.name}: a list of activities is wanted here")
    return [
        _row(entry, f"{path.name}: number {number}", checked_at)
        for number, entry in enumerate(entries, start=1)
    ]


def _row(given: object, where: str, checked_at: datetime) -> dict[str, Any]:
    entry = mapping(given, where)
    where = f"{where} ({entry.get('key')})"
    try:
        youngest, oldest = entry.get("ages") or (None, None)
        next_occurrence(entry["times"], checked_at)
        return {
            "source": SAMPLES,
            "source_id": entry["key"],
            "kind": entry["kind"],
            "title": texts(entry["title"], f"{where}.title"),
            "text": texts(entry["text"], f"{where}.text"),
            "organiser": entry.get("organiser"),
            "municipality": entry["municipality"],
            "place": entry.get("place"),
            "latitude": entry.get("latitude"),
            "longitude": entry.get("longitude"),
            "needs": entry["needs"],
            "interests": entry["interests"],
            "times": entry["times"],
            "price_euros": entry.get("price_euros"),
            "languages": entry["languages"],
            "audience": entry.get("audience"),
            "youngest": youngest,
            "oldest": oldest,
            "walk_in": entry["walk_in"],
            "step_free": entry.get("step_free"),
            "contact": entry.get("contact"),
            "sample": True,
            "checked_at": checked_at,
        }
    except KeyError as error:
        raise KnowledgeError(f"{where}: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise KnowledgeError(f"{where}: {error}") from error
