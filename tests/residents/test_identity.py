import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.residents.aliases import Aliases
from bot.residents.identity import by_telegram_id, find, first_language, mark_gone, meet
from bot.store.engine import Store
from bot.store.tables import Resident, now


async def test_somebody_who_writes_again_is_the_same_resident(
    store: Store, aliases: Aliases
) -> None:
    async with store.begin() as session:
        first, new = await meet(session, 7001, "fi", aliases)
        assert new
    async with store.begin() as session:
        again, new = await meet(session, 7001, "en", aliases)
    assert not new
    assert (again.id, again.alias, again.language) == (first.id, first.alias, "fi")


async def test_meeting_notes_when_and_takes_back_who_was_gone(
    store: Store, aliases: Aliases, resident: Resident
) -> None:
    async with store.begin() as session:
        await mark_gone(session, resident.telegram_id)
    async with store.begin() as session:
        gone = await by_telegram_id(session, resident.telegram_id)
        assert gone is not None
        assert gone.gone_at is not None
        gone.seen_at = now() - timedelta(days=3)
    async with store.begin() as session:
        await meet(session, resident.telegram_id, "fi", aliases)
    async with store.begin() as session:
        back = await by_telegram_id(session, resident.telegram_id)
        assert back is not None
        assert back.gone_at is None
        assert now() - back.seen_at < timedelta(minutes=1)


async def test_a_conversation_finds_its_resident_and_tells_nothing_of_the_account(
    store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        found = await find(session, resident.conversation_id)
        assert found is not None
        assert found.id == resident.id
        assert await find(session, "somebody else's") is None
    assert str(resident.telegram_id) not in resident.conversation_id


async def test_residents_who_write_at_once_get_an_alias_each(store: Store) -> None:
    few = Aliases(tuple(f"Sininen Lumme {number}" for number in range(8)))

    async def arrive(telegram_id: int) -> None:
        async with store.begin() as session:
            await meet(session, telegram_id, "fi", few)

    await asyncio.gather(*(arrive(7000 + number) for number in range(8)))
    async with store.begin() as session:
        assert set(await session.scalars(select(Resident.alias))) == set(few.names)


async def test_of_an_account_without_an_id_nobody_is_made_however_often_it_is_tried(
    store: Store, aliases: Aliases
) -> None:
    """Trying for ever would take the loop with it."""
    nobody: Any = None
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            await meet(session, nobody, "fi", aliases)
    async with store.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Resident)) == 0


async def test_one_account_that_writes_many_times_at_once_is_one_resident(
    store: Store, aliases: Aliases
) -> None:
    async def arrive() -> bool:
        async with store.begin() as session:
            _, new = await meet(session, 7001, "fi", aliases)
            return new

    news = await asyncio.gather(*(arrive() for _ in range(8)))
    assert news.count(True) == 1
    async with store.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Resident)) == 1


@pytest.mark.parametrize(
    ("client", "language"),
    [
        (None, "fi"),
        ("", "fi"),
        ("fi", "fi"),
        ("fi-FI", "fi"),
        ("FI", "fi"),
        ("en", "en"),
        ("en-GB", "en"),
        ("sv", "en"),
        ("ru", "en"),
        ("fil", "en"),
    ],
)
def test_the_first_language_is_finnish_unless_the_client_speaks_another(
    client: str | None, language: str
) -> None:
    assert first_language(client) == language
