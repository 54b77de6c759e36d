"""Runs of letters, or of words, weighed as scikit-learn's TfidfVectorizer weighs them.

scikit-learn learns; here numpy alone looks up what it has learnt, in a tenth of the time and
without scikit-learn in memory. Read by both environments.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tfidf:
    """The known runs of symbols, each symbol a letter or a word.

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

    @classmethod
    def of(
        cls, vectorizer: Any, split: Callable[[str], Sequence[str]]
    ) -> "tuple[Tfidf, npt.NDArray[np.intp]]":
        """Takes over from a fitted TfidfVectorizer with `sublinear_tf` and norm `l2`.

        Args:
            vectorizer: scikit-learn's.
            split: gives the symbols of a run in its vocabulary.

        Returns:
            It, and the vectorizer's column for each of its `keys`.

        Raises:
            ValueError: there are more different symbols than the keys have room for.
        """
        sizes = vectorizer.ngram_range
        runs = [split(run) for run in vectorizer.vocabulary_]
        symbols = np.array(sorted({symbol for run in runs for symbol in run}))
        if (len(symbols) + 1) ** sizes[1] > np.iinfo(np.int64).max:
            raise ValueError("too many different symbols for the keys of runs")
        place = {symbol: number for number, symbol in enumerate(symbols.tolist(), 1)}
        keys = np.array([_number([place[one] for one in run], len(symbols) + 1) for run in runs])
        order = np.argsort(keys)
        columns = np.array(list(vectorizer.vocabulary_.values()))[order]
        idf = vectorizer.idf_[columns].astype(np.float32)
        return cls(symbols, sizes, keys[order], idf), columns

    def weigh(self, groups: Sequence[Sequence[str]]) -> tuple[Integers, Floats]:
        """The places in `keys` of the runs within the groups of symbols, and their weights."""
        places, count = np.unique(self._find(groups), return_counts=True)
        weights = (1 + np.log(count)) * self.idf[places]
        return places, weights / max(float(np.linalg.norm(weights)), 1e-12)

    def _find(self, groups: Sequence[Sequence[str]]) -> Integers:
        given = [symbol for group in groups for symbol in group]
        if not given:
            return np.array([], np.int64)
        digits, is_known = _look_up(self.symbols, np.array(given))
        digits = digits + 1
        lengths = [len(group) for group in groups]
        left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(given))
        fewest, most = self.sizes
        numbers, is_whole, found = digits, is_known, [digits[:0]]
        for size in range(1, min(most, len(given)) + 1):
            if size > 1:
                # A run that is a symbol longer, from each place at once.
                numbers = numbers[:-1] * (len(self.symbols) + 1) + digits[size - 1 :]
                is_whole = is_whole[:-1] & is_known[size - 1 :]
            if size >= fewest:
                found.append(numbers[is_whole & (left[: len(numbers)] >= size)])
        places, is_run = _look_up(self.keys, np.concatenate(found))
        return places[is_run]


def within_words(text: str) -> list[str]:
    """The groups of letters that the analyzer `char_wb` looks at: words, a space on either side."""
    return [f" {word} " for word in text.split()]


def _number(digits: Sequence[int], base: int) -> int:
    number = 0
    for digit in digits:
        number = number * base + digit
    return number


def _look_up(
    ascending: npt.NDArray[Any], asked: npt.NDArray[Any]
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Where each of the asked values stands, and whether it is there at all."""
    places = np.searchsorted(ascending, asked)
    places[places == len(ascending)] = 0
    return places, ascending[places] == asked
