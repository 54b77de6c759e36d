"""What the bot says: both languages, length, braces, buttons, and whether it is said at all."""

import re
from collections.abc import Iterator

from bot.stories.reading import Problem
from bot.stories.sources import Sources, braces, differing, intent_of, language_of

LONGEST = 4096  # UTF-16 code units in one Telegram message
PAYLOAD = 64  # bytes that Telegram takes as a button's data
TITLE = 64  # characters that are read on a button at all
RESPONSE = re.compile(r"utter_\w+")
# Buttons in the moderators' group bear plain names.
FOR_MODERATORS = "stories/wording/moderators.yml"
SPOKEN = {"fi", "en"}
# In danger people are answered in their own language, too: checks/crisis.py.
SPOKEN_IN_DANGER = SPOKEN | {"sv", "ru", "uk", "ar"}


def check_languages(sources: Sources) -> Iterator[Problem]:
    """A response stands in Finnish, without a condition, and in English."""
    for name, variations in sources.responses:
        found = list(variations.each())
        if found and all(variation.has("condition") for variation in found):
            yield name.problem("no_finnish", name=name.text)
        if found and not any(language_of(variation) == "en" for variation in found):
            yield name.problem("no_english", name=name.text)


def check_conditions(sources: Sources) -> Iterator[Problem]:
    """A variation's condition can come true: there is such a slot, and the bot speaks it."""
    slots = sources.named("slots")
    for name, variation in sources.variations:
        is_crisis = name.text.startswith("utter_crisis_")
        for condition in variation.get("condition").each():
            slot, value = condition.get("name").name, condition.get("value").name
            if slot.text not in slots:
                yield slot.problem("condition_slot", name=name.text, slot=slot.text)
            spoken = SPOKEN_IN_DANGER if is_crisis else SPOKEN
            if slot.text == "language" and value.text not in spoken:
                yield value.problem(
                    "condition_language",
                    name=name.text,
                    value=value.text,
                    known=", ".join(sorted(spoken)),
                )


def check_texts(sources: Sources) -> Iterator[Problem]:
    """A text is there, is not too long, and has the same braces in every language."""
    for name, variations in sources.responses:
        wanted: set[str] | None = None
        for variation in variations.each():
            text = variation.get("text").text
            if not text.strip():
                yield variation.problem("no_text", name=name.text)
            length = len(text.encode("utf-16-le")) // 2
            if length > LONGEST:
                yield variation.problem("too_long", name=name.text, length=length, most=LONGEST)
            found = braces(variation)
            wanted = found if wanted is None else wanted
            if found != wanted:
                names = differing(found, wanted)
                yield variation.problem("braces_differ", name=name.text, names=names)


def check_braces_are_filled(sources: Sources) -> Iterator[Problem]:
    """What stands in braces is given by the code; where Rasa says it alone, by a slot."""
    slots = sources.domain.get("slots")
    given = sources.code.keywords | {name.text for name in sources.code.literals}
    by_rasa = {name.text for name in (*sources.said_in_steps, *sources.asked_by_forms())}
    for name, variation in sources.variations:
        for one in sorted(braces(variation)):
            if name.text in by_rasa:
                if not slots.get(one).get("initial_value").text:
                    yield variation.problem("brace_may_be_empty", name=name.text, brace=one)
            elif one not in given and not slots.has(one):
                yield variation.problem("brace_unfilled", name=name.text, brace=one)


def check_buttons(sources: Sources) -> Iterator[Problem]:
    """A button has words on it, does something, means an intent that there is, and fits."""
    intents = sources.named("intents")
    for name, button in sources.buttons:
        title, payload = button.get("title").text, button.get("payload").text
        if not title.strip():
            yield button.problem("button_without_words", name=name.text)
        if len(title) > TITLE:
            yield button.problem("button_too_wordy", name=name.text, length=len(title), most=TITLE)
        if not payload.strip():
            yield button.problem("button_does_nothing", name=name.text)
        elif not payload.startswith(("/", "!", "url:")) and button.file != FOR_MODERATORS:
            yield button.problem("button_payload", name=name.text, payload=payload)
        size = len(payload.encode())
        if size > PAYLOAD:
            yield button.problem("button_too_long", name=name.text, size=size, most=PAYLOAD)
        intent = intent_of(payload)
        if intent and intent not in intents:
            yield button.problem("button_intent", name=name.text, intent=intent)


def check_responses_are_said(sources: Sources) -> Iterator[Problem]:
    """A response that is named has words, and what has words is named somewhere."""
    written = {name.text for name, _ in sources.responses}
    mentions = [
        *sources.said_in_steps,
        *(name for name in sources.code.literals if RESPONSE.fullmatch(name.text)),
        *sources.asked_by_forms(),
    ]
    for name in mentions:
        if not any(name.fits(one) for one in written):
            yield name.problem("no_words", name=f"{name.text}{'…' * name.is_open}")
    for name, _ in sources.responses:
        if not RESPONSE.fullmatch(name.text):
            yield name.problem("no_response_name", name=name.text)
        elif not any(mention.fits(name.text) for mention in mentions):
            yield name.problem("never_said", name=name.text)


CHECKS = (
    check_languages,
    check_conditions,
    check_texts,
    check_braces_are_filled,
    check_buttons,
    check_responses_are_said,
)
