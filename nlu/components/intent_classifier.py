"""Intent and factor in one step.

Rasa's own selector for retrieval intents (`factor/shyness`) is a neural network that needs
TensorFlow. Here every leaf (`factor/shyness`, `greet`) is a class of one model. An intent is as
likely as its likeliest leaf; the leaves stand in `response_selector`, where Rasa's own selector
would put them, under `factor` and `crisis`. `leaves.py` is the model.
"""

import inspect
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
from threadpoolctl import threadpool_limits

from nlu.components import leaves
from nlu.components.leaves import Leaves
from nlu.components.puhekieli import STANDARD
from nlu.components.sentence_featurizer import vectors_of

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
        to count too; `sure`: what the letters alone must reach for meaning not to be asked.
        """
        return {"meaning": 3.0, "alpha": 0.5, "sharpness": 16.0, "several": 0.6, "sure": 0.85}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Optional[Leaves] = None,
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
        # A second thread helps with training alone. It would wait for each message by spinning.
        threadpool_limits(1, "blas")
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, joblib.load(folder / "leaves.joblib"))

    @classmethod
    def fingerprint_addon(cls, config: Dict[Text, Any]) -> Optional[Text]:
        """Rasa trains anew when this class changes; also when what it stands on does."""
        return inspect.getsource(leaves)

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the model and keeps it."""
        examples = [e for e in training_data.intent_examples if e.get(STANDARD)]
        dense = [e.get_dense_features(TEXT)[1] for e in examples]
        vectors = np.vstack([d.features for d in dense]) if all(dense) else None
        self._model = self._untrained().fit(
            [e.get(STANDARD) for e in examples],
            vectors,
            [e.get(INTENT_RESPONSE_KEY) or e.get(INTENT) for e in examples],
        )
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
        likely = self._probabilities([text])[0]
        ranking = intent_ranking(likely)
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking[:10], add_to_output=True)
        selector = selected_leaves(likely)
        if "factor" in selector:
            selector["factor"]["all"] = self._all_factors(text, likely)
        message.set(RESPONSE_SELECTOR, selector, add_to_output=True)

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
        """Letters alone take a tenth of the time: where they are sure, meaning is not asked."""
        spelling = self._model.spelling(texts)
        table = self._model.probabilities(texts, None, spelling)
        unsure = [n for n, row in enumerate(table) if row.max() < self._config["sure"]]
        asked = [texts[n] for n in unsure]
        vectors = vectors_of(asked) if asked else None
        if vectors is not None:
            table[unsure] = self._model.probabilities(asked, vectors, spelling[unsure])
        return [dict(zip(self._model.names, map(float, row))) for row in table]

    def _untrained(self) -> Leaves:
        return Leaves(self._config["meaning"], self._config["alpha"], self._config["sharpness"])


def intent_ranking(leaves: Dict[Text, float]) -> List[Dict[Text, Any]]:
    """The intents by likelihood, the likeliest first: as likely as its likeliest leaf is each."""
    intents: Dict[Text, float] = {}
    for leaf, probability in leaves.items():
        name = leaf.split("/")[0]
        intents[name] = max(intents.get(name, 0.0), probability)
    total = sum(intents.values())
    return [
        {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: probability / total}
        for name, probability in sorted(intents.items(), key=lambda kv: -kv[1])
    ]


def selected_leaves(leaves: Dict[Text, float]) -> Dict[Text, Any]:
    """Per retrieval intent (`factor`, `crisis`) its leaves by likelihood."""
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
    return selector
