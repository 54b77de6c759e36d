"""The second look at a message: is it like what people in danger have written?

A linear classifier over letters and words, taught at start from `bot/knowledge/crisis_examples.tsv`
and from what else people say to Seura. It hears what no pattern foresaw, and is less sure of it:
it leads to a question, where a pattern leads to an alarm.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple, cast

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.errors import KnowledgeError
from bot.safety.normalise import normalise
from bot.safety.screening import ABOUTS, KINDS, LEVELS, About, Kind

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


class Likeness(NamedTuple):
    """How much a message is like a call for help, 0 to 1, and like which."""

    sureness: float
    kind: Kind
    about: About


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


class SecondLook:
    """Knows dangerous messages by their likeness to examples.

    Args:
        examples: labelled messages.
        ordinary: messages without danger in them.
    """

    # An ordinary message is far from danger: each tells less than an example close to it does.
    ORDINARY_WEIGHT: ClassVar[float] = 0.5

    def __init__(self, examples: Sequence[Example], ordinary: Sequence[str]) -> None:
        texts = [*(normalise(one.text) for one in examples), *map(normalise, ordinary)]
        dangerous = np.array([one.is_danger for one in examples] + [False] * len(ordinary))
        weights = np.array([1.0] * len(examples) + [self.ORDINARY_WEIGHT] * len(ordinary))
        self._letters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2
        )
        self._words = TfidfVectorizer(
            token_pattern=r"\w+",  # noqa: S106 - a pattern of words
            ngram_range=(1, 2),
            sublinear_tf=True,
        )
        features = hstack(
            [self._letters.fit_transform(texts), self._words.fit_transform(texts)], format="csr"
        )
        self._danger = LogisticRegression(C=20, solver="liblinear", class_weight="balanced")
        self._danger.fit(features, dangerous, sample_weight=weights)
        self._which = LinearSVC(class_weight="balanced")
        self._which.fit(
            features[dangerous], [f"{one.kind} {one.about}" for one in examples if one.is_danger]
        )

    @classmethod
    def load(cls, examples: Path, ordinary: Path) -> "SecondLook":
        """Learns from the file of examples and the folder of ordinary messages.

        Raises:
            KnowledgeError: as `read_examples`.
        """
        return cls(read_examples(examples), list(read_ordinary(ordinary)))

    def look(self, text: str) -> Likeness:
        """How a message looks to it."""
        features = self._features(normalise(text))
        sureness = float(self._danger.predict_proba(features)[0, 1])
        kind, _, about = str(self._which.predict(features)[0]).partition(" ")
        return Likeness(sureness, cast("Kind", kind), cast("About", about))

    def _features(self, text: str) -> csr_matrix:
        return hstack(
            [self._letters.transform([text]), self._words.transform([text])], format="csr"
        )


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
