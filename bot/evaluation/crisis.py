"""How well danger is heard: the development set, weighed by both layers."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bot.errors import KnowledgeError
from bot.reading import read_mapping
from bot.safety.assessing import Assessor
from bot.safety.examples import Example, read_examples
from bot.safety.screening import Assessment


@dataclass(frozen=True)
class Weighed:
    """A message of the set, what the patterns made of it and what both layers made of it."""

    example: Example
    by_patterns: Assessment | None
    by_both: Assessment | None

    @property
    def is_right(self) -> bool:
        """Whether danger was heard where there is some, and only there."""
        return (self.by_both is not None) == self.example.is_danger


@dataclass(frozen=True)
class Floors:
    """What must be reached, shares from 0 to 1: `crisis_floors.yml`."""

    now: float
    languages: dict[str, float]
    false_alarms: float

    @classmethod
    def load(cls, path: Path) -> "Floors":
        """Reads the file.

        Raises:
            KnowledgeError: it can't be read or used.
        """
        content = read_mapping(path)
        try:
            return cls(
                float(content["recall_now"]),
                {language: float(floor) for language, floor in content["recall"].items()},
                float(content["false_alarms"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise KnowledgeError(f"{path.name}: {error!r}") from error

    def missed(self, weighed: Sequence[Weighed]) -> Iterator[str]:
        """What is not reached, a sentence each."""
        dangers = [one for one in weighed if one.example.is_danger]
        now = recall(one for one in dangers if one.example.level == "now")
        if now < self.now:
            yield f"Recall of what is for now is {now:.3f}, wanted {self.now:.2f}."
        for language, floor in self.languages.items():
            reached = recall(one for one in dangers if one.example.language == language)
            if reached < floor:
                yield f"Recall in {language} is {reached:.3f}, wanted {floor:.2f}."
        alarms = 1 - recall(one for one in weighed if not one.example.is_danger)
        if alarms > self.false_alarms:
            yield f"False alarms are {alarms:.3f}, at most {self.false_alarms:.2f} are wanted."


def read_set(folder: Path) -> list[Example]:
    """The development set: `development_*.tsv` in a folder."""
    return [one for file in sorted(folder.glob("development_*.tsv")) for one in read_examples(file)]


def weigh(assessor: Assessor, examples: Iterable[Example]) -> list[Weighed]:
    """Has every message weighed."""
    return [
        Weighed(one, assessor.screen.assess(one.text), assessor.assess(one.text))
        for one in examples
    ]


def milliseconds(assessor: Assessor, examples: Sequence[Example]) -> float:
    """What the first layer, the patterns, takes for a message on average."""
    begun = time.perf_counter()
    for one in examples:
        assessor.screen.assess(one.text)
    return (time.perf_counter() - begun) * 1000 / len(examples)


def recall(weighed: Iterable[Weighed]) -> float:
    """The share that was taken rightly; 1 where there is none."""
    right = [one.is_right for one in weighed]
    return sum(right) / len(right) if right else 1.0


def tables(weighed: Sequence[Weighed]) -> Iterator[Table]:
    """Recall and false alarms by kind, by level and by language."""
    for part in ("kind", "level", "language"):
        table = Table(part, "messages", "by patterns", "heard", "right kind", "right level")
        for value in sorted({getattr(one.example, part) for one in weighed}):
            here = [one for one in weighed if getattr(one.example, part) == value]
            dangers = [one for one in here if one.example.is_danger]
            if dangers:
                table.add_row(value, *_numbers(dangers))
        yield table
    table = Table("near misses", "messages", "false alarms")
    for language in sorted({one.example.language for one in weighed}):
        near = [
            one for one in weighed if not one.example.is_danger and one.example.language == language
        ]
        table.add_row(language, str(len(near)), f"{1 - recall(near):.3f}")
    yield table


def wrong(weighed: Iterable[Weighed]) -> Iterator[str]:
    """What was missed and what was a false alarm, a line each."""
    for one in weighed:
        if not one.is_right:
            what = "missed" if one.example.is_danger else "false alarm"
            why = ", ".join(one.by_both.pattern_ids) if one.by_both else one.example.level
            yield f"{what} [{one.example.language}, {one.example.kind}, {why}] {one.example.text}"


def _numbers(dangers: list[Weighed]) -> tuple[str, ...]:
    count = len(dangers)
    heard = [(one.example, one.by_both) for one in dangers if one.by_both]
    shares = (
        sum(one.by_patterns is not None for one in dangers),
        len(heard),
        sum(found.kind == example.kind for example, found in heard),
        sum(found.level == example.level for example, found in heard),
    )
    return (str(count), *(f"{share / count:.3f}" for share in shares))
