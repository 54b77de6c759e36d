"""Drafts: a folder for each editor, in which they change what they like; nobody else sees it."""

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from merge3 import Merge3

from bot.errors import SetupError
from bot.stories.files import copy_staff_files, is_edited, read_files, write_files
from bot.stories.history import History

NAME = re.compile(r"[\w-]{1,40}")
MINE, OTHER = "<<<<<<< OMA", ">>>>>>> JULKAISTU"
# Beside the files: which version they were taken from, and who has said yes to them.
BASE, REVIEW = ".base", ".review"


class Stale(SetupError):
    """The text was saved by somebody meanwhile: in another window, for example."""


@dataclass(frozen=True)
class Approval:
    """Somebody's yes or comment to a state of a draft."""

    by: str
    comment: str
    yes: bool


class Draft:
    """One editor's folder."""

    def __init__(self, folder: Path, history: History) -> None:
        self.folder = folder
        self.name = folder.name
        self.history = history

    @property
    def base(self) -> str:
        """The version that it was taken from."""
        return (self.folder / BASE).read_text(encoding="utf-8").strip()

    @property
    def is_behind(self) -> bool:
        """Whether there is a newer version than its own."""
        return self.base != self.history.head

    def files(self) -> dict[str, bytes]:
        """What it holds."""
        return read_files(self.folder)

    def changes(self) -> dict[str, tuple[bytes | None, bytes | None]]:
        """What differs from its base, by path: before and after; None where there is no file."""
        before, after = self.history.files(self.base), self.files()
        names = sorted(before.keys() | after.keys())
        return {n: (before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)}

    def text(self, name: str) -> str:
        """A file's text.

        Raises:
            SetupError: it is not one that staff edit, or is not there.
        """
        path = self._path(name)
        if not path.exists():
            raise SetupError(f"There is no file {name}.")
        return path.read_text(encoding="utf-8")

    def save(self, name: str, text: str, seen: str | None = None) -> None:
        """Writes a file.

        Args:
            name: its path.
            text: all of it.
            seen: the digest of the text that was edited; None does not mind.

        Raises:
            SetupError: it is not one that staff edit.
            Stale: the file is another one by now.
        """
        path = self._path(name)
        if seen is not None and path.exists() and digest(self.text(name)) != seen:
            raise Stale(f"{name} was saved in another window meanwhile.")
        write_files(self.folder, {name: text.replace("\r\n", "\n").encode()})

    def update(self) -> list[str]:
        """Takes in the newest version.

        Returns:
            The files in which both have changed the same place. They hold both, with marks; the
            check tells where, and publishing waits until one is chosen.
        """
        base, head = self.history.files(self.base), self.history.files(self.history.head)
        mine = self.files()
        conflicts: list[str] = []
        for name in sorted(base.keys() | head.keys() | mine.keys()):
            was, theirs, own = base.get(name), head.get(name), mine.get(name)
            if theirs in (was, own):
                continue
            if own == was:
                write_files(self.folder, {name: theirs})
                continue
            merged, is_clear = merge(was or b"", own or b"", theirs or b"")
            write_files(self.folder, {name: merged})
            if not is_clear:
                conflicts.append(name)
        copy_staff_files(self.history.root, self.folder, edited=False)
        (self.folder / BASE).write_text(self.history.head, encoding="utf-8")
        return conflicts

    def discard(self) -> None:
        """Forgets it."""
        shutil.rmtree(self.folder)

    @property
    def state(self) -> str:
        """Names what it changes: a yes is for that, and for nothing else."""
        sides = [(name, repr(after)) for name, (_, after) in self.changes().items()]
        return digest(json.dumps([self.base, sides]))

    def approve(self, by: str, comment: str = "", *, yes: bool = True) -> None:
        """Notes a second person's yes, or their comment.

        Raises:
            SetupError: it is their own draft.
        """
        if by == self.name and yes:
            raise SetupError("Somebody else has to say yes to a draft.")
        said = [*self._said(), {"state": self.state, "by": by, "comment": comment, "yes": yes}]
        (self.folder / REVIEW).write_text(json.dumps(said), encoding="utf-8")

    def approvals(self) -> Sequence[Approval]:
        """What others have said; a yes to an earlier state has become a comment."""
        state = self.state
        return [
            Approval(one["by"], one["comment"], one["yes"] and one["state"] == state)
            for one in self._said()
        ]

    def _said(self) -> list[dict[str, Any]]:
        path = self.folder / REVIEW
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []

    def _path(self, name: str) -> Path:
        if not is_edited(name) or ".." in name:
            raise SetupError(f"{name} is no file that staff edit.")
        return self.folder / name


class Drafts:
    """All of them."""

    def __init__(self, folder: Path, history: History) -> None:
        self.folder = folder
        self.history = history

    def open(self, name: str) -> Draft:
        """Somebody's draft; a new one holds the newest version.

        Raises:
            SetupError: the name can't be one.
        """
        if not NAME.fullmatch(name):
            raise SetupError("A draft's name has letters, digits, - and _ only.")
        draft = Draft(self.folder / name, self.history)
        if not (draft.folder / BASE).exists():
            draft.folder.mkdir(parents=True, exist_ok=True)
            copy_staff_files(self.history.root, draft.folder)
            write_files(draft.folder, dict(self.history.files(self.history.head)))
            (draft.folder / BASE).write_text(self.history.head, encoding="utf-8")
        elif draft.is_behind and not draft.changes():
            draft.update()
        return draft

    def all(self) -> list[Draft]:
        """Those that there are, by name."""
        found = sorted(self.folder.glob(f"*/{BASE}"))
        return [Draft(path.parent, self.history) for path in found]


def digest(text: str) -> str:
    """Names a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def merge(base: bytes, mine: bytes, other: bytes) -> tuple[bytes, bool]:
    """Two changes of one text as one, and whether they don't touch the same place."""
    was, own, theirs = (text.decode().splitlines(keepends=True) for text in (base, mine, other))
    merged = Merge3(was, own, theirs)
    is_clear = all(region[0] != "conflict" for region in merged.merge_regions())
    lines = merged.merge_lines(
        start_marker=MINE, mid_marker="=======", end_marker=OTHER, reprocess=is_clear
    )
    return "".join(lines).encode(), is_clear
