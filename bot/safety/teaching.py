"""Learns from the examples what the second look knows: `python -m bot.safety.teaching`.

Here alone scikit-learn is imported. It is large, so this runs in a process of its own.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bot.safety.examples import Example, read_examples, read_ordinary
from bot.safety.normalise import normalise
from bot.safety.second_look import WORD, SecondLook
from bot.tfidf import Floats, Tfidf

# An ordinary message is far from danger: each tells less than an example close to it does.
ORDINARY_WEIGHT = 0.5
# So that the same examples always teach the same.
SEED = 0


class Classifier:
    """The second look as scikit-learn works it out.

    Args:
        examples: labelled messages.
        ordinary: messages without danger in them.
    """

    def __init__(self, examples: Sequence[Example], ordinary: Sequence[str]) -> None:
        texts = [*(normalise(one.text) for one in examples), *map(normalise, ordinary)]
        dangerous = np.array([one.is_danger for one in examples] + [False] * len(ordinary))
        weights = np.array([1.0] * len(examples) + [ORDINARY_WEIGHT] * len(ordinary))
        self.letters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2
        )
        self.words = TfidfVectorizer(
            token_pattern=WORD.pattern, ngram_range=(1, 2), sublinear_tf=True
        )
        self.letters.fit(texts)
        self.words.fit(texts)
        features = self.features(texts)
        self.danger = LogisticRegression(
            C=20, solver="liblinear", class_weight="balanced", random_state=SEED
        )
        self.danger.fit(features, dangerous, sample_weight=weights)
        self.which = LinearSVC(class_weight="balanced", random_state=SEED)
        self.which.fit(
            features[dangerous], [f"{one.kind} {one.about}" for one in examples if one.is_danger]
        )

    def features(self, texts: Sequence[str]) -> Any:
        """A sparse table of numbers, a row each normalised text."""
        return hstack([self.letters.transform(texts), self.words.transform(texts)], format="csr")

    def second_look(self) -> SecondLook:
        """The same without scikit-learn."""
        letters, columns = Tfidf.of(self.letters, list)
        words, more_columns = Tfidf.of(self.words, str.split)
        columns = np.concatenate([columns, more_columns + len(columns)])
        return SecondLook(
            letters,
            words,
            _with_constant(self.danger, columns)[:, 0],
            _with_constant(self.which, columns),
            tuple(self.which.classes_),
        )


def learn(examples: Path, ordinary: Path) -> SecondLook:
    """Learns from the file of examples and the folder of ordinary messages.

    Raises:
        KnowledgeError: as `read_examples`.
    """
    return Classifier(read_examples(examples), list(read_ordinary(ordinary))).second_look()


def _with_constant(classifier: Any, columns: npt.NDArray[np.intp]) -> Floats:
    """The weights, a row each feature; the constant in a last row of its own."""
    weights = np.vstack([classifier.coef_.T[columns], classifier.intercept_])
    return weights.astype(np.float32)


if __name__ == "__main__":
    learn(Path(sys.argv[1]), Path(sys.argv[2])).keep(Path(sys.argv[3]))
