"""Places and interests as entities, read from the tables that staff edit."""

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

from bot.activities.places import Gazetteer
from bot.factors.interests import InterestCatalogue

Entity = Dict[Text, Any]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceAndInterestExtractor(EntityExtractorMixin, GraphComponent):
    """Adds the entities `municipality` and `interest`.

    A municipality's value is its own name, whatever its form in the text or the locality in it
    that was named. Where only words are found that may well mean something else ("hallissa"), the
    entity is `ambiguous_municipality`. An interest's value is its key in `interests.yml`; it spans
    the whole text.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The files, relative to where Rasa is started."""
        return {
            "municipalities": "bot/knowledge/municipalities.csv",
            "localities": "bot/knowledge/localities.csv",
            "interests": "bot/knowledge/interests.yml",
        }

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Reads the files."""
        self._gazetteer = Gazetteer.load(Path(config["municipalities"]), Path(config["localities"]))
        self._interests = InterestCatalogue.load(Path(config["interests"]))

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "PlaceAndInterestExtractor":
        """Made by Rasa's graph."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the entities to those that each message has."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = self.add_extractor_name(self._places(text) + self._likes(text))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def _places(self, text: Text) -> List[Entity]:
        mentions = self._gazetteer.find(text)
        certain = [mention for mention in mentions if not mention.ambiguous]
        kind = "municipality" if certain else "ambiguous_municipality"
        named = {}
        for mention in certain or mentions:
            named.setdefault(mention.place.municipality, mention)
        return [_entity(kind, name, mention.start, mention.end) for name, mention in named.items()]

    def _likes(self, text: Text) -> List[Entity]:
        return [_entity("interest", key, 0, len(text)) for key in self._interests.find(text)]


def _entity(kind: Text, value: Text, start: int, end: int) -> Entity:
    return {
        ENTITY_ATTRIBUTE_TYPE: kind,
        ENTITY_ATTRIBUTE_VALUE: value,
        ENTITY_ATTRIBUTE_START: start,
        ENTITY_ATTRIBUTE_END: end,
    }
