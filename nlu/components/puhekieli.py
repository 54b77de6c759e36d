"""Puhekieli, dialect and dropped umlauts, read as standard Finnish.

The sentence model was taught on written language: of "mie oon nii ykssii" it understands little.
So before it sees a message, spoken words are changed for standard ones (`puhekieli.yml`), and
words typed without umlauts get them back ("aiti" → "äiti"), as far as the training examples know
the word. Only the understanding reads this; entities are found in the text as it was typed.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.reading import read_mapping, words

# The attribute of a message that holds what is read here.
STANDARD = "standard_text"

WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
# Shorter words without umlauts are too often words of their own: maa, mää; sa, sä.
UMLAUTS_FROM = 4


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class Puhekieli(GraphComponent):
    """Gives each message a second text: lower case, in standard Finnish as far as known."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`words`: the file of spoken words, relative to where Rasa is started."""
        return {"words": "bot/knowledge/puhekieli.yml"}

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Makes Rasa train anew when the words have changed."""
        # Where Rasa takes the result from its cache, it asks without our config.
        words_file = config.get("words")
        return Path(words_file).read_text(encoding="utf-8") if words_file else None

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        umlauts: Optional[Dict[Text, Text]] = None,
    ) -> None:
        """Reads the words; `umlauts` are what was learned in training."""
        path = Path(config["words"])
        self._words = {
            spoken: standard.lower()
            for standard, all_spoken in read_mapping(path).items()
            for spoken in words(all_spoken, f"{path.name}: {standard}")
        }
        self._storage = model_storage
        self._resource = resource
        self._umlauts = umlauts or {}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Puhekieli":
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
    ) -> "Puhekieli":
        """Made by Rasa's graph from a trained model."""
        with model_storage.read_from(resource) as folder:
            umlauts = json.loads((folder / "umlauts.json").read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, umlauts)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns how words typed without umlauts are written, and keeps it."""
        self.learn([example.get(TEXT, "") for example in training_data.intent_examples])
        with self._storage.write_to(self._resource) as folder:
            learned = json.dumps(self._umlauts, ensure_ascii=False)
            (folder / "umlauts.json").write_text(learned, encoding="utf-8")
        return self._resource

    def learn(self, texts: List[Text]) -> None:
        """Words typed without umlauts will be read as these texts write them most."""
        seen = Counter(list(self._words))
        seen.update(word for text in texts for word in WORD.findall(text.lower()))
        best: Dict[Text, Text] = {}
        for word in sorted(seen, key=lambda word: (seen[word], word != without_umlauts(word))):
            best[without_umlauts(word)] = word
        self._umlauts = {
            plain: word
            for plain, word in best.items()
            if plain != word and len(plain) >= UMLAUTS_FROM
        }

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Gives every training example its second text."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Gives each message that has a text its second one."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                message.set(STANDARD, self.read(text))
        return messages

    def read(self, text: Text) -> Text:
        """The text in lower case and standard Finnish."""
        return WORD.sub(self._standard, text.lower())

    def _standard(self, found: "re.Match[Text]") -> Text:
        word = self._umlauts.get(found.group(), found.group())
        return self._words.get(word, word)


def without_umlauts(text: Text) -> Text:
    """As many people type: ä and å as a, ö as o. Takes lower case."""
    return text.translate(str.maketrans("äöå", "aoa"))
