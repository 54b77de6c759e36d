"""Who may sign in: added, listed, given another role, removed."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import PersonRefused
from bot.people import sign_in
from bot.people.permissions import Role
from bot.store.tables import Person, now


async def everybody(session: AsyncSession) -> Sequence[Person]:
    """All who may sign in, by name."""
    found = await session.scalars(
        select(Person).where(Person.removed_at.is_(None)).order_by(Person.name, Person.id)
    )
    return list(found)


async def by_telegram_id(session: AsyncSession, telegram_id: int) -> Person | None:
    """Who that is, if they may sign in."""
    return await session.scalar(
        select(Person).where(Person.telegram_id == telegram_id, Person.removed_at.is_(None))
    )


async def add(
    session: AsyncSession, telegram_id: int, name: str, role: Role, language: str
) -> Person:
    """Lets somebody sign in. Who was removed earlier comes back as whom they are now.

    Raises:
        PersonRefused: `name` is empty, `telegram_id` is no person's, or `known`: is there already.
    """
    name = name.strip()
    if not name:
        raise PersonRefused("name")
    if telegram_id <= 0:
        raise PersonRefused("telegram_id")
    person = await session.scalar(select(Person).where(Person.telegram_id == telegram_id))
    if person is None:
        person = Person(telegram_id=telegram_id, name=name, role=role, language=language)
        session.add(person)
    elif person.removed_at is None:
        raise PersonRefused("known")
    else:
        person.name, person.role, person.removed_at = name, role, None
    await session.flush()
    return person


async def give_role(session: AsyncSession, telegram_id: int, role: Role) -> Person:
    """Gives somebody another role; it holds from their next click on.

    Raises:
        PersonRefused: `unknown`, or `last_admin`: nobody else could manage people.
    """
    person = await _known(session, telegram_id)
    if role != Role.ADMIN:
        await _check_not_last_admin(session, person)
    person.role = role
    return person


async def remove(session: AsyncSession, telegram_id: int) -> Person:
    """Lets somebody in no longer, and signs them out everywhere.

    Raises:
        PersonRefused: `unknown`, or `last_admin`: nobody else could manage people.
    """
    person = await _known(session, telegram_id)
    await _check_not_last_admin(session, person)
    person.removed_at = now()
    await sign_in.sign_out_everywhere(session, person)
    return person


async def _known(session: AsyncSession, telegram_id: int) -> Person:
    person = await by_telegram_id(session, telegram_id)
    if person is None:
        raise PersonRefused("unknown")
    return person


async def _check_not_last_admin(session: AsyncSession, person: Person) -> None:
    if person.role != Role.ADMIN:
        return
    admins = await session.scalar(
        select(func.count())
        .select_from(Person)
        .where(Person.role == Role.ADMIN, Person.removed_at.is_(None))
    )
    if admins == 1:
        raise PersonRefused("last_admin")
