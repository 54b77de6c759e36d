"""The engine and its transactions. SQLite by default, PostgreSQL by its address."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

MIGRATIONS = Path(__file__).with_name("migrations")


def ring(session: AsyncSession, bell: str) -> None:
    """Wakes whoever waits for `bell`, once this session's transaction is committed."""
    session.info.setdefault("bells", set()).add(bell)


class Store:
    """One database and the wake-ups that follow its commits.

    Args:
        url: an SQLAlchemy address with an async driver: `sqlite+aiosqlite:///FILE`,
            `postgresql+asyncpg://USER:PASSWORD@HOST/NAME`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._bells: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end of the block, rolled back by an exception."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            async with session.begin():
                yield session
            for bell in session.info.get("bells", ()):
                self._bells[bell].set()

    def bell(self, name: str) -> asyncio.Event:
        """The event that is set when a transaction that rang `name` has been committed."""
        return self._bells[name]

    async def migrate(self) -> None:
        """Brings the tables to the newest version; does nothing when they are there already."""
        async with self.engine.begin() as connection:
            await connection.run_sync(_upgrade)

    async def close(self) -> None:
        """Gives back every connection."""
        await self.engine.dispose()


def _engine(url: str) -> AsyncEngine:
    # hide_parameters: what is stored are people's words, and an error must not carry them.
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    # The driver's own implicit BEGIN is off, so that ours decides when the write lock is taken.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys = ON",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "busy_timeout = 10000",
        "secure_delete = ON",  # what people wrote is overwritten, not only let go
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a transaction that reads first and writes later would else fail with "locked".
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
