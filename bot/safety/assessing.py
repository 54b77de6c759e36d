"""One assessment of a message out of everything that looks at it: patterns, likeness, intent."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

from bot.errors import KnowledgeError
from bot.safety.learning import learnt
from bot.safety.screening import KINDS, Assessment, CrisisScreen, Kind, Reply
from bot.safety.second_look import SecondLook


@dataclass(frozen=True, slots=True)
class Assessor:
    """Weighs messages. Patterns come first; what they don't know is looked at by its likeness.

    Likeness is taken of what is left once harmless phrases, denials and what is long past have been
    taken out of the message ("kuolen nauruun", "en aio tappaa itseäni").
    """

    screen: CrisisScreen
    second_look: SecondLook

    # Measured on tests/safety/development_*.tsv: below this it is wrong too often.
    LIKE_DANGER: ClassVar[float] = 0.86
    # Rasa's intent counts when it is this sure itself, and likeness does not speak against it.
    SURE_INTENT: ClassVar[float] = 0.5
    NOT_UNLIKE: ClassVar[float] = 0.3

    @classmethod
    def load(cls, knowledge: Path, ordinary: Path, models: Path) -> "Assessor":
        """Reads the patterns, and what was learnt from the examples; learns it if need be.

        Args:
            knowledge: the folder `bot/knowledge`.
            ordinary: the folder `nlu`, whose examples show what is said without danger.
            models: where is kept what was learnt.

        Raises:
            KnowledgeError: a file can't be read or used.
            SetupError: what danger sounds like could not be learnt.
        """
        screen = CrisisScreen.load(knowledge / "crisis_patterns.yml")
        file = learnt(knowledge, ordinary, models)
        try:
            return cls(screen, SecondLook.read(file))
        except KnowledgeError:  # it is damaged
            return cls(screen, SecondLook.read(learnt(knowledge, ordinary, models, anew=True)))

    def assess(self, text: str) -> Assessment | None:
        """Weighs one message. None means that nothing in it sounded like danger."""
        found = self.screen.assess(text)
        if found:
            return found
        left = self.screen.without_harmless(text)
        likeness = self.second_look.look(left)
        if not left or self.screen.is_over(text) or likeness.sureness < self.LIKE_DANGER:
            return None
        return Assessment(likeness.kind, "concern", ("likeness",), likeness.about)

    def weigh_intent(self, text: str, leaf: str | None, confidence: float) -> Assessment | None:
        """Weighs what Rasa took a message for that `assess` let pass.

        Args:
            text: the message.
            leaf: the intent, such as `crisis/suicide`.
            confidence: how sure Rasa is of it, 0 to 1.
        """
        room, _, kind = (leaf or "").partition("/")
        if room != "crisis" or confidence < self.SURE_INTENT or kind not in KINDS:
            return None
        left = self.screen.without_harmless(text)
        if not left or self.second_look.look(left).sureness < self.NOT_UNLIKE:
            return None
        return Assessment(cast("Kind", kind), "concern", ("intent",), "self")

    def is_safe(self, text: str) -> bool:
        """Whether the writer says to be safe. Ask only after an alarm."""
        return self.screen.is_safe(text)

    def reply(self, text: str) -> Reply | None:
        """What the writer answers to the questions of an alarm. Ask only after one."""
        return self.screen.reply(text)

    def says_young(self, text: str) -> bool:
        """Whether the writer says to be under 18."""
        return self.screen.says_young(text)
