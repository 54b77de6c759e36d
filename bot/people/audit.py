"""Who saw and did what: append-only, which the database itself sees to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import AuditEntry, Person


@dataclass(frozen=True)
class Wanted:
    """Which entries are looked for; what is empty does not matter."""

    person_id: int | None = None
    act: str = ""
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None


def note(
    session: AsyncSession, person: Person | None, act: str, about: str = "", **facts: Any
) -> None:
    """Adds an entry, in the transaction of what it tells.

    Args:
        session: that transaction.
        person: who did it; none where nobody was signed in.
        act: a stable code, such as `claim`; the catalogue of words has it under `act.`.
        about: what it was done to: `handoff:12`, `activity:7`, `person:3`. Never a resident's name
            or words.
        facts: keys and numbers that belong to it.
    """
    session.add(
        AuditEntry(
            person_id=person.id if person else None,
            person_name=person.name if person else None,
            act=act,
            about=about,
            facts=facts,
        )
    )


async def look(
    session: AsyncSession, wanted: Wanted, *, before: int | None = None, limit: int = 100
) -> Sequence[AuditEntry]:
    """Entries, the latest first; `before` goes on from an entry of an earlier page."""
    found = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if wanted.person_id is not None:
        found = found.where(AuditEntry.person_id == wanted.person_id)
    if wanted.act:
        found = found.where(AuditEntry.act == wanted.act)
    if wanted.about:
        found = found.where(AuditEntry.about == wanted.about)
    if wanted.since:
        found = found.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        found = found.where(AuditEntry.at < wanted.until)
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return list(await session.scalars(found))


async def acts(session: AsyncSession) -> list[str]:
    """The acts that there are entries of."""
    return list(await session.scalars(select(AuditEntry.act).distinct().order_by(AuditEntry.act)))
