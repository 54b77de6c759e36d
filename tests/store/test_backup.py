import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.errors import SetupError
from bot.store.backup import back_up, files_of, restore
from bot.store.engine import Store
from bot.store.tables import Outgoing


def rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM outgoing").fetchone()[0])


def address(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


async def write(store: Store, *names: str) -> None:
    for name in names:
        async with store.begin() as session:
            session.add(Outgoing(key=name, chat_id=1, method="send_message", params={}))


async def test_a_backup_is_whole_although_two_write_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "seura.db"
    stores = [Store(address(file)), Store(address(file))]
    await stores[0].migrate()
    await write(stores[0], *(f"before{n}" for n in range(20)))
    writing = [
        asyncio.create_task(write(store, *(f"{number}-{n}" for n in range(40))))
        for number, store in enumerate(stores)
    ]
    [copy] = await asyncio.to_thread(back_up, [file, tmp_path / "rasa.db"], tmp_path / "backup")
    await asyncio.gather(*writing)
    assert 20 <= rows(copy) <= 100
    assert rows(file) == 100  # neither writer lost anything to the other
    for store in stores:
        async with store.begin() as session:
            assert await session.scalar(select(func.count()).select_from(Outgoing)) == 100
        await store.close()


async def test_what_was_backed_up_is_put_back_and_what_was_there_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "var" / "seura.db"
    store = Store(address(file))
    await store.migrate()
    await write(store, "a", "b")
    back_up([file], tmp_path / "backup")
    await write(store, "c")
    await store.close()
    assert restore(tmp_path / "backup", [file, tmp_path / "var" / "rasa.db"]) == [file]
    assert rows(file) == 2
    assert rows(file.with_name("seura.db.before")) == 3
    again = Store(address(file))
    await again.migrate()
    await write(again, "d")
    await again.close()


async def test_nothing_is_put_back_under_a_running_seura(tmp_path: Path) -> None:
    file = tmp_path / "seura.db"
    store = Store(address(file))
    await store.migrate()
    await write(store, "a")
    back_up([file], tmp_path / "backup")
    with pytest.raises(SetupError, match="stop Seura first"):
        restore(tmp_path / "backup", [file])
    await write(store, "b")
    await store.close()
    assert rows(file) == 2


async def test_a_damaged_backup_is_refused_and_a_damaged_database_replaced(tmp_path: Path) -> None:
    file = tmp_path / "seura.db"
    store = Store(address(file))
    await store.migrate()
    await store.close()
    [copy] = back_up([file], tmp_path / "backup")
    file.write_bytes(b"nonsense" * 1000)
    restore(tmp_path / "backup", [file])
    assert rows(file) == 0
    copy.write_bytes(copy.read_bytes()[:5000])
    with pytest.raises(SetupError):
        restore(tmp_path / "backup", [file])


def test_nothing_is_overwritten_and_nothing_made_up(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="nothing to back up"):
        back_up([tmp_path / "seura.db"], tmp_path / "backup")
    with pytest.raises(SetupError, match="no backup"):
        restore(tmp_path, [Path("elsewhere/seura.db")])
    sqlite3.connect(tmp_path / "seura.db").close()
    (tmp_path / "seura.db").touch()
    with pytest.raises(SetupError, match="exists already"):
        back_up([tmp_path / "seura.db"], tmp_path)


def test_for_postgresql_it_is_said_what_to_use(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="pg_dump"):
        files_of("postgresql+asyncpg://u:p@h/n", tmp_path / "rasa.db")
    assert files_of("sqlite+aiosqlite:////x/seura.db", tmp_path / "rasa.db") == [
        Path("/x/seura.db"),
        tmp_path / "rasa.db",
    ]
