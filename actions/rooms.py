"""What the actions work with."""

from dataclasses import dataclass, field
from pathlib import Path

from bot.activities.asking import AskingWords
from bot.activities.places import Gazetteer
from bot.activities.points import Points
from bot.dialogue.wording import Phrases
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.handoff.duty import Hours
from bot.opening import open_store
from bot.reading import read_mapping
from bot.safety.helplines import Helplines
from bot.settings import Settings
from bot.store.engine import Store

KNOWLEDGE = Path(__file__).resolve().parent.parent / "bot" / "knowledge"


@dataclass
class Rooms:
    """The database, the catalogues, and the locations that residents sent for one search."""

    store: Store
    factors: FactorCatalogue
    interests: InterestCatalogue
    gazetteer: Gazetteer
    phrases: Phrases
    when_words: dict[str, object]
    languages: dict[str, list[str]]
    asking: AskingWords
    hours: Hours
    helplines: Helplines
    tracker_database: Path
    points: Points = field(default_factory=Points)

    @classmethod
    def open(cls, settings: Settings) -> "Rooms":
        """Opens the database and reads the catalogues.

        Raises:
            KnowledgeError: a catalogue can't be used.
            SettingsError: the keys can't be used.
        """
        knowledge = settings.knowledge
        return cls(
            store=open_store(settings),
            factors=FactorCatalogue.load(knowledge / "factors.yml"),
            interests=InterestCatalogue.load(knowledge / "interests.yml"),
            gazetteer=Gazetteer.load(
                knowledge / "municipalities.csv", knowledge / "localities.csv"
            ),
            phrases=Phrases.load(knowledge / "phrases.yml"),
            when_words=read_mapping(knowledge / "when.yml"),
            languages=read_mapping(knowledge / "languages.yml"),
            tracker_database=settings.tracker_database,
            helplines=Helplines.load(knowledge / "helplines.yml"),
            hours=Hours.load(knowledge / "moderator_hours.yml"),
            asking=AskingWords.load(knowledge / "asking.yml", knowledge / "times.yml"),
        )
