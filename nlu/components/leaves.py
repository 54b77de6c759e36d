"""The model behind the intent classifier: kernel ridge regression over meaning and letters.

Kernel ridge regression asks how near a message is to each example. Of the small models tried it
understands most (docs/understanding.md has the table), and it is quick to train.

A second model over letters alone is trained beside it, for machines where sentence vectors can't
be made. It understands less, but it understands.
"""

from typing import Any, Dict, List, Optional, Sequence, Text

import numpy as np
from scipy.sparse import csr_matrix

from bot.tfidf import Tfidf, within_words
from nlu.components.puhekieli import without_umlauts

# How sharp the letters' own scores must be made to be right as often as they say.
SHARPNESS_OF_LETTERS = 13.0

# What stands among the examples as it is, is what it was said to be: staff count on it.
TOLD = 0.97


class Leaves:
    """Which leaf of the intent tree a text belongs to: `factor/shyness`, `greet`."""

    def __init__(self, meaning: float, alpha: float, sharpness: float) -> None:
        """`meaning`, `alpha` and `sharpness` as in the classifier's config."""
        self._weight = meaning
        self._alpha = alpha
        self._sharpness = sharpness
        self.names: List[Text] = []
        self._parts: Dict[Text, Any] = {}

    def fit(
        self,
        texts: Sequence[Text],
        vectors: Optional[np.ndarray],
        labels: Sequence[Text],
        beside: bool = True,
    ) -> "Leaves":
        """Learns from the examples.

        Args:
            texts: in standard Finnish and lower case.
            vectors: of the texts, shape (n, 384); None where they can't be made.
            labels: the leaf of each text.
            beside: whether the model of letters alone is made where the other can be, too.
        """
        # It takes scikit-learn to learn, but not to use what was learnt.
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.metrics.pairwise import linear_kernel

        names, of_leaf, counts = np.unique(labels, return_inverse=True, return_counts=True)
        self.names = names.tolist()
        vectorizer = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, dtype=np.float32
        )
        vectorizer.fit([without_umlauts(text) for text in texts])
        self._parts = {
            "letters": Tfidf.of(vectorizer, list)[0],
            "examples": _told(texts, of_leaf),
        }
        spelling = self.spelling(texts)
        alike = linear_kernel(spelling)
        # A leaf with few examples counts a little more than its share.
        weights = np.sqrt(counts.mean() / counts)[of_leaf]
        targets = np.eye(len(names), dtype=np.float32)[of_leaf]
        if beside or vectors is None:
            alone = self._solve(alike, targets, weights)
            self._parts["letters_alone"] = spelling.T @ alone
        if vectors is not None:
            self._parts["centre"] = vectors.mean(axis=0)
            self._parts["meaning"] = self._meaning(vectors)
            near = self._near(self._parts["meaning"])
            by_example = self._solve(near + alike, targets, weights)
            self._parts["by_meaning"] = by_example
            self._parts["by_letters"] = spelling.T @ by_example
        return self

    def spelling(self, texts: Sequence[Text]) -> csr_matrix:
        """The texts by their letters, a row for each."""
        letters = self._parts["letters"]
        rows = [letters.weigh(within_words(without_umlauts(text))) for text in texts]
        ends = np.cumsum([0, *(len(places) for places, _ in rows)])
        places, weights = (np.concatenate(parts) for parts in zip(*rows))
        shape = (len(texts), len(letters.keys))
        return csr_matrix((weights.astype(np.float32), places, ends), shape)

    def probabilities(
        self,
        texts: Sequence[Text],
        vectors: Optional[np.ndarray],
        spelling: Optional[csr_matrix] = None,
    ) -> np.ndarray:
        """How likely each leaf is, in the order of `names`: shape (n, leaves), rows sum to 1.

        Args:
            texts: in standard Finnish and lower case.
            vectors: as in `fit`; None to go by letters alone.
            spelling: what `spelling` gave for these texts, where it was asked before.
        """
        spelling = self.spelling(texts) if spelling is None else spelling
        if vectors is None or "by_meaning" not in self._parts:
            scores = SHARPNESS_OF_LETTERS * (spelling @ self._parts["letters_alone"])
        else:
            near = self._near(self._meaning(vectors))
            by_both = near @ self._parts["by_meaning"] + spelling @ self._parts["by_letters"]
            scores = self._sharpness * by_both
        sharp = np.exp(scores - scores.max(axis=1, keepdims=True))
        table = sharp / sharp.sum(axis=1, keepdims=True)
        for row, text in zip(table, texts):
            leaf = self._parts["examples"].get(without_umlauts(text))
            if leaf is not None:
                row *= 1 - TOLD
                row[leaf] += TOLD
        return table

    def _solve(self, kernel: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
        from sklearn.kernel_ridge import KernelRidge

        ridge = KernelRidge(alpha=self._alpha, kernel="precomputed")
        return ridge.fit(kernel, targets, sample_weight=weights).dual_coef_.astype(np.float32)

    def _meaning(self, vectors: np.ndarray) -> np.ndarray:
        # The sentence vectors all point much the same way; what tells them apart is the rest.
        meaning = vectors - self._parts["centre"]
        return meaning / (np.linalg.norm(meaning, axis=1, keepdims=True) + 1e-9)

    def _near(self, meaning: np.ndarray) -> np.ndarray:
        """How near in meaning to each example, a row for each of `meaning`'s."""
        # For vectors of length 1 this is the Gaussian kernel exp(-|a - b|²).
        return self._weight * np.exp(2 * (meaning @ self._parts["meaning"].T - 1))


def _told(texts: Sequence[Text], of_leaf: np.ndarray) -> Dict[Text, int]:
    """The leaf of each example, but for those that are written alike and mean different things."""
    told: Dict[Text, int] = {}
    twofold = set()
    for text, leaf in zip(texts, of_leaf.tolist()):
        written = without_umlauts(text)
        if told.setdefault(written, leaf) != leaf:
            twofold.add(written)
    return {written: leaf for written, leaf in told.items() if written not in twofold}
