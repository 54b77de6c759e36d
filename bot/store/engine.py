"""The engine and its transactions. SQLite by default, PostgreSQL by its address."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Executable, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.keys import Keys
from bot.store import sqlite
from bot.store.prepared import Prepared
from bot.store.sealing import seal_anew
from bot.store.secrecy import equip
from bot.store.sqlite import BENEATH
from bot.store.tables import Table, plain

MIGRATIONS = Path(__file__).with_name("migrations")


def ring(session: AsyncSession, bell: str, *things: Any) -> None:
    """Wakes whoever waits for `bell`, once this session's transaction is committed.

    Args:
        session: in its transaction.
        bell: its name.
        things: what it is about, for whoever wants to know without looking it up.
    """
    session.info.setdefault("bells", {}).setdefault(bell, []).extend(things)


def insert_new(table: type[Table], *names: str, returned: Sequence[str]) -> Prepared:
    """An INSERT that leaves alone what is there already, and gives `returned` of what was not.

    Args:
        table: one of `bot/store/tables.py`.
        names: of the columns that are given; the others have their defaults.
        returned: names of columns.
    """

    def statement(dialect: str) -> Executable:
        into = plain(table)
        insert = postgresql.insert(into) if dialect == "postgresql" else sqlite_dialect.insert(into)
        given = {name: bindparam(name, type_=into.c[name].type) for name in names}
        on_what_is_new = insert.values(given).on_conflict_do_nothing()
        return on_what_is_new.returning(*(into.c[name] for name in returned))

    return Prepared(statement)


class Bell(asyncio.Event):
    """Is set when a transaction that rang it has been committed.

    Attributes:
        things: what it was rung about since somebody took them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.things: list[Any] = []

    def take(self) -> list[Any]:
        """Lets it be rung anew, and gives what it was rung about."""
        self.clear()
        things, self.things = self.things, []
        return things


class Store:
    """One database and the wake-ups that follow its commits.

    Args:
        url: an SQLAlchemy address with an async driver: `sqlite+aiosqlite:///FILE`,
            `postgresql+asyncpg://USER:PASSWORD@HOST/NAME`.
        keys: encrypt what people wrote; without any it is kept as it is, which only tests do.
    """

    def __init__(self, url: str, keys: Keys | None = None) -> None:
        self.url = url
        self.keys = keys
        self.engine = _engine(url)
        equip(self.engine.sync_engine.dialect, keys)
        self._is_sqlite = self.engine.dialect.name == "sqlite"
        self._bells: defaultdict[str, Bell] = defaultdict(Bell)
        self._listeners: defaultdict[str, list[Bell]] = defaultdict(list)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end of the block, rolled back by an exception."""
        session = AsyncSession(self.engine, expire_on_commit=False)
        beneath = sqlite.Beneath(session, self.engine) if self._is_sqlite else None
        session.info[BENEATH] = beneath
        try:
            yield session
            if session.in_transaction():
                await session.commit()
            if beneath:
                await beneath.commit()
        except BaseException:
            await session.rollback()
            if beneath:
                await beneath.rollback()
            raise
        finally:
            session.expunge_all()
            if beneath:
                await beneath.close()
        for name, things in session.info.get("bells", {}).items():
            for bell in (self._bells[name], *self._listeners[name]):
                bell.things.extend(things)
                bell.set()

    def bell(self, name: str) -> Bell:
        """The bell of that name."""
        return self._bells[name]

    @contextmanager
    def listen(self, name: str) -> Iterator[Bell]:
        """A bell of one's own, rung with the one of that name, for as long as the block lasts."""
        bell = Bell()
        self._listeners[name].append(bell)
        try:
            yield bell
        finally:
            self._listeners[name].remove(bell)

    async def migrate(self) -> None:
        """Brings the tables to the newest version, and what is sealed to the present key.

        Raises:
            SettingsError: a key that is needed is missing.
        """
        async with self.engine.begin() as connection:
            await connection.run_sync(_upgrade)
            if self.keys:
                await connection.run_sync(seal_anew, self.keys)

    async def close(self) -> None:
        """Gives back every connection."""
        await self.engine.dispose()


def _engine(url: str) -> AsyncEngine:
    # hide_parameters: what is stored are people's words, and an error must not carry them.
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(
            url, pool_pre_ping=True, hide_parameters=True, json_serializer=_as_json
        )
    # One connection: whoever waits for it comes in turn, where SQLite's own lock is waited for by
    # sleeping and trying again.
    return create_async_engine(
        url,
        hide_parameters=True,
        json_serializer=_as_json,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"async_creator_fn": sqlite.connect},
    )


# Letters as they are: staff look for them.
_as_json = partial(json.dumps, ensure_ascii=False)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
