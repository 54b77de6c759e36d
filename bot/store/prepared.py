"""Statements of every turn, put together once.

SQLAlchemy takes ten times as long for a small statement as SQLite does, and a turn has a dozen.
What is prepared here is compiled by SQLAlchemy, reads and writes values by the types of its
columns, and goes from there to SQLite's driver. On PostgreSQL it is executed as any other.

All of it happens in the session's transaction: what was added to the session goes before it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Dialect, Executable
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.sql.compiler import SQLCompiler

from bot.store.sqlite import BENEATH, Beneath, told
from bot.store.tables import Table, plain

type Values = Mapping[str, Any]
type Process = Callable[[Any], Any] | None


class Prepared:
    """One statement.

    Args:
        statement: of Core, its parameters named by `bindparam`; or what makes it for a dialect,
            by its name.
    """

    def __init__(self, statement: Executable | Callable[[str], Executable]) -> None:
        self._given = statement
        self._made: dict[str, Executable] = {}
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    async def rows(self, session: AsyncSession, *given: Values) -> list[Sequence[Any]]:
        """Executes it with each of the given parameters, and gives all rows together.

        Raises:
            DBAPIError: as SQLAlchemy raises it.
        """
        await _flush(session)
        beneath: Beneath | None = session.info.get(BENEATH)
        if beneath is None:
            statement = self._for(session.get_bind().dialect)
            return [
                cast("Sequence[Any]", row)
                for values in given
                for row in await session.execute(statement, dict(values))
            ]
        compiled = self._of(beneath.dialect)
        sets = [compiled.parameters(values) for values in given]
        with told(compiled.text):
            connection = await beneath.connection()
            rows = await connection.rows(compiled.text, sets, changes=compiled.changes)
        return [compiled.read(row) for row in rows]

    async def first(self, session: AsyncSession, **given: Any) -> Sequence[Any] | None:
        """The first row, if there is any."""
        rows = await self.rows(session, given)
        return rows[0] if rows else None

    async def later(self, session: AsyncSession, *given: Values) -> None:
        """Executes it with each of the given parameters; nobody wants to hear what comes of it.

        SQLite does so together with the next statement, at the latest with the commit: what is
        wrong with it is told there.
        """
        await _flush(session)
        beneath: Beneath | None = session.info.get(BENEATH)
        if beneath is None:
            statement = self._for(session.get_bind().dialect)
            await session.execute(statement, [dict(values) for values in given])
        else:
            compiled = self._of(beneath.dialect)
            sets = [compiled.parameters(values) for values in given]
            (await beneath.connection()).hold_back(compiled.text, sets)

    def _for(self, dialect: Dialect) -> Executable:
        if not callable(self._given):
            return self._given
        if dialect.name not in self._made:
            self._made[dialect.name] = self._given(dialect.name)
        return self._made[dialect.name]

    def _of(self, dialect: Dialect) -> "_Compiled":
        found = self._compiled.get(dialect)
        if found is None:
            found = self._compiled[dialect] = _Compiled.of(self._for(dialect), dialect)
        return found


@dataclass(frozen=True)
class _Compiled:
    """A statement for SQLite.

    Attributes:
        text: with a `?` for each parameter.
        changes: it is no mere look.
        places: the parameters in order: name, what makes the value fit, and what stands there
            where none is given.
        reads: what becomes of each column of a row.
    """

    text: str
    changes: bool
    places: tuple[tuple[str, Process, Callable[[], Any] | None], ...]
    reads: tuple[Process, ...]

    @classmethod
    def of(cls, statement: Any, dialect: Dialect) -> "_Compiled":
        compiled: SQLCompiler = statement.compile(dialect=dialect)
        if compiled.post_compile_params:
            raise TypeError("a list of values can't be prepared")
        defaults = {column.key: column for column in compiled.insert_prefetch or ()}
        processes: Any = compiled._bind_processors
        return cls(
            text=str(compiled),
            changes=compiled.isinsert or compiled.isupdate or compiled.isdelete,
            places=tuple(
                (name, processes.get(name), _otherwise(compiled, name, defaults))
                for name in compiled.positiontup or ()
            ),
            reads=tuple(
                entry.type._cached_result_processor(dialect, None)
                for entry in compiled._result_columns
            ),
        )

    def parameters(self, given: Values) -> list[Any]:
        found = []
        for name, process, otherwise in self.places:
            value = given[name] if otherwise is None or name in given else otherwise()
            found.append(process(value) if process else value)
        return found

    def read(self, row: Sequence[Any]) -> Sequence[Any]:
        return [
            value if read is None or value is None else read(value)
            for read, value in zip(self.reads, row, strict=True)
        ]


def _otherwise(
    compiled: SQLCompiler, name: str, defaults: Mapping[str, Column[Any]]
) -> Callable[[], Any] | None:
    """What a parameter is where it is not given: a constant of the statement, a default."""
    bind = compiled.binds[name]
    if bind.required:
        return None
    default: Any = defaults[name].default if name in defaults else None
    if default is not None and default.is_callable:
        return lambda: default.arg(None)
    constant = bind.value if default is None else default.arg
    return lambda: constant


def columns_of(*tables: type[Table]) -> list[Column[Any]]:
    """All columns of the tables, for a statement whose rows become objects."""
    return [column for table in tables for column in plain(table).c]


def objects(session: AsyncSession, row: Sequence[Any], *tables: type[Table]) -> tuple[Any, ...]:
    """The objects of one row, which belong to the session from now on.

    Args:
        session: one that knows an object already keeps it as it is.
        row: of `columns_of` the tables, in their order.
        tables: for each an object, none where an outer join found none.
    """
    found, begin = [], 0
    for table in tables:
        end = begin + len(plain(table).c)
        found.append(_object(session, row[begin:end], table))
        begin = end
    return tuple(found)


def one[T: Table](session: AsyncSession, row: Sequence[Any] | None, table: type[T]) -> T | None:
    """The object of a row of all of a table's columns, where there is a row."""
    return cast("T | None", _object(session, row, table)) if row else None


def _object(session: AsyncSession, values: Sequence[Any], table: type[Table]) -> Table | None:
    columns = plain(table).c
    kept = dict(zip(columns.keys(), values, strict=True))
    key = tuple(kept[column.key] for column in plain(table).primary_key)
    if None in key:
        return None
    known: Table | None = session.identity_map.get(
        table.__mapper__.identity_key_from_primary_key(key)
    )
    if known is not None:
        return known
    made: Table = table.__mapper__.class_manager.new_instance()
    made.__dict__.update(kept)
    make_transient_to_detached(made)
    session.add(made)
    return made


async def _flush(session: AsyncSession) -> None:
    if session.new or session.dirty or session.deleted:
        await session.flush()
