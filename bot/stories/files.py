"""Which files staff edit, and a copy of them."""

from collections.abc import Iterator
from pathlib import Path

# Folders and files that a version holds, from the project's folder.
EDITED = ("stories/**/*.yml", "nlu/*.yml", "bot/knowledge/*.yml", "tests/conversations/*.yml")
# What Rasa needs beside it, and what the catalogues are read with: developers' own.
BESIDES = ("*.yml", "bot/knowledge/*.csv", "bot/knowledge/*.tsv")


def staff_files(root: Path, patterns: tuple[str, ...] = EDITED + BESIDES) -> Iterator[str]:
    """The files' paths from the folder, in order, each once."""
    found = {path.relative_to(root) for pattern in patterns for path in root.glob(pattern)}
    return (path.as_posix() for path in sorted(found))


def copy_staff_files(root: Path, folder: Path) -> None:
    """Copies them; what is in the folder already is written over."""
    for name in staff_files(root):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((root / name).read_bytes())
