"""What Rasa says when it can't train on stories, brought back to file and line."""

import re
from collections.abc import Iterator

from bot.stories.reading import Name, Problem, told
from bot.stories.sources import Sources

CONTRADICTION = re.compile(
    r"the prediction of the action '(?P<action>[^']+)' in (?:rule|story) '(?P<title>.+?)'"
    r"(?: and story '.+?')* is contradicting with (?:rule|story)\(?s?\)? '(?P<other>.+?)'"
    r".*? which predicted action '(?P<other_action>[^']+)'",
    re.DOTALL,
)
INCOMPLETE = re.compile(
    r"the action '(?P<action>[^']+)' in rule '(?P<title>.+?)' does not set", re.DOTALL
)


def problems_in(output: str, sources: Sources) -> list[Problem]:
    """The contradictions and half rules that Rasa names in its output; empty when it names none."""
    return [*_contradictions(output, sources), *_incomplete(output, sources)]


def _contradictions(output: str, sources: Sources) -> Iterator[Problem]:
    for found in CONTRADICTION.finditer(output):
        place = _place(found["title"], sources)
        there = _place(found["other"], sources)
        values = {
            **found.groupdict(),
            "there": f"{there.file}:{there.line}",
            "after": "…",
        }
        yield Problem(place.file, place.line, "contradiction", told(values))


def _incomplete(output: str, sources: Sources) -> Iterator[Problem]:
    for found in INCOMPLETE.finditer(output):
        place = _place(found["title"], sources)
        yield Problem(place.file, place.line, "incomplete_rule", told(found.groupdict()))


def _place(title: str, sources: Sources) -> Name:
    nowhere = Name(title, "stories", 1)
    return next((name for name, _ in sources.titles if name.text == title), nowhere)
