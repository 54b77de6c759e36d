"""SQLite as an async driver: one step into the connection's thread for each statement.

aiosqlite steps into its thread for each part of a statement: to make a cursor, to execute, to
fetch, to close, and SQLAlchemy adds steps of its own to begin and to roll back. Each step costs
more than SQLite itself takes, and the more the busier the loop is.

A statement of which nobody wants to hear anything takes no step of its own: it goes along with
the next one, at the latest with the commit, and what is wrong with it is told there.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast

import aiosqlite
from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

PRAGMAS = (
    "foreign_keys = ON",
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "busy_timeout = 10000",
    "secure_delete = ON",  # what people wrote is overwritten, not only let go
)

# What a session's `info` says of the connection beneath it, where that is one of these.
BENEATH = "beneath"

type Act = Callable[[sqlite3.Connection], Any]


class Connection(aiosqlite.Connection):
    """A connection for SQLAlchemy, given to `create_async_engine` as `async_creator_fn`."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], **options: Any) -> None:
        super().__init__(connector, **options)
        self._unheard: list[Act] = []

    def cursor(self) -> "Cursor":  # type: ignore[override]
        """A cursor; nothing is asked of the database yet."""
        return Cursor(self)

    async def rollback(self) -> None:
        """Gives up what is not committed, if anything is."""
        self._unheard.clear()
        if self.in_transaction:
            await super().rollback()

    async def commit(self) -> None:
        """Keeps what was changed, if anything was."""
        if self._unheard:
            await self.step(sqlite3.Connection.commit, changes=True)
        elif self.in_transaction:
            await super().commit()

    def hold_back(self, statement: str, sets: Sequence[Sequence[Any]]) -> None:
        """Leaves a statement to the next step of this transaction: once for each of the sets."""
        self._unheard.append(lambda connection: connection.executemany(statement, sets))

    async def rows(
        self, statement: str, sets: Sequence[Sequence[Any]], *, changes: bool
    ) -> list[Any]:
        """Executes a statement with each of the sets, and gives all rows together."""

        def fetched(connection: sqlite3.Connection) -> list[Any]:
            return [row for values in sets for row in connection.execute(statement, values)]

        found: list[Any] = await self.step(fetched, changes=changes)
        return found

    async def step(self, act: Act, *, changes: bool) -> Any:
        """Runs `act` in the connection's thread, in a transaction once something is changed.

        What was held back is run first. Nobody else of this process comes in between: they wait
        for the connection.
        """
        before, self._unheard = self._unheard, []

        def begun() -> Any:
            connection = self._conn
            if (changes or before) and not connection.in_transaction:
                # IMMEDIATE: one that reads first and writes later would else fail with "locked".
                connection.execute("BEGIN IMMEDIATE")
            for unheard in before:
                unheard(connection)
            return act(connection)

        return await self._execute(begun)  # type: ignore[no-untyped-call]


class Cursor:
    """A statement and its rows, all fetched in the step that executes it."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        """Nothing to wait for."""
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        """Executes one statement and fetches what it gives."""
        changes = not statement.startswith("SELECT")
        return await self._do(
            lambda connection: connection.execute(statement, parameters), changes=changes
        )

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Executes one statement for each of the parameters."""
        return await self._do(
            lambda connection: connection.executemany(statement, parameters), changes=True
        )

    async def fetchall(self) -> list[Any]:
        """What the statement gave."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is held."""

    async def _do(
        self, act: Callable[[sqlite3.Connection], sqlite3.Cursor], *, changes: bool
    ) -> Self:
        def done(connection: sqlite3.Connection) -> None:
            cursor = act(connection)
            self._rows = cursor.fetchall()
            self.description = cursor.description
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
            cursor.close()

        await self._connection.step(done, changes=changes)
        return self


class Beneath:
    """The connection of one session's transaction, taken when something first asks for it.

    Args:
        session: that no statement was executed in yet.
        engine: its engine.
    """

    def __init__(self, session: AsyncSession, engine: AsyncEngine) -> None:
        self._session = session
        self._engine = engine
        self._opened: AsyncConnection | None = None
        self._driver: Connection | None = None

    @property
    def dialect(self) -> Dialect:
        """How values are written there."""
        return self._engine.dialect

    async def connection(self) -> Connection:
        """The session's own, if it has one by now; else one that it will use, too."""
        if self._driver is None:
            if self._session.in_transaction():
                found = await self._session.connection()
            else:
                found = self._opened = await self._engine.connect()
                self._session.sync_session.bind = found.sync_connection
            beneath: Any = found.sync_connection
            self._driver = cast("Connection", beneath.connection.driver_connection)
        return self._driver

    async def commit(self) -> None:
        """Keeps what was done here; the session has kept its own part."""
        if self._opened and self._driver:
            with told():
                await self._driver.commit()

    async def rollback(self) -> None:
        """Gives up what is not kept."""
        if self._opened and self._driver:
            with told():
                await self._driver.rollback()

    async def close(self) -> None:
        """Gives the connection back."""
        if self._opened:
            await self._opened.close()


@contextmanager
def told(statement: str | None = None) -> Iterator[None]:
    """Tells faults of the driver as SQLAlchemy does: without what was to be stored."""
    try:
        yield
    except sqlite3.Error as error:
        raise DBAPIError.instance(
            statement, None, error, sqlite3.Error, hide_parameters=True
        ) from error


def connect(database: str, **options: Any) -> Connection:
    """A connection to a file; its folder is made where there is none.

    Args:
        database: the file, or `:memory:`.
        options: of `sqlite3.connect`.
    """

    def connected() -> sqlite3.Connection:
        if database != ":memory:" and not options.get("uri"):
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        connection: sqlite3.Connection = sqlite3.connect(database, isolation_level=None, **options)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    made = Connection(connected, iter_chunk_size=64)
    made._thread.daemon = True
    return made
