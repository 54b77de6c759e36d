"""How likely a text is in each of a few languages: py3langid's model, as small as we need it.

py3langid knows 142 languages and takes 75 MB. `language_model.npz` holds what it knows of ours,
2 MB in memory; the numbers that come out are the same. It is made by `language_extract.py`.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_suffix(".npz")

# A run of bytes is kept as one number with its bytes for digits, counted from 1.
BASE = 257


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A naive Bayes model over runs of bytes.

    Attributes:
        languages: their ISO 639 codes.
        runs: the number of each known run of 1 to `longest` bytes, ascending.
        features: the feature that each run stands for; -1 where it only leads to longer ones.
        weights: the logarithm of how likely a feature is in each language, a column each.
        priors: the same for the languages themselves.
    """

    languages: tuple[str, ...]
    longest: int
    runs: npt.NDArray[np.int64]
    features: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float16]
    priors: npt.NDArray[np.float32]

    @classmethod
    def read(cls, file: Path = FILE) -> "LanguageModel":
        """Reads the model."""
        with np.load(file, allow_pickle=False) as kept:
            return cls(
                tuple(map(str, kept["languages"])),
                int(kept["longest"]),
                np.cumsum(kept["steps"]),
                kept["features"],
                kept["weights"],
                kept["priors"],
            )

    def keep(self, file: Path = FILE) -> None:
        """Writes it to a file; `read` reads it."""
        np.savez_compressed(
            file,
            languages=np.array(self.languages),
            longest=self.longest,
            steps=np.diff(self.runs, prepend=0),  # these take less room
            features=self.features,
            weights=self.weights,
            priors=self.priors,
        )

    def classify(self, text: str) -> tuple[str, float]:
        """The likeliest language, and how likely it is, 0 to 1."""
        lower = text.lower() if text.isupper() else text
        data = unicodedata.normalize("NFC", lower).encode("utf-8", "surrogatepass")
        counted = np.unique(self._features(data), return_counts=True)
        features, counts = counted[0], counted[1].astype(np.float32)
        if not len(features):
            return self.languages[0], 1 / len(self.languages)
        scores = np.log1p(counts) @ self.weights[features] + self.priors
        likely = np.exp((scores - scores.max()) / np.sqrt(len(data)))
        best = int(likely.argmax())
        return self.languages[best], float(likely[best] / likely.sum())

    def _features(self, data: bytes) -> npt.NDArray[np.int32]:
        """The feature of the longest known run that ends at each byte, where it has one."""
        digits = np.frombuffer(data, np.uint8).astype(np.int64) + 1
        found = np.full(len(digits), -1, np.int32)
        numbers = np.zeros(len(digits) + 1, np.int64)
        for size in range(1, min(self.longest, len(digits)) + 1):
            numbers = numbers[1:] + digits[: len(digits) - size + 1] * BASE ** (size - 1)
            places = np.searchsorted(self.runs, numbers)
            places[places == len(self.runs)] = 0
            is_known = self.runs[places] == numbers
            found[size - 1 :][is_known] = self.features[places[is_known]]
        return found[found >= 0]
