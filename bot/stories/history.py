"""The versions of what staff edit: commits in the repository in which the files are.

Developers see the same history with their own tools. A version is one commit; what belongs to it
beside the note stands in trailers (`Model: seura-….tar.gz`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dulwich.errors import NotGitRepository
from dulwich.object_store import commit_tree_changes, iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import HEADREF, Ref
from dulwich.repo import Repo

from bot.errors import SetupError
from bot.stories.files import is_edited, read_files, write_files

FILE_MODE = 0o100644
MADE_BY = b"Seura <>"


class Moved(SetupError):
    """Somebody else has published meanwhile."""


@dataclass(frozen=True)
class Version:
    """A state of the files.

    Attributes:
        id: the commit's, 40 digits.
        author: who made it.
        at: when, aware.
        note: why, in the author's words.
        facts: the trailers, such as `Model`; empty for a developer's commit.
        files: the paths that it changed.
    """

    id: str
    author: str
    at: datetime
    note: str
    facts: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()

    @property
    def short(self) -> str:
        """Enough of the id to name it."""
        return self.id[:8]


class History:
    """The repository at a folder.

    Raises:
        SetupError: there is none.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            self._repo = Repo(str(root))
        except NotGitRepository as error:
            raise SetupError(
                f"{root} is no git repository, so versions can't be kept: get Seura with git clone."
            ) from error

    @classmethod
    def begin(cls, root: Path, note: str) -> "History":
        """Makes a repository of the files that are in a folder, unless it is one."""
        if not (root / ".git").exists():
            Repo.init(str(root)).close()
        history = cls(root)
        kept = history.files(history.head) if history.has_versions else {}
        files = read_files(root)
        changed = {n: files.get(n) for n in kept | files if kept.get(n) != files.get(n)}
        if changed:
            history.record(changed, "Seura", note)
        return history

    @property
    def has_versions(self) -> bool:
        """Whether anything was ever recorded."""
        _, sha = self._repo.refs.follow(HEADREF)
        return sha is not None

    @property
    def head(self) -> str:
        """The newest version."""
        return self._repo.head().decode()

    def files(self, version: str) -> dict[str, bytes]:
        """What staff edit, as it was in a version.

        Raises:
            SetupError: there is no such version.
        """
        store = self._repo.object_store
        tree = self._commit(version).tree
        return {
            entry.path.decode(): store[entry.sha].as_raw_string()
            for entry in iter_tree_contents(store, tree)
            if entry.path and entry.sha and is_edited(entry.path.decode())
        }

    def unrecorded(self) -> list[str]:
        """Files that are not as in the newest version: somebody edits them in place."""
        kept, present = self.files(self.head), read_files(self.root)
        return sorted(n for n in kept.keys() | present.keys() if kept.get(n) != present.get(n))

    def record(
        self,
        files: Mapping[str, bytes | None],
        author: str,
        note: str,
        facts: Mapping[str, str] | None = None,
        after: str | None = None,
    ) -> str:
        """Makes a version, and writes its files.

        Args:
            files: what changed; None removes one.
            author: who made it.
            note: why.
            facts: what else is to be known of it.
            after: the version it was made from; another one meanwhile is an error.

        Returns:
            Its id.

        Raises:
            Moved: the newest version is another than `after`.
        """
        before: ObjectID | None = self._repo.head() if self.has_versions else None
        if after is not None and before is not None and before.decode() != after:
            raise Moved("Another version was published meanwhile: take it in first.")
        commit = self._make_commit(files, author, note, facts or {}, before)
        refs = self._repo.refs
        won = (
            refs.set_if_equals(HEADREF, before, commit.id)
            if before
            else refs.add_if_new(self._branch(), commit.id)
        )
        if not won:
            raise Moved("Another version was published meanwhile: take it in first.")
        write_files(self.root, files)
        self._repo.get_worktree().stage(list(files))
        return commit.id.decode()

    def version(self, name: str) -> Version:
        """A version by its id, or by the beginning of it.

        Raises:
            SetupError: there is none, or there are several.
        """
        if len(name) == 40:
            return _version(self._commit(name))
        found = [one for one in self.versions(500) if name and one.id.startswith(name)]
        if len(found) != 1:
            raise SetupError(f"There is no version {name}. ./seura stories versions lists them.")
        return found[0]

    def versions(self, count: int) -> list[Version]:
        """The latest versions of what staff edit, the newest first."""
        found: list[Version] = []
        if not self.has_versions:
            return found
        for entry in self._repo.get_walker():
            changes = [c for c in entry.changes() if not isinstance(c, list)]
            paths = {
                side.path.decode()
                for change in changes
                for side in (change.old, change.new)
                if side is not None and side.path
            }
            edited = sorted(filter(is_edited, paths))
            if edited:
                found.append(_version(entry.commit, edited))
            if len(found) == count:
                break
        return found

    def _branch(self) -> Ref:
        chain, _ = self._repo.refs.follow(HEADREF)
        return chain[-1]

    def _commit(self, version: str) -> Commit:
        try:
            found = self._repo[version.encode()]
        except (KeyError, ValueError) as error:
            raise SetupError(f"There is no version {version}.") from error
        if not isinstance(found, Commit):
            raise SetupError(f"There is no version {version}.")
        return found

    def _make_commit(
        self,
        files: Mapping[str, bytes | None],
        author: str,
        note: str,
        facts: Mapping[str, str],
        before: ObjectID | None,
    ) -> Commit:
        store = self._repo.object_store
        changes: list[tuple[bytes, int | None, ObjectID | None]] = []
        for name, content in files.items():
            blob = Blob.from_string(content) if content is not None else None
            if blob:
                store.add_object(blob)
            changes.append((name.encode(), FILE_MODE if blob else None, blob.id if blob else None))
        commit = Commit()
        base = self._repo[before].tree if before else self._empty_tree()  # type: ignore[attr-defined]
        commit.tree = commit_tree_changes(store, base, changes)
        commit.parents = [before] if before else []
        clean = author.translate({ord(sign): None for sign in "<>\n\r"}).strip() or "Seura"
        commit.author, commit.committer = f"{clean} <>".encode(), MADE_BY
        commit.author_time = commit.commit_time = int(datetime.now(UTC).timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        trailers = "".join(f"{name}: {value}\n" for name, value in facts.items())
        commit.message = f"{note.strip() or '-'}\n{trailers and chr(10) + trailers}".encode()
        store.add_object(commit)
        return commit

    def _empty_tree(self) -> ObjectID:
        tree = Tree()
        self._repo.object_store.add_object(tree)
        return tree.id


def _version(commit: Commit, files: Sequence[str] = ()) -> Version:
    message = commit.message.decode(errors="replace").strip()
    note, _, last = message.rpartition("\n\n")
    facts = dict(line.split(": ", 1) for line in last.splitlines() if ": " in line)
    if not note or "Model" not in facts:
        note, facts = message, {}
    return Version(
        id=commit.id.decode(),
        author=commit.author.decode(errors="replace").partition(" <")[0],
        at=datetime.fromtimestamp(commit.author_time, UTC),
        note=note,
        facts=facts,
        files=files,
    )
