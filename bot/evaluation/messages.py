"""Messages with the label that they should be understood as: what the understanding is held to."""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import KnowledgeError


@dataclass(frozen=True)
class Labelled:
    """One message.

    Attributes:
        label: an intent, or `factor/NAME` and `crisis/KIND`; several factors as `NAME|NAME`.
        text: as somebody typed it.
    """

    label: str
    text: str


def read(path: Path) -> list[Labelled]:
    """The messages of a file: `label<TAB>text` a line; empty lines and `#` lines are left out.

    Raises:
        KnowledgeError: the file can't be read, or a line is not so; names it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path} can't be read: {error}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        label, tab, text = line.partition("\t")
        if not tab or not label.strip() or not text.strip():
            raise KnowledgeError(f"{path}:{number}: write an intent, a tab and the message.")
        found.append(Labelled(label.strip(), text.strip()))
    if not found:
        raise KnowledgeError(f"{path} has no messages.")
    return found
