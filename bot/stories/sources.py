"""Everything that is checked, read from a folder and looked at by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.dialogue.wording import PLACEHOLDER
from bot.stories.reading import Code, Name, Piece, Problem, Unreadable, read

KINDS = {"stories": "story", "rules": "rule"}
# What staff edit, as patterns from the folder; a draft holds these files.
WORDING = "stories/wording/*.yml"
STORIES = "stories/**/*.yml"
NLU = "nlu/*.yml"
DOMAIN = "domain.yml"
PHRASES = "bot/knowledge/phrases.yml"
FACTORS = "bot/knowledge/factors.yml"
HELPLINES = "bot/knowledge/helplines.yml"


@dataclass(frozen=True)
class Sources:
    """The files, and the code that says what they hold.

    Attributes:
        root: the folder of the files.
        stories: rules, stories and wording; `wording` is a part of them.
        code: the literals of `actions/` and `bot/`.
    """

    root: Path
    wording: list[Piece]
    stories: list[Piece]
    nlu: list[Piece]
    domain: Piece
    phrases: Piece
    factors: Piece
    helplines: Piece
    code: Code

    @classmethod
    def read(cls, root: Path, code: Path, instead: Mapping[str, str] | None = None) -> "Sources":
        """Reads them.

        Args:
            root: the folder of what staff edit.
            code: the folder that has `actions/` and `bot/`.
            instead: texts that are not saved yet, by path.

        Raises:
            Unreadable: some can't be read; carries a problem for each.
        """
        problems: list[Problem] = []

        def files(pattern: str) -> list[Piece]:
            try:
                return read(root, pattern, instead=instead)
            except Unreadable as error:
                problems.extend(error.problems)
                return []

        wording, stories, nlu = files(WORDING), files(STORIES), files(NLU)
        single = [files(one) for one in (DOMAIN, PHRASES, FACTORS, HELPLINES)]
        if problems:
            raise Unreadable(*dict.fromkeys(problems))
        domain, phrases, factors, helplines = (found[0] for found in single)
        literals = Code.read(code, ("actions", "bot"), but="bot/stories")
        return cls(root, wording, stories, nlu, domain, phrases, factors, helplines, literals)

    @property
    def files(self) -> list[Piece]:
        """Each file once."""
        return [*self.stories, *self.nlu, self.domain, self.phrases, self.factors, self.helplines]

    @cached_property
    def responses(self) -> list[tuple[Name, Piece]]:
        """Each response's name and its variations."""
        return [
            (name.name, variations)
            for file in self.wording
            for name, variations in file.get("responses").items()
        ]

    @cached_property
    def variations(self) -> list[tuple[Name, Piece]]:
        """Each variation with the name of its response."""
        return [(name, one) for name, variations in self.responses for one in variations.each()]

    @cached_property
    def titles(self) -> list[tuple[Name, Piece]]:
        """Each story's and rule's name, and the whole of it."""
        return [
            (story.get(KINDS[part.text]).name, story)
            for file in self.stories
            for part, stories in file.items()
            if part.text in KINDS
            for story in stories.each()
        ]

    @cached_property
    def steps(self) -> list[Piece]:
        """Every condition and step of every story and rule; of alternatives, each one."""
        written = [
            step
            for _, story in self.titles
            for part in ("condition", "steps")
            for step in story.get(part).each()
        ]
        return written + [one for step in written for one in step.get("or").each()]

    @cached_property
    def examples(self) -> list[tuple[Name, Piece]]:
        """Each intent that has examples, `factor/shyness` too, and the text of its examples."""
        return [
            (intent.get("intent").name, intent.get("examples"))
            for file in self.nlu
            for intent in file.get("nlu").each()
            if intent.has("intent")
        ]

    @cached_property
    def buttons(self) -> list[tuple[Name, Piece]]:
        """Each button with the name of its response."""
        return [
            (name, button)
            for name, variation in self.variations
            for button in variation.get("buttons").each()
        ]

    @property
    def said_in_steps(self) -> list[Name]:
        """The responses that stories and rules say."""
        actions = (step.get("action").name for step in self.steps)
        return [name for name in actions if name.text.startswith("utter_")]

    def named(self, *path: str) -> set[str]:
        """The names that a part of `domain.yml` lists."""
        part = self.domain.get(*path)
        return {one.name.text for one in part.each()} | {key.text for key, _ in part.items()}

    def asked_by_forms(self) -> Iterator[Name]:
        """What Rasa says to ask for a form's slot, where no action asks."""
        actions = self.named("actions")
        written = {name.text for name, _ in self.responses}
        for form, fields in self.domain.get("forms").items():
            for slot in fields.get("required_slots").each():
                asking = (f"ask_{form.text}_{slot.text}", f"ask_{slot.text}")
                if not any(f"action_{ask}" in actions for ask in asking):
                    said = [f"utter_{ask}" for ask in asking]
                    name = next((one for one in said if one in written), said[0])
                    yield Name(name, slot.file, slot.line)


def language_of(variation: Piece) -> str:
    """The language that a variation has for its condition; empty for Finnish, which has none."""
    for condition in variation.get("condition").each():
        if condition.get("name").text == "language":
            return condition.get("value").text
    return ""


def braces(piece: Piece) -> set[str]:
    """The placeholders in a piece and below it."""
    below = [*piece.each(), *(value for _, value in piece.items())]
    own = {found[1] for found in PLACEHOLDER.finditer(piece.text) if found[1]}
    return own.union(*(braces(part) for part in below))


def differing(found: set[str], wanted: set[str]) -> str:
    """The placeholders that only one of the two has, as they are written."""
    return ", ".join(f"{{{name}}}" for name in sorted(found ^ wanted))


def intent_of(payload: str) -> str:
    """The intent of a payload: of `/affirm{…}`, `affirm`."""
    return payload[1:].partition("{")[0] if payload.startswith("/") else ""


def example_lines(block: Piece) -> Iterator[Name]:
    """The lines in a block of examples, as they are written; empty ones and comments left out."""
    for number, line in enumerate(block.text.split("\n"), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield Name(text, block.file, block.line + number)
