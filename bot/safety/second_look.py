"""The second look at a message: is it like what people in danger have written?

A linear classifier over letters and words. It hears what no pattern foresaw, and is less sure of
it: it leads to a question, where a pattern leads to an alarm. What it knows was learnt beforehand,
by scikit-learn in a process of its own (`teaching.py`); here numpy alone works out the same
numbers, in a fraction of the time and memory.
"""

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from bot.errors import KnowledgeError
from bot.safety.normalise import normalise
from bot.safety.screening import About, Kind

WORD = re.compile(r"\w+")

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class Likeness(NamedTuple):
    """How much a message is like a call for help, 0 to 1, and like which."""

    sureness: float
    kind: Kind
    about: About


@dataclass(frozen=True, slots=True)
class Runs:
    """The known runs of letters, or of words, weighed as scikit-learn's TfidfVectorizer does.

    Attributes:
        symbols: each symbol once, ascending.
        sizes: the fewest and the most symbols of a run.
        keys: the number of each known run, ascending: the places of its symbols, counted from 1,
            read as the digits of one number.
        idf: how much each run tells.
    """

    symbols: npt.NDArray[np.str_]
    sizes: tuple[int, int]
    keys: Integers
    idf: Floats

    def weigh(self, groups: Sequence[Sequence[str]]) -> tuple[Integers, Floats]:
        """The places in `keys` of the runs within the groups of symbols, and their weights."""
        places, count = np.unique(self._find(groups), return_counts=True)
        weights = (1 + np.log(count)) * self.idf[places]
        return places, weights / max(float(np.linalg.norm(weights)), 1e-12)

    def key(self, run: Sequence[str]) -> int:
        """The number of a run; each of its symbols must be known."""
        number = 0
        for digit in np.searchsorted(self.symbols, list(run)):
            number = number * (len(self.symbols) + 1) + int(digit) + 1
        return number

    def _find(self, groups: Sequence[Sequence[str]]) -> Integers:
        given = [symbol for group in groups for symbol in group]
        if not given:
            return np.array([], np.int64)
        digits, is_known = _look_up(self.symbols, np.array(given))
        digits = digits + 1
        lengths = [len(group) for group in groups]
        left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(given))
        fewest, most = self.sizes
        numbers, is_whole, found = digits, is_known, []
        for size in range(1, min(most, len(given)) + 1):
            if size > 1:
                # A run that is a symbol longer, from each place at once.
                numbers = numbers[:-1] * (len(self.symbols) + 1) + digits[size - 1 :]
                is_whole = is_whole[:-1] & is_known[size - 1 :]
            if size >= fewest:
                found.append(numbers[is_whole & (left[: len(numbers)] >= size)])
        places, is_run = _look_up(self.keys, np.concatenate(found or [digits[:0]]))
        return places[is_run]


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Knows dangerous messages by their likeness to examples.

    Attributes:
        letters: runs of 2 to 5 letters within a word, a space on either side of it.
        words: single words and pairs.
        danger: how much each run speaks for danger, the letters' first; the constant comes last.
        which: how much they speak for each of `labels`, a column each.
        labels: kind and about, apart by a space.
    """

    letters: Runs
    words: Runs
    danger: Floats
    which: Floats
    labels: tuple[str, ...]

    def look(self, text: str) -> Likeness:
        """How a message looks to it."""
        plain = normalise(text).lower()
        letters, weights = self.letters.weigh([f" {word} " for word in plain.split()])
        words, more_weights = self.words.weigh([WORD.findall(plain)])
        places = np.concatenate([letters, words + len(self.letters.keys)])
        weights = np.concatenate([weights, more_weights])
        score = float(weights @ self.danger[places] + self.danger[-1])
        like = int(np.argmax(weights @ self.which[places] + self.which[-1]))
        kind, _, about = self.labels[like].partition(" ")
        # Beyond 500 it is as good as certain, and exp can't go on.
        sureness = 1 / (1 + exp(min(-score, 500.0)))
        return Likeness(sureness, cast("Kind", kind), cast("About", about))

    def keep(self, file: Path) -> None:
        """Writes it to a file, whole or not at all."""
        unfinished = file.with_name(f"unfinished-{file.name}")
        with unfinished.open("wb") as out:
            np.savez(
                out,
                letter_symbols=self.letters.symbols,
                letter_keys=self.letters.keys,
                letter_idf=self.letters.idf,
                word_symbols=self.words.symbols,
                word_keys=self.words.keys,
                word_idf=self.words.idf,
                sizes=np.array([self.letters.sizes, self.words.sizes]),
                danger=self.danger,
                which=self.which,
                labels=np.array(self.labels),
            )
        unfinished.replace(file)

    @classmethod
    def read(cls, file: Path) -> "SecondLook":
        """Reads what `keep` wrote.

        Raises:
            KnowledgeError: the file is damaged.
        """
        try:
            with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
                letter_sizes, word_sizes = ((int(few), int(most)) for few, most in kept["sizes"])
                return cls(
                    Runs(
                        kept["letter_symbols"],
                        letter_sizes,
                        kept["letter_keys"],
                        kept["letter_idf"],
                    ),
                    Runs(kept["word_symbols"], word_sizes, kept["word_keys"], kept["word_idf"]),
                    kept["danger"],
                    kept["which"],
                    tuple(map(str, kept["labels"])),
                )
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise KnowledgeError(f"{file.name}: can't be read ({error})") from error


def _look_up(
    sorted_values: npt.NDArray[np.generic], asked: npt.NDArray[np.generic]
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Where each of the asked values stands, and whether it is there at all."""
    places = np.searchsorted(sorted_values, asked)
    places[places == len(sorted_values)] = 0
    return places, sorted_values[places] == asked
