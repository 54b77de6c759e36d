"""The rules that what staff edit must keep, each a function that finds what breaks it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.dialogue.wording import PLACEHOLDER
from bot.safety.normalise import normalise
from bot.stories.reading import Code, Name, Piece, Problem, Unreadable, read

LANGUAGES = {"fi": "Finnish", "en": "English"}
LONGEST = 4096  # UTF-16 code units in one Telegram message
KINDS = {"stories": "story", "rules": "rule"}
OF_RASA = {
    "action_back",
    "action_deactivate_loop",
    "action_default_fallback",
    "action_listen",
    "action_restart",
    "action_session_start",
}
ENTITY = re.compile(r"\[([^\]]+)\](?:\{[^}]*\}|\([^)]*\))")
RESPONSE = re.compile(r"utter_\w+")


@dataclass(frozen=True)
class Sources:
    """Everything that is checked."""

    wording: list[Piece]
    stories: list[Piece]
    nlu: list[Piece]
    domain: Piece
    phrases: Piece
    factors: Piece
    code: Code

    @cached_property
    def responses(self) -> list[tuple[Name, Piece]]:
        """Each response's name and its variations."""
        return [
            (name.name, variations)
            for file in self.wording
            for name, variations in file.get("responses").items()
        ]

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
            for name, variations in self.responses
            for variation in variations.each()
            for button in variation.get("buttons").each()
        ]

    def named(self, *path: str) -> set[str]:
        """The names that a part of `domain.yml` lists."""
        part = self.domain.get(*path)
        return {one.name.text for one in part.each()} | {key.text for key, _ in part.items()}


def check(root: Path) -> list[Problem]:
    """Everything to mend below a project's folder, by file and line; empty when all is well."""
    try:
        sources = Sources(
            wording=read(root, "stories/wording/*.yml"),
            stories=read(root, "stories/**/*.yml"),
            nlu=read(root, "nlu/**/*.yml"),
            domain=read(root, "domain.yml")[0],
            phrases=read(root, "bot/knowledge/phrases.yml")[0],
            factors=read(root, "bot/knowledge/factors.yml")[0],
            code=Code.read(root, ("actions", "bot")),
        )
    except Unreadable as error:
        return [error.problem]
    rules = (
        check_languages,
        check_texts,
        check_buttons,
        check_responses_are_said,
        check_names_are_single,
        check_steps,
        check_examples,
        check_factors,
        check_actions,
        check_phrases,
    )
    found = {problem for rule in rules for problem in rule(sources)}
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.what))


def check_languages(sources: Sources) -> Iterator[Problem]:
    """A response stands in Finnish, without a condition, and in English."""
    for name, variations in sources.responses:
        if all(variation.has("condition") for variation in variations.each()):
            yield name.problem(
                f"{name.text} has no Finnish text.", "Add a variation without a condition."
            )
        if not any(_language(variation) == "en" for variation in variations.each()):
            yield name.problem(
                f"{name.text} has no English text.",
                "Add a variation with the condition language: en.",
            )


def check_texts(sources: Sources) -> Iterator[Problem]:
    """A text is there, is not too long, and has the same braces in every language."""
    for name, variations in sources.responses:
        wanted: set[str] | None = None
        for variation in variations.each():
            text = variation.get("text").text
            if not text.strip():
                yield variation.problem(
                    f"{name.text} has a variation without text.", "Write one, or take it out."
                )
            length = len(text.encode("utf-16-le")) // 2
            if length > LONGEST:
                yield variation.problem(
                    f"{name.text} is {length} characters long; Telegram takes {LONGEST}.",
                    "Make it shorter.",
                )
            braces = _braces(variation)
            wanted = braces if wanted is None else wanted
            if braces != wanted:
                yield variation.problem(
                    f"{name.text} has not the same braces as its first variation: "
                    f"{_differing(braces, wanted)}.",
                    "Keep them in every language.",
                )


def check_buttons(sources: Sources) -> Iterator[Problem]:
    """A button has words on it, does something, and means an intent that there is."""
    intents = sources.named("intents")
    for name, button in sources.buttons:
        payload = button.get("payload").text
        if not button.get("title").text.strip():
            yield button.problem(f"{name.text} has a button without words.", "Give it a title.")
        if not payload.strip():
            yield button.problem(
                f"{name.text} has a button that does nothing.", "Give it a payload."
            )
        intent = _intent_of(payload)
        if intent and intent not in intents:
            yield button.problem(
                f"{name.text} has a button for {intent}, which is no intent in domain.yml.",
                "Use one that is.",
            )


