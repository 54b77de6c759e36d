"""Which files staff edit, and a copy of them."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

# What a version holds, from the project's folder. A star does not go into folders.
EDITED = (
    "domain.yml",
    "stories/*.yml",
    "stories/wording/*.yml",
    "nlu/*.yml",
    "bot/knowledge/*.yml",
    "tests/conversations/*.yml",
)
# What Rasa and the catalogues need beside it: developers' own.
BESIDES = ("*.yml", "bot/knowledge/*.csv", "bot/knowledge/*.tsv")


def is_edited(name: str) -> bool:
    """Whether staff edit the file of that path."""
    return any(fnmatch(name, one) and name.count("/") == one.count("/") for one in EDITED)


def staff_files(root: Path, patterns: tuple[str, ...] = EDITED) -> Iterator[str]:
    """The files' paths from the folder, in order, each once."""
    found = {path.relative_to(root) for pattern in patterns for path in root.glob(pattern)}
    return (path.as_posix() for path in sorted(found))


def read_files(root: Path) -> dict[str, bytes]:
    """What staff edit, by path."""
    return {name: (root / name).read_bytes() for name in staff_files(root)}


def write_files(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Writes files; None removes one."""
    for name, content in files.items():
        path = root / name
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def copy_staff_files(root: Path, folder: Path, *, edited: bool = True) -> None:
    """Copies what staff edit, and what is needed beside it, over what is in the folder.

    Args:
        root: from where.
        folder: to where.
        edited: whether what staff edit comes along.
    """
    names = set(staff_files(root, EDITED + BESIDES))
    if not edited:
        names = {name for name in names if not is_edited(name)}
    write_files(folder, {name: (root / name).read_bytes() for name in names})
