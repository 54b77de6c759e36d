"""SQLite as an async driver: one step into the connection's thread for each statement.

aiosqlite steps into its thread for each part of a statement: to make a cursor, to execute, to
fetch, to close, and SQLAlchemy adds steps of its own to begin and to roll back. Each step costs
more than SQLite itself takes, and the more the busier the loop is.

A statement of which nobody wants to hear anything (`UNHEARD`) takes no step of its own: it goes
along with the next one, at the latest with the commit, and what is wrong with it is told there.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite
from sqlalchemy import Engine, event

PRAGMAS = (
    "foreign_keys = ON",
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "busy_timeout = 10000",
    "secure_delete = ON",  # what people wrote is overwritten, not only let go
)

# The execution option of statements whose outcome, not even the count of rows, nobody looks at.
UNHEARD = "unheard"

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

    def hold_back(self, act: Act) -> None:
        """Leaves `act` to the next step of this transaction."""
        self._unheard.append(act)

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

    def hold_back(
        self, statement: str, parameters: Sequence[Any] | Sequence[Sequence[Any]], *, many: bool
    ) -> None:
        """Has a statement executed with the next one."""
        execute = sqlite3.Connection.executemany if many else sqlite3.Connection.execute
        self._connection.hold_back(lambda connection: execute(connection, statement, parameters))

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


def hold_back_unheard(engine: Engine) -> None:
    """Has an engine whose connections are these hold back the statements marked `UNHEARD`."""

    def one(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        return _held_back(cursor, statement, parameters, context, many=False)

    def several(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        return _held_back(cursor, statement, parameters, context, many=True)

    event.listen(engine, "do_execute", one)
    event.listen(engine, "do_executemany", several)


def _held_back(cursor: Any, statement: str, parameters: Any, context: Any, *, many: bool) -> bool:
    """Says whether it was; SQLAlchemy then does not execute it itself."""
    if context is None or not context.execution_options.get(UNHEARD):
        return False
    cursor._cursor.hold_back(statement, parameters, many=many)
    return True


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
