"""The product's own books, read from beside it: what it holds for handled, queued and sent."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.faults.ledger import Queued
from bot.keys import Keys

UNDONE = """
    SELECT (SELECT count(*) FROM updates WHERE handled_at IS NULL)
         + (SELECT count(*) FROM outgoing WHERE state IN ('pending', 'sending'))
"""


class Books:
    """Reads SQLite's file; takes no lock that would hold up a writer."""

    def __init__(self, file: Path, key_file: Path) -> None:
        self._file = file
        self._key_file = key_file

    def handled(self) -> frozenset[int]:
        """Ids of the updates that count as handled."""
        rows = self._rows("SELECT update_id FROM updates WHERE handled_at IS NOT NULL")
        return frozenset(row[0] for row in rows)

    def queued(self) -> list[Queued]:
        """Every call to Telegram that was decided on."""
        rows = self._rows("SELECT key, chat_id, method, state, message_id FROM outgoing")
        keys = Keys.load(self._key_file)
        return [Queued(key, int(keys.unseal(str(chat))), *others) for key, chat, *others in rows]

    def undone(self) -> int:
        """How much is still to be handled or sent."""
        return int(self._rows(UNDONE)[0][0])

    def is_whole(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        return self._rows("PRAGMA integrity_check") == [("ok",)]

    def _rows(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(f"{self._file.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(statement).fetchall()
