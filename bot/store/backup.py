"""Backups of the SQLite databases while everything runs, and putting them back.

The keys are not among them: who finds a backup is not to find what opens it as well.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.errors import SetupError

PAGES = 256  # copied in one go; writers get their turn in between


def files_of(database: str, tracker_database: Path) -> list[Path]:
    """The files that hold everything.

    Raises:
        SetupError: the database is not SQLite.
    """
    url = make_url(database)
    if url.get_backend_name() != "sqlite":
        raise SetupError(
            "The database is PostgreSQL: back it up with pg_dump and put it back with pg_restore. "
            f"Rasa's conversations are in {tracker_database}."
        )
    return [Path(str(url.database)), tracker_database]


def back_up(files: list[Path], folder: Path) -> list[Path]:
    """Copies databases as they are at one moment each, while others write to them.

    Args:
        files: those that do not exist are left out.
        folder: is made; what is in it already is not overwritten.

    Returns:
        The copies. Each is whole: SQLite has checked it.

    Raises:
        SetupError: there is nothing to back up, something is in the way, or it can't be written.
    """
    there = [file for file in files if file.exists()]
    if not there:
        raise SetupError(f"There is nothing to back up: {files[0]} does not exist.")
    copies = [folder / file.name for file in there]
    for copy in copies:
        if copy.exists():
            raise SetupError(f"{copy} exists already: name another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file, copy in zip(there, copies, strict=True):
            _copy(file, copy)
    except (OSError, sqlite3.Error) as error:
        raise SetupError(f"The backup could not be made: {error}.") from error
    return copies


def restore(folder: Path, files: list[Path]) -> list[Path]:
    """Puts a backup in the place of what is there, which is kept beside it as `NAME.before`.

    Args:
        folder: as `back_up` filled it.
        files: where the databases belong.

    Returns:
        What was put back.

    Raises:
        SetupError: there is no backup, it is damaged, or Seura is running.
    """
    pairs = [(folder / file.name, file) for file in files if (folder / file.name).exists()]
    if not pairs:
        raise SetupError(f"There is no backup in {folder}: no {files[0].name}.")
    for copy, file in pairs:
        _check(copy)
        _check_unused(file)
    for copy, file in pairs:
        file.parent.mkdir(parents=True, exist_ok=True)
        restored = file.with_name(f"{file.name}.restored")
        restored.unlink(missing_ok=True)
        _copy(copy, restored)
        if file.exists():
            file.replace(file.with_name(f"{file.name}.before"))
        for leftover in ("-wal", "-shm"):
            file.with_name(file.name + leftover).unlink(missing_ok=True)
        restored.replace(file)
    return [file for _, file in pairs]


def _copy(source: Path, target: Path) -> None:
    with closing(_open(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing, pages=PAGES, sleep=0.01)
        writing.execute("PRAGMA journal_mode = DELETE")
    target.chmod(0o600)
    _check(target)


def _check(file: Path) -> None:
    try:
        with closing(_open(file)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise SetupError(f"{file} is no whole database: {error}.") from error
    if found != "ok":
        raise SetupError(f"{file} is damaged: {found}.")


def _check_unused(file: Path) -> None:
    """Nobody may have the file open: what they go on writing would be lost, or do harm."""
    if not file.exists():
        return
    with closing(sqlite3.connect(file, timeout=0.5)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise SetupError(f"{file} is in use: stop Seura first.") from error
        except sqlite3.DatabaseError:
            return  # damaged: that is what a backup is for


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=10)
