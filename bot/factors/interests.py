"""What people like to do, as staff wrote it in `interests.yml`.

Rasa's components use it too: it keeps to Python 3.10, the standard library and PyYAML.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.factors.needs import weigh
from bot.reading import LANGUAGES, mapping, read_mapping, texts, words
from bot.safety.normalise import fold

_WORD = re.compile(r"\w+")
_BETWEEN_ITEMS = re.compile(r"[^\w\s'’-]+|\n|\b(?:ja|seka|tai|and|or)\b")


@dataclass(frozen=True)
class Interest:
    """Something people like to do.

    Attributes:
        names: its labels, made ready to be found alone or in an enumeration.
        words: what its mentions begin with, in lower case and without dots on letters; one that
            ends in a space is a whole word.
        needs: the needs that it answers, in order of weight.
        chip: whether it is offered as a button.
    """

    key: str
    labels: dict[str, str]
    names: tuple[str, ...]
    words: tuple[str, ...]
    needs: tuple[str, ...]
    chip: bool


@dataclass(frozen=True)
class InterestCatalogue:
    """Every interest, in the order of the file. Keys that it does not know count for nothing."""

    interests: dict[str, Interest]

    @classmethod
    def load(cls, path: Path) -> "InterestCatalogue":
        """Reads `interests.yml`.

        Raises:
            KnowledgeError: a text or the words are missing in a language.
        """
        content = mapping(read_mapping(path).get("interests"), f"{path.name}: interests")
        return cls(
            {
                key: _interest(key, given, f"{path.name}: interests.{key}")
                for key, given in content.items()
            }
        )

    def __contains__(self, key: object) -> bool:
        return key in self.interests

    def find(self, text: str) -> tuple[str, ...]:
        """The interests that a text mentions.

        Words are known by their beginnings, in any inflection. A label is known where it stands
        alone or in an enumeration. Dots on ä and ö make no difference.
        """
        spoken = f" {' '.join(_WORD.findall(_folded(text)))} "
        items = _items(text)
        return tuple(
            interest.key
            for interest in self.interests.values()
            if any(f" {word}" in spoken for word in interest.words)
            or any(name in items for name in interest.names)
        )

    def label(self, key: str, language: str) -> str:
        """An interest's name as a resident reads it."""
        return self.interests[key].labels[language] if key in self.interests else key

    def needs_of(self, keys: Iterable[str]) -> dict[str, float]:
        """The needs that these interests answer, and how much each weighs."""
        return weigh(self.interests[key].needs for key in keys if key in self.interests)


def _folded(text: str) -> str:
    return fold(text.lower())


def _items(text: str) -> str:
    """The items of an enumeration: `| walking | reading | sauna |`."""
    parts = _BETWEEN_ITEMS.split(_folded(text))
    return f"| {' | '.join(' '.join(_WORD.findall(part)) for part in parts if part.strip())} |"


def _interest(key: str, given: object, where: str) -> Interest:
    fields = mapping(given, where)
    labels = texts(fields.get("label"), f"{where}.label")
    beginnings = mapping(fields.get("words"), f"{where}.words")
    return Interest(
        key=key,
        labels=labels,
        names=tuple(_items(label) for label in labels.values()),
        words=tuple(
            _folded(word)
            for language in LANGUAGES
            for word in words(beginnings.get(language), f"{where}.words.{language}")
        ),
        needs=words(fields.get("needs"), f"{where}.needs"),
        chip=bool(fields.get("chip")),
    )
