"""When somebody would like something to be on, read from their words. `when` says what it means.

No library that was tried reads Finnish as it is spoken: dateparser 1.2 knows "lauantaina" and
"ensi viikolla", but neither "iltaisin", "viikonloppuna", "tänä iltana" nor "ens viikol", and takes
"klo 18" for the year 2118. So the words stand in `knowledge/times.yml`.
"""

import re
from pathlib import Path

from bot.reading import read_mapping, words


class TimeWords:
    """Finds in a message when something is wished for."""

    def __init__(self, table: dict[str, tuple[str, ...]]) -> None:
        """`table`: the words of each time; a `*` at the end of a word stands for any ending."""
        self._keys: dict[str, set[str]] = {}
        for key, phrases in table.items():
            for phrase in phrases:
                self._keys.setdefault(_plain(phrase), set()).add(key)
        # The longest first: "day after tomorrow" before "tomorrow".
        ordered = sorted(self._keys, key=len, reverse=True)
        self._phrases = ordered
        either = "|".join(f"({_any_ending(phrase)})" for phrase in ordered)
        self._pattern = re.compile(rf"\b(?:{either})\b")

    @classmethod
    def load(cls, path: Path) -> "TimeWords":
        """Reads the file.

        Raises:
            KnowledgeError: it can't be read, or something else than lists of words stands there.
        """
        table = read_mapping(path)
        return cls({key: words(given, f"{path.name}: {key}") for key, given in table.items()})

    def find(self, text: str) -> list[tuple[str, int, int]]:
        """The keys that the text names, each with the span of the words that name it."""
        found = []
        for match in self._pattern.finditer(_plain(text)):
            phrase = self._phrases[(match.lastindex or 1) - 1]
            found += [(key, match.start(), match.end()) for key in sorted(self._keys[phrase])]
        return found


def _any_ending(phrase: str) -> str:
    return re.escape(phrase.rstrip("*")) + (r"\w*" if phrase.endswith("*") else "")


def _plain(text: str) -> str:
    """Lower case and without umlauts, letter by letter: spans stay what they are."""
    lower = "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
    return lower.translate(str.maketrans("äöå", "aoa"))
