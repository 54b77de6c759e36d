"""When something is wished for, as entities, read from the words that staff edit."""

from pathlib import Path
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.activities.wished_times import TimeWords


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class TimeExtractor(EntityExtractorMixin, GraphComponent):
    """Adds the entity `time`: "lauantai-iltana" has two, with the values `saturday`, `evening`."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`words`: the file, relative to where Rasa is started."""
        return {"words": "bot/knowledge/times.yml"}

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Reads the file."""
        self._words = TimeWords.load(Path(config["words"]))

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TimeExtractor":
        """Made by Rasa's graph."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the entities to those that each message has."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = self.add_extractor_name(
                    [
                        {
                            ENTITY_ATTRIBUTE_TYPE: "time",
                            ENTITY_ATTRIBUTE_VALUE: key,
                            ENTITY_ATTRIBUTE_START: start,
                            ENTITY_ATTRIBUTE_END: end,
                        }
                        for key, start, end in self._words.find(text)
                    ]
                )
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
