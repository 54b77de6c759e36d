"""Labelled messages, and ordinary ones: what danger sounds like, and what it does not."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bot.errors import KnowledgeError
from bot.safety.screening import ABOUTS, KINDS, LEVELS

NO_DANGER = "none"
TAUGHT_TO_RASA = re.compile(r"^ +- (.+)$", re.MULTILINE)
ANNOTATION = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
# These examples of Rasa's are of danger themselves.
ABOUT_DANGER = "crisis.yml"


class Example(NamedTuple):
    """A labelled message. `kind`, `level` and `about` are `none` where there is no danger."""

    kind: str
    level: str
    about: str
    language: str
    text: str

    @property
    def is_danger(self) -> bool:
        """Whether somebody is in danger."""
        return self.kind != NO_DANGER


def read_examples(path: Path) -> list[Example]:
    """Reads a file of labelled messages: kind, level, about, language, text, apart by tabs.

    Raises:
        KnowledgeError: it can't be read, or a line is not as it should be; names the line.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path.name}: can't be read ({error})") from error
    if not rows or tuple(rows[0]) != Example._fields:
        raise KnowledgeError(f"{path.name}: the first line names {', '.join(Example._fields)}")
    return [_example(row, f"{path.name}:{number}") for number, row in enumerate(rows[1:], 2)]


def read_ordinary(folder: Path) -> Iterator[str]:
    """What Rasa is taught of everything but danger: the examples in the folder `nlu/`."""
    for file in sorted(folder.glob("*.yml")):
        if file.name != ABOUT_DANGER:
            for found in TAUGHT_TO_RASA.findall(file.read_text(encoding="utf-8")):
                yield ANNOTATION.sub(r"\1", found)


def _example(row: list[str], where: str) -> Example:
    if len(row) != len(Example._fields):
        raise KnowledgeError(f"{where}: {len(Example._fields)} columns are wanted")
    example = Example(*row)
    known = (
        example.kind in KINDS and example.level in LEVELS and example.about in ABOUTS
        if example.is_danger
        else example.level == example.about == NO_DANGER
    )
    if not known:
        raise KnowledgeError(f"{where}: {example[:3]} is no kind, level and about")
    return example
