"""The rooms of the actions: the real catalogues, and a database of their own on SQLite."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from actions.rooms import Rooms
from bot.activities.points import Points
from bot.settings import read_settings
from bot.store.engine import Store


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied: actions are many, and migrating takes a while."""
    path = tmp_path_factory.mktemp("empty") / "seura.db"

    async def migrate() -> None:
        store = Store(f"sqlite+aiosqlite:///{path}")
        await store.migrate()
        await store.close()

    asyncio.run(migrate())
    return path


@pytest.fixture
async def store(empty_database: Path, tmp_path: Path) -> AsyncIterator[Store]:
    """SQLite alone: that PostgreSQL does the same is a matter of the rooms' own tests."""
    path = shutil.copy(empty_database, tmp_path)
    store = Store(f"sqlite+aiosqlite:///{path}")
    yield store
    await store.close()


@pytest.fixture(scope="session")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Rooms:
    """What staff wrote, read once."""
    return Rooms.open(read_settings(var=tmp_path_factory.mktemp("var")))


@pytest.fixture
def rooms(catalogues: Rooms, store: Store, tmp_path: Path) -> Rooms:
    """What the actions work with."""
    return replace(catalogues, store=store, points=Points(), tracker_database=tmp_path / "rasa.db")
