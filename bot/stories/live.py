"""What is live: a board between whoever publishes and the bot that runs, each its own process.

The publisher writes which version is wanted. The bot takes it over, and writes that it serves it,
or why not. Nobody runs when nobody holds the lock.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO


class Board:
    """Files in `var/studio/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def want(self, version: str, model: str) -> None:
        """Asks for a version; `model` is the path of its model."""
        self._write("wanted", {"version": version, "model": model})

    def wanted(self) -> dict[str, Any]:
        """What was asked for last; empty before the first time."""
        return self._read("wanted")

    def serve(self, version: str, fault: str = "") -> None:
        """Tells that a version is served; with `fault`, why it could not be taken over."""
        self._write("serving", {"version": version, "fault": fault})

    def serving(self) -> dict[str, Any]:
        """What the bot told last."""
        return self._read("serving")

    def wait_for(self, version: str, seconds: float) -> str:
        """Waits until the running bot has a version; empty when it serves it, else why not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            serving = self.serving()
            if serving.get("version") == version:
                return str(serving.get("fault", ""))
            time.sleep(0.1)
        return "no answer in time"

    def tell(self, progress: dict[str, Any]) -> None:
        """Tells how far the publishing is."""
        self._write("progress", progress)

    def progress(self) -> dict[str, Any]:
        """How far it is, or how the last one went; empty before the first."""
        return self._read("progress")

    def count(self, counts: dict[str, Any]) -> None:
        """Keeps how the talks have gone, by version."""
        self._write("watch", counts)

    def counts(self) -> dict[str, Any]:
        """How they have gone."""
        return self._read("watch")

    @contextmanager
    def held(self, name: str) -> Iterator[bool]:
        """Holds a lock, `bot` or `publisher`; gives False where somebody else has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.lock").open("w") as file:
            yield _locked(file)

    def is_held(self, name: str) -> bool:
        """Whether somebody holds a lock."""
        with self.held(name) as free:
            return not free

    def _read(self, name: str) -> dict[str, Any]:
        with suppress(FileNotFoundError):
            return dict(json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8")))
        return {}

    def _write(self, name: str, content: dict[str, Any]) -> None:
        """Whoever reads finds the old or the new one, never half of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f".{name}-{os.getpid()}"
        unfinished.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        unfinished.replace(self.folder / f"{name}.json")


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
