"""What is said to somebody in danger can't be lost by a slip: answers, numbers, ways to a human."""

from collections.abc import Iterator

from bot.safety.screening import KINDS
from bot.stories.reading import Name, Piece, Problem
from bot.stories.sources import Sources, braces, language_of

FIRST_ANSWERS = (*(f"utter_crisis_{kind}" for kind in KINDS), "utter_crisis_friend")
LATER_ANSWERS = tuple(
    f"utter_crisis_{name}"
    for name in ("concern", "waiting", "still", "stay", "unclear", "cannot_call", "unsafe", "safe")
)
LANGUAGES = ("fi", "en", "sv", "ru", "uk", "ar")
BUTTONS = ("!safe", "!unsafe", "!human")
EMERGENCY = "112"
FILE = "stories/wording/crisis.yml"


def check_crisis_answers(sources: Sources) -> Iterator[Problem]:
    """Each answer is there, names the helplines, offers a human, and doesn't shout."""
    written = {name.text: (name, variations) for name, variations in sources.responses}
    for one in (*FIRST_ANSWERS, *LATER_ANSWERS):
        if one not in written:
            yield Name(one, FILE, 1).problem("crisis_answer_gone", name=one)
            continue
        name, variations = written[one]
        yield from _guarded(name, variations)
    for name, variation in sources.variations:
        if name.text.startswith("utter_crisis_") and "!" in variation.get("text").text:
            yield variation.problem("crisis_shouts", name=name.text)


def _guarded(name: Name, variations: Piece) -> Iterator[Problem]:
    is_first = name.text in FIRST_ANSWERS
    found = {language_of(variation) or "fi" for variation in variations.each()}
    if is_first:
        for language in LANGUAGES:
            if language not in found:
                yield name.problem("crisis_language", name=name.text, language=language)
    for variation in variations.each():
        if "helplines" not in braces(variation.get("text")):
            yield variation.problem("crisis_without_helplines", name=name.text)
        offered = {button.get("payload").text for button in variation.get("buttons").each()}
        for payload in BUTTONS if is_first else ("!human",):
            if payload not in offered:
                yield variation.problem("crisis_button", name=name.text, payload=payload)


def check_helplines(sources: Sources) -> Iterator[Problem]:
    """In any danger, in any language, there is 112 and a line that always answers."""
    lines = sources.helplines.get("helplines")
    top = next((key for key, _ in sources.helplines.items()), sources.helplines)
    for kind in KINDS:
        for language in LANGUAGES:
            fitting = [
                line
                for line in lines.each()
                if _has(line, "kinds", kind) and _has(line, "offered_to", language)
            ]
            if not any(_is_emergency(line) for line in fitting):
                at = next((one for one in lines.each() if one.get("emergency").text), top)
                yield at.problem("helpline_emergency", kind=kind, language=language)
            if not any(line.get("hours").text == "always" for line in fitting):
                yield top.problem("helpline_always", kind=kind, language=language)
    for line in lines.each():
        if not line.get("number").text.strip():
            yield line.problem("helpline_number", id=line.get("id").text)


def _has(line: Piece, field: str, value: str) -> bool:
    return value in {one.text for one in line.get(field).each()}


def _is_emergency(line: Piece) -> bool:
    return line.get("emergency").text == "true" and line.get("number").text == EMERGENCY


def check_crisis_is_taught(sources: Sources) -> Iterator[Problem]:
    """Each kind of danger has examples, for the second look at a message."""
    taught = {name.text for name, _ in sources.examples}
    for kind in KINDS:
        if f"crisis/{kind}" not in taught:
            yield Name(kind, "nlu/crisis.yml", 1).problem("crisis_untaught", kind=kind)


CHECKS = (check_crisis_answers, check_helplines, check_crisis_is_taught)
