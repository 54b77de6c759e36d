"""Other ways to understand messages, small enough to try them all: for `./seura compare`.

Each is a reader (puhekieli or as typed), what it looks at (letters, meaning) and a head.
"""

import resource
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Dict, List, Sequence, Text

import joblib
import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from nlu.components.intent_classifier import IntentClassifier, intent_ranking, selected_leaves
from nlu.components.leaves import Leaves
from nlu.components.puhekieli import Puhekieli, without_umlauts
from nlu.components.sentence_featurizer import embed, embed_all

# To begin with, none of the texts' vectors are kept in memory, so that each is made anew.
Vectors = Callable[[List[Text]], np.ndarray]


class Small:
    """A scikit-learn classifier over letters, meaning or both."""

    def __init__(self, head: Any, *, letters: bool, meaning: bool) -> None:
        """`head` takes a table of numbers, a row each message."""
        self._head = head
        self._letters = (
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
            if letters
            else None
        )
        self._meaning = meaning
        self.names: List[Text] = []

    def fit(self, texts: Sequence[Text], vectors: Vectors, labels: Sequence[Text]) -> None:
        """Learns from texts and labels."""
        if self._letters:
            self._letters.fit([without_umlauts(text) for text in texts])
        self._centre = vectors(list(texts)).mean(axis=0) if self._meaning else None
        self._head.fit(self._table(texts, vectors), labels)
        self.names = list(self._head.classes_)

    def probabilities(self, texts: Sequence[Text], vectors: Vectors) -> np.ndarray:
        """How likely each of `names` is, a row each text."""
        return self._head.predict_proba(self._table(texts, vectors))

    def _table(self, texts: Sequence[Text], vectors: Vectors) -> Any:
        parts = []
        if self._letters:
            parts.append(self._letters.transform([without_umlauts(text) for text in texts]))
        if self._meaning:
            apart = vectors(list(texts)) - self._centre
            parts.append(apart / (np.linalg.norm(apart, axis=1, keepdims=True) + 1e-9))
        if len(parts) > 1:
            return hstack([parts[0], csr_matrix(parts[1])]).tocsr()
        return parts[0]


class Ridge:
    """Our own model, with or without the meaning."""

    def __init__(self, *, meaning: bool = True) -> None:
        """Takes the settings that the classifier has by default."""
        config = IntentClassifier.get_default_config()
        self._leaves = Leaves(config["meaning"], config["alpha"], config["sharpness"])
        self._meaning = meaning

    @property
    def names(self) -> List[Text]:
        """The leaves."""
        return self._leaves.names

    def fit(self, texts: Sequence[Text], vectors: Vectors, labels: Sequence[Text]) -> None:
        """Learns from texts and labels."""
        found = vectors(list(texts)) if self._meaning else None
        self._leaves.fit(texts, found, labels, beside=False)

    def probabilities(self, texts: Sequence[Text], vectors: Vectors) -> np.ndarray:
        """How likely each of `names` is, a row each text."""
        return self._leaves.probabilities(texts, vectors(list(texts)) if self._meaning else None)


def logistic() -> LogisticRegression:
    """Logistic regression over all leaves at once."""
    return LogisticRegression(C=20, max_iter=200)


# Per name: whether puhekieli is read as standard Finnish first, and the classifier.
PIPELINES: Dict[Text, Callable[[], Any]] = {
    "letters_logistic": lambda: (True, Small(logistic(), letters=True, meaning=False)),
    "meaning_logistic": lambda: (True, Small(logistic(), letters=False, meaning=True)),
    "both_logistic": lambda: (True, Small(logistic(), letters=True, meaning=True)),
    "meaning_neighbours": lambda: (
        True,
        Small(
            KNeighborsClassifier(n_neighbors=10, weights="distance"), letters=False, meaning=True
        ),
    ),
    "ours_as_typed": lambda: (False, Ridge()),
    "ours_letters_alone": lambda: (True, Ridge(meaning=False)),
    "ours": lambda: (True, Ridge()),
}


def fit(name: Text, examples: List[Any], file: Path) -> List[Dict[Text, Any]]:
    """Trains a pipeline and keeps it in `file`; says how many `seconds` that took.

    The vectors of the examples are made before and not counted: they are the same for all.
    """
    as_standard, classifier = PIPELINES[name]()
    reader = Puhekieli(Puhekieli.get_default_config(), None, None)
    texts = [text for _, text in examples]
    reader.learn(texts)
    read = [_read(reader, text, as_standard) for text in texts]
    kept = embed_all(read)
    start = perf_counter()
    classifier.fit(read, lambda asked: kept, [label for label, _ in examples])
    seconds = perf_counter() - start
    joblib.dump((as_standard, reader._umlauts, classifier), file)
    return [{"seconds": seconds, "megabytes": file.stat().st_size / 1e6}]


def use(file: Path, texts: List[Text], progress: Callable[[int, int], None]) -> Any:
    """Each text as that pipeline understands it, in what form `/model/parse` would, and `ms`."""
    as_standard, umlauts, classifier = joblib.load(file)
    reader = Puhekieli(Puhekieli.get_default_config(), None, None, umlauts)
    embed("moi")
    found = []
    for done, text in enumerate(texts):
        start = perf_counter()
        read = _read(reader, text, as_standard)
        row = classifier.probabilities([read], _vectors)[0]
        milliseconds = (perf_counter() - start) * 1000
        leaves = dict(zip(classifier.names, map(float, row)))
        found.append(
            {
                "intent_ranking": intent_ranking(leaves)[:10],
                "response_selector": selected_leaves(leaves),
                "ms": milliseconds,
            }
        )
        progress(done + 1, len(texts))
    return found


def memory_mb() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _vectors(texts: List[Text]) -> np.ndarray:
    return np.stack([embed(text) for text in texts])


def _read(reader: Puhekieli, text: Text, as_standard: bool) -> Text:
    return reader.read(text) if as_standard else text.lower()
