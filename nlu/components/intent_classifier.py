"""Intent and factor in one step: kernel ridge regression over meaning and letters.

Rasa's own selector for retrieval intents (`factor/shyness`) is a neural network that needs
TensorFlow. Here every leaf (`factor/shyness`, `greet`) is a class of one model. An intent is as
likely as its likeliest leaf; the leaves stand in `response_selector`, where Rasa's own selector
would put them, under `factor` and `crisis`.

Kernel ridge regression asks how near a message is to each example. Of the small models tried (it,
logistic regression, both together) it understood most, and it is the quickest to train.
"""

import re
from typing import Any, Dict, List, Optional, Text

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RESPONSE_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import linear_kernel

from nlu.components.puhekieli import STANDARD, without_umlauts
from nlu.components.sentence_featurizer import embed

RESPONSE_SELECTOR = "response_selector"
# Where a message may go on to another matter. The words of the second line say no: they stay.
PIECE = re.compile(
    r"[,.;:!?\n]+|\s+[-–]\s+"
    r"|\s+(?=(?:eikä|enkä|ettei|etten|nor)\s)"
    r"|\s+(?:ja|sekä|mutta|vaikka|koska|niin|sitten|siksi|joten|and|but|because|so|then)\s+"
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(RasaIntentClassifier, GraphComponent):
    """One model over all leaves of the intent tree."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """What may be set.

        `meaning`: the weight of the sentence vectors beside the letters; `alpha`: how little
        the model trusts single examples; `sharpness`: makes scores into probabilities that are
        right as often as they say; `several`: what a piece of a message must reach for its factor
        to count too.
        """
        return {"meaning": 3.0, "alpha": 0.5, "sharpness": 16.0, "several": 0.6}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[Dict[Text, Any]] = None,
    ) -> None:
        """Takes the trained parts when there are some."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "IntentClassifier":
        """Made by Rasa's graph before training."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "IntentClassifier":
        """Made by Rasa's graph from a trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, joblib.load(folder / "leaves.joblib"))

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the model and keeps it."""
        examples = [e for e in training_data.intent_examples if e.get(STANDARD)]
        texts = [without_umlauts(e.get(STANDARD)) for e in examples]
        vectors = np.vstack([e.get_dense_features(TEXT)[1].features for e in examples])
        leaves, of_leaf, counts = np.unique(
            [e.get(INTENT_RESPONSE_KEY) or e.get(INTENT) for e in examples],
            return_inverse=True,
            return_counts=True,
        )
        letters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, dtype=np.float32
        )
        spelling = letters.fit_transform(texts)
        self._model = {"leaves": leaves, "letters": letters, "centre": vectors.mean(axis=0)}
        self._model["meaning"] = self._meaning(vectors)
        near = self._near(self._model["meaning"]) + linear_kernel(spelling)
        # A leaf with few examples counts a little more than its share.
        weights = np.sqrt(counts.mean() / counts)[of_leaf]
        ridge = KernelRidge(alpha=self._config["alpha"], kernel="precomputed")
        ridge.fit(near, np.eye(len(leaves), dtype=np.float32)[of_leaf], sample_weight=weights)
        by_example = ridge.dual_coef_.astype(np.float32)
        self._model["by_meaning"] = by_example
        self._model["by_letters"] = spelling.T @ by_example
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / "leaves.joblib")
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets intent, ranking and the leaves of each message."""
        for message in messages:
            text = message.get(STANDARD)
            if text and self._model:
                self._classify(message, text)
        return messages

    def _classify(self, message: Message, text: Text) -> None:
        leaves = self._probabilities([text])[0]
        intents: Dict[Text, float] = {}
        for leaf, probability in leaves.items():
            name = leaf.split("/")[0]
            intents[name] = max(intents.get(name, 0.0), probability)
        total = sum(intents.values())
        ranking = [
            {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: probability / total}
            for name, probability in sorted(intents.items(), key=lambda kv: -kv[1])
        ]
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking[:10], add_to_output=True)
        message.set(RESPONSE_SELECTOR, self._selector(text, leaves), add_to_output=True)

    def _selector(self, text: Text, leaves: Dict[Text, float]) -> Dict[Text, Any]:
        """Per retrieval intent: its leaves by probability, and for factors all that are told."""
        selector: Dict[Text, Any] = {}
        for parent in ("factor", "crisis"):
            own = sorted(
                ((leaf, p) for leaf, p in leaves.items() if leaf.startswith(f"{parent}/")),
                key=lambda kv: -kv[1],
            )
            if not own:
                continue
            total = sum(p for _, p in own) or 1.0
            selector[parent] = {
                "response": {INTENT_RESPONSE_KEY: own[0][0], "confidence": own[0][1] / total},
                "ranking": [
                    {INTENT_RESPONSE_KEY: leaf, "confidence": p / total} for leaf, p in own[:5]
                ],
            }
        if "factor" in selector:
            selector["factor"]["all"] = self._all_factors(text, leaves)
        return selector

    def _all_factors(self, text: Text, leaves: Dict[Text, float]) -> List[Text]:
        """Every factor that the message tells of, as a whole and piece by piece.

        None where the message as a whole is something else.
        """
        found = [max(leaves, key=lambda leaf: leaves[leaf])]
        if not found[0].startswith("factor/"):
            return []
        pieces = [piece.strip() for piece in PIECE.split(text) if len(piece.strip()) > 2]
        if len(pieces) > 1:
            for told in self._probabilities(pieces[:8]):
                leaf = max(told, key=lambda name: told[name])
                if leaf.startswith("factor/") and told[leaf] >= self._config["several"]:
                    found.append(leaf)
        return list(dict.fromkeys(found))

    def _probabilities(self, texts: List[Text]) -> List[Dict[Text, float]]:
        model = self._model
        near = self._near(self._meaning(np.stack([embed(text) for text in texts])))
        spelling = model["letters"].transform([without_umlauts(text) for text in texts])
        scores = near @ model["by_meaning"] + spelling @ model["by_letters"]
        sharp = np.exp(self._config["sharpness"] * (scores - scores.max(axis=1, keepdims=True)))
        table = sharp / sharp.sum(axis=1, keepdims=True)
        return [dict(zip(model["leaves"], map(float, row))) for row in table]

    def _meaning(self, vectors: np.ndarray) -> np.ndarray:
        # The sentence vectors all point much the same way; what tells them apart is the rest.
        meaning = vectors - self._model["centre"]
        return meaning / (np.linalg.norm(meaning, axis=1, keepdims=True) + 1e-9)

    def _near(self, meaning: np.ndarray) -> np.ndarray:
        """How near in meaning to each example, a row for each of `meaning`'s."""
        # For vectors of length 1 this is the Gaussian kernel exp(-|a - b|²).
        return self._config["meaning"] * np.exp(2 * (meaning @ self._model["meaning"].T - 1))
