"""Rasa's tracker store from outside: what is in it, forgetting, other keys.

It is a database of its own.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
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
    async with _opened(database) as connection:
        if connection is None:
            return 0
        gone = await connection.execute(
            "DELETE FROM conversations WHERE changed_at < ?", (moment.timestamp(),)
        )
        await connection.commit()
        return gone.rowcount


async def events_of(
    database: Path, conversation_id: str, keys: Keys | None
) -> list[dict[str, Any]]:
    """A conversation's last turns, as Rasa writes events; none where it is gone."""
    async with _opened(database) as connection:
        if connection is None:
            return []
        rows = await connection.execute_fetchall(
            "SELECT events FROM conversations WHERE sender_id = ?", (conversation_id,)
        )
    return [event for row in rows for event in json.loads(keys.decrypt(row[0]) if keys else row[0])]


async def words_of(database: Path, conversation_id: str, keys: Keys | None) -> list[dict[str, Any]]:
    """What was said last in a conversation, in order: `{at, from, text}`; none where it is gone."""
    return [
        {"at": at_of(event).isoformat(), "from": event["event"], "text": event.get("text")}
        for event in await events_of(database, conversation_id, keys)
        if event["event"] in {"user", "bot"}
    ]


def at_of(event: dict[str, Any]) -> datetime:
    """When it happened, in UTC."""
    return datetime.fromtimestamp(event.get("timestamp") or 0, UTC)


async def encrypt_again(database: Path, keys: Keys) -> int:
    """Reads every conversation and writes it with the first of the keys, in one transaction.

    Returns:
        How many there were.
    """
    async with _opened(database) as connection:
        if connection is None:
            return 0
        rows = await connection.execute_fetchall("SELECT events, sender_id FROM conversations")
        again = [(keys.encrypt(keys.decrypt(events)), sender) for events, sender in rows]
        await connection.executemany(
            "UPDATE conversations SET events = ? WHERE sender_id = ?", again
        )
        await connection.commit()
    return len(again)


async def _delete(database: Path, choose: Callable[[set[str]], Iterable[str]]) -> None:
    """Deletes the conversations that `choose` picks."""
    async with _opened(database) as connection:
        if connection is None:
            return
        rows = await connection.execute_fetchall("SELECT sender_id FROM conversations")
        gone = [(sender,) for sender in choose({row[0] for row in rows})]
        await connection.executemany("DELETE FROM conversations WHERE sender_id = ?", gone)
        await connection.commit()


@asynccontextmanager
async def _opened(database: Path) -> AsyncIterator[aiosqlite.Connection | None]:
    """The store; none where there is no file or no table yet."""
    address = _address(database)
    if address is None:
        yield None
        return
    async with aiosqlite.connect(address, uri=True, timeout=10) as connection:
        tables = await connection.execute_fetchall("SELECT name FROM sqlite_master")
        if ("conversations",) not in list(tables):
            yield None
            return
        # What is deleted is overwritten, too: these are people's words.
        await connection.execute("PRAGMA secure_delete = ON")
        yield connection


def _address(database: Path) -> str | None:
    """Where an existing database is: a path may hold what means something in an address."""
    return f"{database.absolute().as_uri()}?mode=rw" if database.exists() else None
