"""Ids and aliases are sealed where they lie, found all the same, and follow the keys."""

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text

from bot.errors import SettingsError
from bot.keys import Keys
from bot.residents.aliases import Aliases
from bot.residents.identity import by_telegram_id, meet
from bot.store.engine import MIGRATIONS, Store
from bot.store.tables import HandoffCopy, Outgoing, Resident, Update

PERSON, OTHER, GROUP = 7654321098, 7654321099, -1001000000001
FIRST = "a1:zH9wSLDBVYVJvmzJ0vvr0nNJDqGOTC9vTnYCvxQwZ4k="
SECOND = "b2:3x5mW9nS1ZlU0wYw6n2dV4zvZ3H7u1q9T5p8mR0yKcQ="
KEYS = Keys.of(FIRST)
SEALED = {
    "residents": ("telegram_id", "alias"),
    "outgoing": ("chat_id",),
    "handoff_copies": ("chat_id",),
    "updates": ("lane",),
}


async def live(store: Store, aliases: Aliases) -> Resident:
    """Somebody who writes, and is written to."""
    async with store.begin() as session:
        resident, _ = await meet(session, PERSON, "fi", aliases)
        session.add(Update(update_id=1, lane=f"resident:{PERSON}", body="x"))
        session.add(Outgoing(key="a", chat_id=PERSON, method="send_message", params={}))
        session.add(Outgoing(key="b", chat_id=GROUP, method="send_message", params={}))
    return resident


async def raw(store: Store) -> dict[str, list[str]]:
    """What lies in the sealed columns, as it lies there."""
    async with store.begin() as session:
        return {
            f"{table}.{column}": [
                str(value) for value in await session.scalars(text(f"SELECT {column} FROM {table}"))
            ]
            for table, columns in SEALED.items()
            for column in columns
        }


async def found(store: Store) -> tuple[Resident | None, list[str], list[str]]:
    """Who and what is found by the id."""
    async with store.begin() as session:
        outgoing = select(Outgoing.key).where(Outgoing.chat_id == PERSON)
        lane = select(Update.lane).where(Update.lane == f"resident:{PERSON}")
        return (
            await by_telegram_id(session, PERSON),
            list(await session.scalars(outgoing)),
            list(await session.scalars(lane)),
        )


@given(st.text(min_size=1))
def test_what_is_sealed_is_always_the_same_and_comes_back(value: str) -> None:
    assert KEYS.seal(value) == KEYS.seal(value)
    assert KEYS.unseal(KEYS.seal(value)) == value
    assert Keys.of(SECOND).seal(value) != KEYS.seal(value)


def test_what_was_sealed_with_a_key_that_is_gone_or_tampered_with_is_told() -> None:
    sealed = KEYS.seal(str(PERSON))
    with pytest.raises(SettingsError, match="a1"):
        Keys.of(SECOND).unseal(sealed)
    with pytest.raises(SettingsError, match="a1"):
        KEYS.unseal(sealed[:10] + ("A" if sealed[10] != "A" else "B") + sealed[11:])


async def test_an_id_is_sealed_where_it_lies_and_found_all_the_same(
    database: str, aliases: Aliases
) -> None:
    store = Store(database, KEYS)
    await store.migrate()
    resident = await live(store, aliases)
    kept = await raw(store)
    kept["outgoing.chat_id"].remove(str(GROUP))
    assert all(one.startswith("siv:a1:") for values in kept.values() for one in values)
    assert str(PERSON) not in str(kept)
    assert resident.alias not in str(kept)
    somebody, outgoing, lane = await found(store)
    assert somebody
    assert (somebody.telegram_id, somebody.alias) == (PERSON, resident.alias)
    assert (outgoing, lane) == (["a"], [f"resident:{PERSON}"])
    async with store.begin() as session:
        assert (await meet(session, PERSON, "fi", aliases))[1] is False
        assert (await meet(session, OTHER, "fi", aliases))[1] is True
    await store.close()


async def test_a_new_first_key_seals_anew_what_is_there_and_the_old_one_can_go(
    database: str, aliases: Aliases
) -> None:
    store = Store(database, KEYS)
    await store.migrate()
    await live(store, aliases)
    await store.close()
    for keys in (f"{SECOND},{FIRST}", SECOND):
        store = Store(database, Keys.of(keys))
        await store.migrate()
        assert "siv:a1:" not in str(await raw(store))
        somebody, outgoing, lane = await found(store)
        assert somebody
        assert (outgoing, lane) == (["a"], [f"resident:{PERSON}"])
        await store.close()
    store = Store(database, KEYS)
    with pytest.raises(SettingsError, match="b2"):
        await store.migrate()
    await store.close()


async def test_ids_that_lay_in_plain_are_sealed_by_the_migration(
    database: str, aliases: Aliases
) -> None:
    """As they lay before: numbers in columns for numbers, and a talk that hangs on them."""
    store = Store(database, KEYS)
    async with store.engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0006")
        for statement in (
            "INSERT INTO residents (id, telegram_id, conversation_id, alias, language, "
            "language_chosen, created_at, seen_at) VALUES "
            f"(1, {PERSON}, 'c', 'Sininen Lumme', 'fi', false, '2026-01-01', '2026-01-01')",
            "INSERT INTO handoffs (id, resident_id, state, shared, last_number, requested_at) "
            "VALUES (1, 1, 'ended', '{}', 1, '2026-01-01')",
            "INSERT INTO handoff_copies (handoff_id, chat_id, telegram_id) "
            f"VALUES (1, {PERSON}, 5), (1, {GROUP}, 6)",
            "INSERT INTO outgoing (key, chat_id, method, state, from_human, attempts, created_at) "
            f"VALUES ('a', {PERSON}, 'send_message', 'sent', false, 1, '2026-01-01')",
            "INSERT INTO updates (update_id, lane, attempts, received_at) "
            f"VALUES (1, 'resident:{PERSON}', 1, '2026-01-01')",
        ):
            await connection.execute(text(statement))
    await store.migrate()
    assert str(PERSON) not in str(await raw(store))
    somebody, outgoing, lane = await found(store)
    assert somebody
    assert (somebody.alias, outgoing, lane) == ("Sininen Lumme", ["a"], [f"resident:{PERSON}"])
    async with store.begin() as session:
        copies = select(HandoffCopy.chat_id).order_by(HandoffCopy.id)
        assert list(await session.scalars(copies)) == [PERSON, GROUP]
    await store.close()


def _upgrade_to(connection: Connection, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


async def test_no_file_of_the_database_holds_the_id_or_the_alias(
    tmp_path: Path, aliases: Aliases
) -> None:
    shutil.rmtree(tmp_path / "var", ignore_errors=True)
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'var' / 'seura.db'}", KEYS)
    await store.migrate()
    resident = await live(store, aliases)
    files = b"".join(file.read_bytes() for file in (tmp_path / "var").iterdir())
    await store.close()
    assert str(GROUP).encode() in files or GROUP.to_bytes(6, "big", signed=True) in files
    for trace in (str(PERSON).encode(), PERSON.to_bytes(6, "big"), resident.alias.encode()):
        assert trace not in files
