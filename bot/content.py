"""What staff edit, as the running app holds it: read once, and replaced where it stands.

Many rooms hold the same catalogue. When a version is published they must all have the new one at
the same moment: so the objects stay, and what is in them changes, without a wait in between.
"""

from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from bot.activities.asking import AskingWords
from bot.dialogue.wording import Phrases, Wording
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.reading import read_mapping
from bot.safety.assessing import Assessor
from bot.safety.helplines import Helplines


@dataclass(frozen=True)
class Content:
    """Everything of a version that the app reads itself."""

    wording: Wording
    phrases: Phrases
    factors: FactorCatalogue
    interests: InterestCatalogue
    asking: AskingWords
    helplines: Helplines
    assessor: Assessor
    when_words: dict[str, Any]
    languages: dict[str, Any]

    @classmethod
    def load(cls, folder: Path, models: Path) -> "Content":
        """Reads it. Takes a second or two.

        Args:
            folder: of what staff edit.
            models: where what was learnt is kept.

        Raises:
            KnowledgeError: something can't be used; says file and cause.
        """
        knowledge = folder / "bot" / "knowledge"
        return cls(
            wording=Wording.load(folder / "stories" / "wording"),
            phrases=Phrases.load(knowledge / "phrases.yml"),
            factors=FactorCatalogue.load(knowledge / "factors.yml"),
            interests=InterestCatalogue.load(knowledge / "interests.yml"),
            asking=AskingWords.load(knowledge / "asking.yml", knowledge / "times.yml"),
            helplines=Helplines.load(knowledge / "helplines.yml"),
            assessor=Assessor.load(knowledge, folder / "nlu", models),
            when_words=read_mapping(knowledge / "when.yml"),
            languages=read_mapping(knowledge / "languages.yml"),
        )

    def take(self, other: "Content") -> None:
        """Becomes another one, in all who hold a part of it."""
        for field in fields(self):
            become(getattr(self, field.name), getattr(other, field.name))


def become(old: Any, new: Any) -> None:
    """Makes an object like another one of its class, frozen or not."""
    if isinstance(old, dict):
        old.clear()
        old.update(new)
        return
    if hasattr(old, "__dict__"):
        vars(old).clear()  # what was worked out and kept goes, too
        vars(old).update(vars(new))
    elif is_dataclass(old):
        for field in fields(old):
            object.__setattr__(old, field.name, getattr(new, field.name))
