"""Encrypting again, with another key, what is kept."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from bot.store.engine import Store
from bot.store.secrecy import Keys
from bot.store.tables import Outgoing, Update


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
            updates = list(await session.scalars(select(Update).where(Update.body.is_not(None))))
            calls = list(
                await session.scalars(select(Outgoing).where(Outgoing.params.is_not(None)))
            )
            for update in updates:
                flag_modified(update, "body")
            for call in calls:
                flag_modified(call, "params")
    finally:
        await store.close()
    return len(updates) + len(calls)
