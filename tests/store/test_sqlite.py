"""What is held back goes along with what comes next, and what is wrong with it is told."""

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.engine import Store
from bot.store.sqlite import UNHEARD
from bot.store.tables import Update, plain

UPDATES = plain(Update)
ADD = insert(UPDATES).execution_options(**{UNHEARD: True})
MOVE = update(UPDATES).values(lane="moved").execution_options(**{UNHEARD: True})


def _row(number: int) -> dict[str, object]:
    return {"update_id": number, "lane": "a", "attempts": 0}


async def _lanes(session: AsyncSession) -> dict[int, str]:
    rows = await session.execute(select(Update.update_id, Update.lane).order_by(Update.update_id))
    return {row.update_id: row.lane for row in rows}


async def test_unheard_statements_are_kept_by_the_commit(store: Store) -> None:
    async with store.begin() as session:
        await session.execute(ADD, [_row(1), _row(2)])
        await session.execute(ADD, _row(3))
    async with store.begin() as session:
        assert await _lanes(session) == {1: "a", 2: "a", 3: "a"}


async def test_whoever_looks_in_the_same_transaction_sees_them_in_their_order(
    store: Store,
) -> None:
    async with store.begin() as session:
        await session.execute(ADD, _row(1))
        await session.execute(MOVE)
        await session.execute(ADD, _row(2))
        assert await _lanes(session) == {1: "moved", 2: "a"}


async def test_what_is_wrong_with_one_is_told_at_the_latest_by_the_commit(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            await session.execute(ADD, _row(1))
            await session.execute(ADD, _row(1))
    async with store.begin() as session:
        assert await _lanes(session) == {}


async def test_what_is_wrong_with_one_is_told_by_the_next_statement(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            await session.execute(ADD, [_row(1), _row(1)])
            await _lanes(session)
    async with store.begin() as session:
        assert await _lanes(session) == {}


async def test_of_a_transaction_that_is_given_up_none_is_executed(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.begin() as session:
            await session.execute(ADD, _row(1))
            raise ZeroDivisionError
    async with store.begin() as session:
        assert await _lanes(session) == {}
