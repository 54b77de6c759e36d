"""The names by which moderators know residents: a word of colour or calm, and one of nature."""

from collections.abc import Container
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from bot.reading import read_mapping, words


@dataclass(frozen=True)
class Aliases:
    """Every alias there is, such as "Sininen Lumme"."""

    names: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> "Aliases":
        """Reads `aliases.yml`: lists of `adjectives` and `nouns`.

        Raises:
            KnowledgeError: a list is missing or holds something else than words.
        """
        content = read_mapping(path)
        adjectives, nouns = (
            words(content.get(part), f"{path.name}: {part}") for part in ("adjectives", "nouns")
        )
        return cls(tuple(f"{adjective} {noun}" for adjective in adjectives for noun in nouns))

    def pick(self, taken: Container[str], random: Random) -> str:
        """An alias that is not taken; with a number only when all the plain ones are."""
        rounds = (
            [name for name in self._numbered(number) if name not in taken] for number in count(1)
        )
        return random.choice(next(free for free in rounds if free))

    def _numbered(self, number: int) -> list[str]:
        suffix = f" {number}" if number > 1 else ""
        return [name + suffix for name in self.names]
