"""Rasa's tracker store, as `nlu/tracker_store.py` lays it out in SQLite."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

SHAPE = """
    CREATE TABLE conversations (
        sender_id TEXT NOT NULL,
        events TEXT NOT NULL,
        changed_at FLOAT NOT NULL,
        PRIMARY KEY (sender_id)
    );
"""


def make_trackers(file: Path) -> None:
    """An empty tracker store."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(SHAPE)


def write(file: Path, sender: str, *texts: str) -> None:
    """A conversation."""
    write_events(
        file, sender, [{"event": kind, "text": text} for text in texts for kind in ("user", "bot")]
    )


def write_events(file: Path, sender: str, events: list[dict[str, Any]]) -> None:
    """A conversation, event by event."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "INSERT INTO conversations VALUES (?, ?, 1.0)", (sender, json.dumps(events))
        )


def files_in(folder: Path) -> list[str]:
    """The names of what is in a folder."""
    return sorted(one.name for one in folder.iterdir())


def holds(file: Path, text: str) -> bool:
    """Whether the words are anywhere in the file, in use or not."""
    return text.encode() in file.read_bytes()


def conversations(file: Path) -> set[str]:
    """Whose events are there."""
    with closing(sqlite3.connect(file)) as connection:
        return {row[0] for row in connection.execute("SELECT sender_id FROM conversations")}
