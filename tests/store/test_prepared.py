"""Prepared statements do what the same statements do through SQLAlchemy, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.engine import Store, insert_new
from bot.store.prepared import Prepared, columns_of, objects, one
from bot.store.tables import Outgoing, Resident, ResidentFactor, Update, plain

UPDATES = plain(Update)
ADD = Prepared(
    insert(UPDATES).values({name: bindparam(name) for name in ("update_id", "lane", "attempts")})
)
MOVE = Prepared(update(UPDATES).values(lane="moved"))
ALL = Prepared(select(*columns_of(Update)).order_by(UPDATES.c.update_id))
NEW = insert_new(Update, "update_id", "lane", returned=["update_id"])


def _row(number: int) -> dict[str, object]:
    return {"update_id": number, "lane": "a", "attempts": 0}


async def _lanes(session: AsyncSession) -> dict[int, str]:
    rows = await session.execute(select(Update.update_id, Update.lane).order_by(Update.update_id))
    return {row.update_id: row.lane for row in rows}


async def test_what_nobody_waits_for_is_kept_by_the_commit(store: Store) -> None:
    async with store.begin() as session:
        await ADD.later(session, _row(1), _row(2))
        await ADD.later(session, _row(3))
    async with store.begin() as session:
        assert await _lanes(session) == {1: "a", 2: "a", 3: "a"}


async def test_whoever_looks_in_the_same_transaction_sees_all_in_its_order(store: Store) -> None:
    async with store.begin() as session:
        await ADD.later(session, _row(1))
        await MOVE.later(session, {})
        await ADD.later(session, _row(2))
        assert await _lanes(session) == {1: "moved", 2: "a"}
        assert [row[0] for row in await ALL.rows(session, {})] == [1, 2]


async def test_what_is_wrong_is_told_at_the_latest_by_the_commit(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            await ADD.later(session, _row(1))
            await ADD.later(session, _row(1))
    async with store.begin() as session:
        assert await _lanes(session) == {}


async def test_what_is_wrong_is_told_by_the_next_statement(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            await ADD.later(session, _row(1), _row(1))
            await _lanes(session)
    async with store.begin() as session:
        assert await _lanes(session) == {}


async def test_of_a_transaction_that_is_given_up_nothing_is_kept(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.begin() as session:
            await ADD.later(session, _row(1))
            await NEW.rows(session, {"update_id": 2, "lane": "b"})
            raise ZeroDivisionError
    async with store.begin() as session:
        assert await _lanes(session) == {}


async def test_what_is_there_already_is_left_alone_and_not_given_back(store: Store) -> None:
    async with store.begin() as session:
        first = await NEW.rows(session, *({"update_id": n, "lane": "a"} for n in (1, 2)))
        second = await NEW.rows(session, *({"update_id": n, "lane": "b"} for n in (2, 3)))
        assert [list(row) for row in first] == [[1], [2]]
        assert [list(row) for row in second] == [[3]]
        assert await _lanes(session) == {1: "a", 2: "a", 3: "b"}


async def test_columns_that_are_not_given_have_their_defaults(store: Store) -> None:
    async with store.begin() as session:
        await NEW.rows(session, {"update_id": 1, "lane": "a"})
        kept = await session.get_one(Update, 1)
        assert kept.attempts == 0
        assert abs((datetime.now(UTC) - kept.received_at).total_seconds()) < 60


async def test_objects_are_those_that_sqlalchemy_would_give(
    store: Store, resident: Resident
) -> None:
    """Every column with its type: sealed ids, points in time, texts."""
    of_account = Prepared(
        select(*columns_of(Resident)).where(plain(Resident).c.telegram_id == bindparam("account"))
    )
    async with store.begin() as session:
        prepared = one(
            session, await of_account.first(session, account=resident.telegram_id), Resident
        )
        assert prepared is not None
        found = _values(prepared)
    async with store.begin() as session:
        assert found == _values(await session.get_one(Resident, resident.id))


async def test_what_is_changed_in_an_object_is_kept(store: Store, resident: Resident) -> None:
    by_id = Prepared(select(*columns_of(Resident)).where(plain(Resident).c.id == bindparam("n")))
    async with store.begin() as session:
        known = one(session, await by_id.first(session, n=resident.id), Resident)
        assert known is not None
        known.municipality = "Äänekoski"
        # Nothing was told to the database yet, and yet the next statement sees it.
        again = await by_id.first(session, n=resident.id)
        assert again is not None
        assert "Äänekoski" in again
        assert one(session, again, Resident) is known
    async with store.begin() as session:
        kept = await session.get_one(Resident, resident.id)
        assert kept.municipality == "Äänekoski"


async def test_an_outer_join_that_finds_nothing_gives_no_object(
    store: Store, resident: Resident
) -> None:
    residents, factors = plain(Resident), plain(ResidentFactor)
    both = Prepared(
        select(*columns_of(Resident, ResidentFactor)).select_from(
            residents.outerjoin(factors, factors.c.resident_id == residents.c.id)
        )
    )
    async with store.begin() as session:
        row = await both.first(session)
        assert row is not None
        found, factor = objects(session, row, Resident, ResidentFactor)
        assert found.id == resident.id
        assert factor is None


async def test_what_was_added_to_the_session_goes_before(store: Store) -> None:
    async with store.begin() as session:
        session.add(Update(update_id=7, lane="a"))
        assert len(await ALL.rows(session, {})) == 1


async def test_a_fault_does_not_carry_what_was_to_be_stored(store: Store) -> None:
    nowhere = insert_new(Outgoing, "key", "chat_id", "method", "said_id", returned=["id"])
    given = {"key": "salaisuus", "chat_id": 1, "method": "m", "said_id": 99}
    with pytest.raises(DBAPIError) as fault:
        async with store.begin() as session:
            await nowhere.rows(session, given)
    assert "salaisuus" not in str(fault.value)


async def test_a_list_of_values_is_refused(sqlite: str) -> None:
    """Its text would depend on how many there are."""
    several = Prepared(select(UPDATES.c.lane).where(UPDATES.c.update_id.in_([1, 2])))
    store = Store(sqlite)
    async with store.begin() as session:
        with pytest.raises(TypeError):
            await several.rows(session, {})
    await store.close()


def _values(resident: Resident) -> dict[str, Any]:
    return {column.key: getattr(resident, column.key) for column in plain(Resident).c}
