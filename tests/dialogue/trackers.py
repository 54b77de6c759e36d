"""Rasa's tracker store, as Rasa 3.6 lays it out in SQLite."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

SHAPE = """
    CREATE TABLE events (
        id INTEGER NOT NULL,
        sender_id VARCHAR(255) NOT NULL,
        type_name VARCHAR(255) NOT NULL,
        timestamp FLOAT,
        intent_name VARCHAR(255),
        action_name VARCHAR(255),
        data TEXT,
        PRIMARY KEY (id)
    );
    CREATE INDEX ix_events_sender_id ON events (sender_id);
"""


def make_trackers(file: Path) -> None:
    """An empty tracker store."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(SHAPE)


def write(file: Path, sender: str, *texts: str) -> None:
    """Events of a conversation."""
    rows = [
        (sender, kind, 1.0, json.dumps({"event": kind, "text": text}))
        for text in texts
        for kind in ("user", "bot")
    ]
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, ?, ?, ?)", rows
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
        return {row[0] for row in connection.execute("SELECT DISTINCT sender_id FROM events")}
