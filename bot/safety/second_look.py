"""The second look at a message: is it like what people in danger have written?

A linear classifier over letters and words. It hears what no pattern foresaw, and is less sure of
it: it leads to a question, where a pattern leads to an alarm. What it knows was learnt beforehand,
by scikit-learn in a process of its own (`teaching.py`); here numpy alone works out the same
numbers, in a fraction of the time and memory.
"""

import re
import zipfile
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np

from bot.errors import KnowledgeError
from bot.safety.normalise import normalise
from bot.safety.screening import About, Kind
from bot.tfidf import Floats, Tfidf, within_words

WORD = re.compile(r"\w+")


class Likeness(NamedTuple):
    """How much a message is like a call for help, 0 to 1, and like which."""

    sureness: float
    kind: Kind
    about: About


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

    letters: Tfidf
    words: Tfidf
    danger: Floats
    which: Floats
    labels: tuple[str, ...]

    def look(self, text: str) -> Likeness:
        """How a message looks to it."""
        plain = normalise(text).lower()
        letters, weights = self.letters.weigh(within_words(plain))
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
                    Tfidf(
                        kept["letter_symbols"],
                        letter_sizes,
                        kept["letter_keys"],
                        kept["letter_idf"],
                    ),
                    Tfidf(kept["word_symbols"], word_sizes, kept["word_keys"], kept["word_idf"]),
                    kept["danger"],
                    kept["which"],
                    tuple(map(str, kept["labels"])),
                )
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise KnowledgeError(f"{file.name}: can't be read ({error})") from error
