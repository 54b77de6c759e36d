"""Rasa's tracker store, as far as forgetting goes. It is a database of its own."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite

from bot.keys import Keys


async def forget(database: Path, conversation_id: str) -> None:
    """Deletes one conversation from the tracker store."""
    await _delete(database, lambda _: [conversation_id])


async def forget_others(database: Path, kept: Iterable[str]) -> None:
    """Deletes every conversation but those `kept`."""
    keep = set(kept)
    await _delete(database, lambda found: found - keep)


async def forget_before(database: Path, moment: datetime) -> int:
    """Deletes the conversations that nothing was added to since a moment, and counts them."""
    address = _address(database)
    if address is None:
        return 0
    async with aiosqlite.connect(address, uri=True, timeout=10) as connection:
        if not await _has_conversations(connection):
            return 0
        await connection.execute("PRAGMA secure_delete = ON")
        gone = await connection.execute(
            "DELETE FROM conversations WHERE changed_at < ?", (moment.timestamp(),)
        )
        await connection.commit()
        return gone.rowcount


async def words_of(database: Path, conversation_id: str, keys: Keys | None) -> list[dict[str, Any]]:
    """What was said last in a conversation, in order: `{at, from, text}`; none where it is gone."""
    address = _address(database)
    if address is None:
        return []
    async with aiosqlite.connect(address, uri=True, timeout=10) as connection:
        if not await _has_conversations(connection):
            return []
        rows = await connection.execute_fetchall(
            "SELECT events FROM conversations WHERE sender_id = ?", (conversation_id,)
        )
    return [
        {
            "at": datetime.fromtimestamp(event.get("timestamp") or 0, UTC).isoformat(),
            "from": event["event"],
            "text": event.get("text"),
        }
        for row in rows
        for event in json.loads(keys.decrypt(row[0]) if keys else row[0])
        if event["event"] in {"user", "bot"}
    ]


async def encrypt_again(database: Path, keys: Keys) -> int:
    """Reads every conversation and writes it with the first of the keys, in one transaction.

    Returns:
        How many there were.
    """
    address = _address(database)
    if address is None:
        return 0
    async with aiosqlite.connect(address, uri=True, timeout=10) as connection:
        if not await _has_conversations(connection):
            return 0
        await connection.execute("PRAGMA secure_delete = ON")
        rows = await connection.execute_fetchall("SELECT events, sender_id FROM conversations")
        again = [(keys.encrypt(keys.decrypt(events)), sender) for events, sender in rows]
        await connection.executemany(
            "UPDATE conversations SET events = ? WHERE sender_id = ?", again
        )
        await connection.commit()
    return len(again)


async def _has_conversations(connection: aiosqlite.Connection) -> bool:
    tables = await connection.execute_fetchall("SELECT name FROM sqlite_master")
    return ("conversations",) in list(tables)


async def _delete(database: Path, choose: Callable[[set[str]], Iterable[str]]) -> None:
    """Deletes the conversations that `choose` picks; there may be no store or no table yet."""
    address = _address(database)
    if address is None:
        return
    async with aiosqlite.connect(address, uri=True, timeout=10) as connection:
        if not await _has_conversations(connection):
            return
        # What is deleted is overwritten, too: these are people's words.
        await connection.execute("PRAGMA secure_delete = ON")
        rows = await connection.execute_fetchall("SELECT sender_id FROM conversations")
        gone = [(sender,) for sender in choose({row[0] for row in rows})]
        await connection.executemany("DELETE FROM conversations WHERE sender_id = ?", gone)
        await connection.commit()


def _address(database: Path) -> str | None:
    """Where an existing database is: a path may hold what means something in an address."""
    return f"{database.absolute().as_uri()}?mode=rw" if database.exists() else None