def check_responses_are_said(sources: Sources) -> Iterator[Problem]:
    """A response that is named has words, and what has words is named somewhere."""
    written = {name.text for name, _ in sources.responses}
    mentions = [
        *(name for name in _said_in_steps(sources)),
        *(name for name in sources.code.literals if _is_response(name)),
        *_asked_by_forms(sources, written),
    ]
    for name in mentions:
        if not any(name.fits(one) for one in written):
            yield name.problem(
                f"{name.text}{'…' * name.is_open} has no words.", "Write it in stories/wording/."
            )
    for name, _ in sources.responses:
        if not RESPONSE.fullmatch(name.text):
            yield name.problem(
                f"{name.text} is no name for a response.", "Let it begin with utter_."
            )
        elif not any(mention.fits(name.text) for mention in mentions):
            yield name.problem(f"{name.text} is never said.", "Name it in a rule, or take it out.")


def check_names_are_single(sources: Sources) -> Iterator[Problem]:
    """Two stories or rules don't share a name, and a response is written once."""
    yield from _repeated(name for name, _ in sources.responses)
    yield from _repeated(name for name, _ in sources.titles)
    for name, story in sources.titles:
        if not name.text.strip():
            yield story.problem("This story or rule has no name.", "Give it one.")


def check_steps(sources: Sources) -> Iterator[Problem]:
    """Stories and rules name intents, actions, forms and slots that `domain.yml` has."""
    forms = sources.named("forms")
    known = {
        "intent": sources.named("intents") | {"nlu_fallback"},
        "action": sources.named("actions") | forms | OF_RASA,
        "form": forms | {"null", ""},
        "slot": sources.named("slots") | {"requested_slot"},
    }
    for step in sources.steps:
        slots = step.get("slot_was_set")
        mentions = [
            ("intent", step.get("intent").name),
            ("action", step.get("action").name),
            ("form", step.get("active_loop").name),
            *(("slot", slot.name) for slot in (slots, *slots.each())),
        ]
        for kind, name in mentions:
            base = name.text.partition("/")[0]
            if base and base not in known[kind] and not _is_response(name):
                yield name.problem(
                    f"{name.text} is no {kind} in domain.yml.",
                    "Use one that is, or ask a developer to add it.",
                )


def check_examples(sources: Sources) -> Iterator[Problem]:
    """An intent has examples or a button that means it; no example stands under two intents."""
    intents = sources.named("intents")
    taught = {name.text.partition("/")[0] for name, _ in sources.examples}
    tapped = {_intent_of(button.get("payload").text) for _, button in sources.buttons}
    for one in sources.domain.get("intents").each():
        if one.name.text not in taught | tapped:
            yield one.problem(
                f"{one.name.text} has no examples, and no button means it.",
                "Write examples in nlu/, or give it a button in stories/wording/.",
            )
    first: dict[str, tuple[Name, Name]] = {}
    for intent, block in sources.examples:
        if intent.text.partition("/")[0] not in intents:
            yield intent.problem(
                f"{intent.text} is no intent in domain.yml.",
                "Use one that is, or ask a developer to add it.",
            )
        for example in _lines(block):
            plain = normalise(ENTITY.sub(r"\1", example.text)) or example.text
            other, before = first.setdefault(plain, (intent, example))
            if other.text != intent.text:
                yield example.problem(
                    f"“{example.text}” is an example of {intent.text} here and of {other.text} "
                    f"at {before.file}:{before.line}.",
                    "Keep it under one of them.",
                )


def check_factors(sources: Sources) -> Iterator[Problem]:
    """A factor is in the catalogue and has examples."""
    catalogue = [key.name for key, _ in sources.factors.get("factors").items()]
    taught = [name for name, _ in sources.examples if name.text.startswith("factor/")]
    for name in taught:
        key = name.text.removeprefix("factor/")
        if key not in {factor.text for factor in catalogue}:
            yield name.problem(
                f"There is no factor {key}.", f"Add it to {sources.factors.file}, too."
            )
    for factor in catalogue:
        if f"factor/{factor.text}" not in {name.text for name in taught}:
            yield factor.problem(
                f"The factor {factor.text} has no examples.",
                f"Write some in nlu/ under factor/{factor.text}.",
            )


