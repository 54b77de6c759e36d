"""Encrypting again, with another key, what is kept."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from bot.keys import Keys
from bot.store.engine import Store
from bot.store.secrecy import Secret, SecretJson
from bot.store.tables import Table


async def encrypt_again(database: str, key_file: Path) -> int:
    """Reads every encrypted text and writes it with the first of the keys, in one transaction.

    Args:
        database: its address.
        key_file: old keys and the new one, which stands first.

    Returns:
        How many texts there were.

    Raises:
        SettingsError: the keys can't be used, or one that is needed is missing.
    """
    store = Store(database, Keys.load(key_file))
    try:
        await store.migrate()
        async with store.begin() as session:
            return sum([await _again(session, table, name) for table, name in _secret_columns()])
    finally:
        await store.close()


def _secret_columns() -> Iterator[tuple[type[Table], str]]:
    for mapper in Table.registry.mappers:
        for column in mapper.columns:
            if isinstance(column.type, Secret | SecretJson):
                yield mapper.class_, column.name


async def _again(session: AsyncSession, table: type[Table], name: str) -> int:
    rows = list(await session.scalars(select(table).where(getattr(table, name).is_not(None))))
    for row in rows:
        flag_modified(row, name)
    return len(rows)
