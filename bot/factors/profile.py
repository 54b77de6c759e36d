"""Which factors and interests a resident has named. Keys only, never their words."""

from collections.abc import Container, Iterable
from datetime import timedelta

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.errors import KnowledgeError
from bot.store.prepared import Prepared
from bot.store.tables import Resident, ResidentFactor, ResidentInterest, now, plain

_TABLES = {"factor": plain(ResidentFactor), "interest": plain(ResidentInterest)}
_KEYS = {
    name: Prepared(
        select(table.c[name])
        .where(table.c.resident_id == bindparam("resident"))
        .order_by(table.c.created_at)
    )
    for name, table in _TABLES.items()
}
_ADD = {
    name: Prepared(
        insert(table).values({one: bindparam(one) for one in ("resident_id", name, "created_at")})
    )
    for name, table in _TABLES.items()
}


async def add(
    session: AsyncSession,
    resident: Resident,
    keys: Iterable[str],
    catalogue: Container[str] | None = None,
) -> None:
    """Adds factors; those that are there already stay as they are.

    Raises:
        KnowledgeError: a key is not in `catalogue`, where one is given.
    """
    await _add(session, resident, ResidentFactor.factor, keys, catalogue)


async def remove(session: AsyncSession, resident: Resident, keys: Iterable[str]) -> None:
    """Takes factors away; those that are not there are no matter."""
    await _remove(session, resident, ResidentFactor.factor, keys)


async def toggle(
    session: AsyncSession, resident: Resident, key: str, catalogue: Container[str] | None = None
) -> bool:
    """Adds a factor, or takes it away when it is there.

    Returns:
        Whether it is there now.

    Raises:
        KnowledgeError: the key is not in `catalogue`, where one is given.
    """
    if key in await factors_of(session, resident):
        await remove(session, resident, [key])
        return False
    await add(session, resident, [key], catalogue)
    return True


async def factors_of(session: AsyncSession, resident: Resident) -> list[str]:
    """The keys of the resident's factors, in the order in which they were named."""
    return await _keys_of(session, resident, ResidentFactor.factor)


async def add_interests(
    session: AsyncSession,
    resident: Resident,
    keys: Iterable[str],
    catalogue: Container[str] | None = None,
) -> None:
    """Adds interests; those that are there already stay as they are.

    Raises:
        KnowledgeError: a key is not in `catalogue`, where one is given.
    """
    await _add(session, resident, ResidentInterest.interest, keys, catalogue)


async def remove_interests(session: AsyncSession, resident: Resident, keys: Iterable[str]) -> None:
    """Takes interests away; those that are not there are no matter."""
    await _remove(session, resident, ResidentInterest.interest, keys)


async def interests_of(session: AsyncSession, resident: Resident) -> list[str]:
    """The keys of the resident's interests, in the order in which they were named."""
    return await _keys_of(session, resident, ResidentInterest.interest)


async def clear(session: AsyncSession, resident: Resident) -> None:
    """Forgets every factor and interest of the resident."""
    for row in (ResidentFactor, ResidentInterest):
        await session.execute(delete(row).where(row.resident_id == resident.id))


async def _keys_of(
    session: AsyncSession, resident: Resident, column: InstrumentedAttribute[str]
) -> list[str]:
    return [key for (key,) in await _KEYS[column.key].rows(session, {"resident": resident.id})]


async def _remove(
    session: AsyncSession,
    resident: Resident,
    column: InstrumentedAttribute[str],
    keys: Iterable[str],
) -> None:
    row = column.parent.class_
    await session.execute(delete(row).where(row.resident_id == resident.id, column.in_(list(keys))))


async def _add(
    session: AsyncSession,
    resident: Resident,
    column: InstrumentedAttribute[str],
    keys: Iterable[str],
    catalogue: Container[str] | None,
) -> None:
    named = list(dict.fromkeys(keys))
    for key in named:
        if catalogue is not None and key not in catalogue:
            raise KnowledgeError(f"{column.key}: {key} is not in the catalogue")
    if not named:
        return
    known = await _keys_of(session, resident, column)
    moment = now()
    # A microsecond apart, so that the order in which they were named is kept.
    new = [
        {
            "resident_id": resident.id,
            "created_at": moment + timedelta(microseconds=place),
            column.key: key,
        }
        for place, key in enumerate(named)
        if key not in known
    ]
    if new:
        await _ADD[column.key].later(session, *new)