def check_actions(sources: Sources) -> Iterator[Problem]:
    """The actions in `domain.yml` and those in `actions/` are the same."""
    listed = [one.name for one in sources.domain.get("actions").each()]
    written = [name for name in sources.code.actions if name.text]
    for name in listed:
        if name.text not in {one.text for one in written}:
            yield name.problem(
                f"No action {name.text} is in actions/.", "Write it, or take it out."
            )
    for name in written:
        if name.text not in {one.text for one in listed}:
            yield name.problem(f"{name.text} is not in domain.yml.", "List it under actions.")


def check_phrases(sources: Sources) -> Iterator[Problem]:
    """A phrase stands in both languages and is used; what is used is there."""
    mentions = [name for name in sources.code.literals if "." in name.text]
    written: set[str] = set()
    for section, phrases in sources.phrases.items():
        for key, phrase in phrases.items():
            name = f"{section.text}.{key.text}"
            written.add(name)
            for code, language in LANGUAGES.items():
                if not phrase.get(code).text:
                    yield key.problem(f"{name} has no {language} text.", f"Add {code}.")
            braces, wanted = _braces(phrase.get("en")), _braces(phrase.get("fi"))
            if braces != wanted:
                yield key.problem(
                    f"{name} has not the same braces in both languages: "
                    f"{_differing(braces, wanted)}.",
                    "Keep them in both.",
                )
            if not any(mention.fits(name) for mention in mentions):
                yield key.problem(f"{name} is used nowhere.", "Take it out.")
    for mention in sources.code.phrases:
        if not any(mention.fits(name) for name in written):
            yield mention.problem(
                f"There is no phrase {mention.text}{'…' * mention.is_open}.",
                f"Write it in {sources.phrases.file}.",
            )


def _language(variation: Piece) -> str:
    """The language that a variation has for its condition."""
    for condition in variation.get("condition").each():
        if condition.get("name").text == "language":
            return condition.get("value").text
    return ""


def _braces(piece: Piece) -> set[str]:
    """The placeholders in a piece and below it."""
    below = [*piece.each(), *(value for _, value in piece.items())]
    own = {found[1] for found in PLACEHOLDER.finditer(piece.text) if found[1]}
    return own.union(*(_braces(part) for part in below))


def _differing(braces: set[str], wanted: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(braces ^ wanted))


def _intent_of(payload: str) -> str:
    """The intent of a payload: of `/affirm{…}`, `affirm`."""
    return payload[1:].partition("{")[0] if payload.startswith("/") else ""


def _is_response(name: Name) -> bool:
    return bool(RESPONSE.fullmatch(name.text))


def _said_in_steps(sources: Sources) -> list[Name]:
    actions = (step.get("action").name for step in sources.steps)
    return [name for name in actions if _is_response(name)]


def _asked_by_forms(sources: Sources, written: set[str]) -> Iterator[Name]:
    """What Rasa says to ask for a form's slot, where no action asks."""
    actions = sources.named("actions")
    for form, fields in sources.domain.get("forms").items():
        for slot in fields.get("required_slots").each():
            asking = (f"ask_{form.text}_{slot.text}", f"ask_{slot.text}")
            if not any(f"action_{ask}" in actions for ask in asking):
                said = [f"utter_{ask}" for ask in asking]
                name = next((one for one in said if one in written), said[0])
                yield Name(name, slot.file, slot.line)


def _repeated(names: Iterable[Name]) -> Iterator[Problem]:
    first: dict[str, Name] = {}
    for name in names:
        before = first.setdefault(name.text, name)
        if before is not name:
            yield name.problem(
                f"“{name.text}” is there already, at {before.file}:{before.line}.",
                "Give one of them another name, or take it out.",
            )


def _lines(block: Piece) -> Iterator[Name]:
    """The examples in a block: each line without its dash."""
    for number, line in enumerate(block.text.split("\n"), start=1):
        text = line.strip().removeprefix("-").strip()
        if text:
            yield Name(text, block.file, block.line + number)
