"""What is sealed, sealed with the present key: whoever is looked up with it must be found.

So it is done whenever a store is opened: after a migration, and when the keys were changed.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, Text, select, type_coerce, update

from bot.keys import Keys
from bot.store.secrecy import Sealed, SealedId
from bot.store.tables import Table


def seal_anew(connection: Connection, keys: Keys) -> int:
    """Seals what lies in plain, or was sealed with another key, in the caller's transaction.

    Args:
        connection: in a transaction.
        keys: the first one seals.

    Returns:
        How many different values there were.

    Raises:
        SettingsError: a key that is needed is missing.
    """
    return sum(_column(connection, column, keys) for column in _sealed_columns())


def _column(connection: Connection, column: Column[Any], keys: Keys) -> int:
    kept = type_coerce(column, Text)
    other = [kept.not_like(f"{keys.seal_mark}%")]
    if isinstance(column.type, SealedId):
        other.append(kept.not_like("-%"))
    values = list(connection.scalars(select(kept).where(*other).distinct()))
    for value in values:
        sealed = type_coerce(keys.seal(keys.unseal(str(value))), Text)
        connection.execute(update(column.table).where(kept == value).values({column: sealed}))
    return len(values)


def _sealed_columns() -> Iterator[Column[Any]]:
    for table in Table.metadata.sorted_tables:
        yield from (one for one in table.columns if isinstance(one.type, Sealed | SealedId))
