"""What a draft changes, in words: sentences, rules and examples, not lines of a file."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.stories.reading import Piece, Unreadable, compose, say
from bot.stories.sources import KINDS, example_lines, language_of


@dataclass(frozen=True)
class Change:
    """Something that is new, gone or different.

    Attributes:
        file: where.
        kind: `text`, `buttons`, `rule`, `example` or `line`.
        name: of the response, rule or intent; empty for a line.
        language: of a sentence; empty for the others.
        before: as it was; None for what is new.
        after: as it is now; None for what is gone.
    """

    file: str
    kind: str
    name: str
    language: str
    before: str | None
    after: str | None

    def told(self, language: str) -> str:
        """The change as a sentence."""
        how = "new" if self.before is None else "gone" if self.after is None else "changed"
        name = f"{self.name} ({self.language})" if self.language else self.name
        values = {"name": name, "before": self.before or "", "after": self.after or ""}
        return f"{self.file}: {say(f'{self.kind}_{how}', language, **values)}"


# Kind, name, and the language of a sentence or the words of an example.
type Key = tuple[str, str, str]


def changes(files: Mapping[str, tuple[bytes | None, bytes | None]]) -> list[Change]:
    """What differs, file by file.

    Args:
        files: by path, before and after; None where there is no file.
    """
    return [one for name, (before, after) in files.items() for one in _of(name, before, after)]


def _of(file: str, before: bytes | None, after: bytes | None) -> Iterator[Change]:
    try:
        old, new = _units(file, before), _units(file, after)
    except Unreadable:
        old, new = {}, {}
    found = False
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            found = True
            kind, name, language = key
            language = "" if kind == "example" else language
            yield Change(file, kind, name, language, old.get(key), new.get(key))
    if not found:
        yield from _lines(file, before, after)


def _lines(file: str, before: bytes | None, after: bytes | None) -> Iterator[Change]:
    old, new = ((text or b"").decode(errors="replace").splitlines() for text in (before, after))
    for line in difflib.ndiff(old, new):
        if line.startswith("- ") and line[2:].strip():
            yield Change(file, "line", "", "", line[2:].strip(), None)
        elif line.startswith("+ ") and line[2:].strip():
            yield Change(file, "line", "", "", None, line[2:].strip())


def _units(file: str, text: bytes | None) -> dict[Key, str]:
    """What a file says, piece by piece; empty for one that holds something else."""
    if text is None:
        return {}
    piece = compose(file, text.decode())
    return dict([*_sentences(piece), *_rules(piece), *_examples(piece)])


def _sentences(file: Piece) -> Iterator[tuple[Key, str]]:
    for name, variations in file.get("responses").items():
        counted: dict[str, int] = {}
        for variation in variations.each():
            language = language_of(variation) or "fi"
            counted[language] = counted.get(language, 0) + 1
            nth = f"{language} {counted[language]}" if counted[language] > 1 else language
            yield ("text", name.text, nth), variation.get("text").text
            titles = [button.get("title").text for button in variation.get("buttons").each()]
            if titles:
                yield ("buttons", name.text, nth), ", ".join(f"[{title}]" for title in titles)


def _rules(file: Piece) -> Iterator[tuple[Key, str]]:
    for part, kind in KINDS.items():
        for story in file.get(part).each():
            steps = [
                _step(step) for where in ("condition", "steps") for step in story.get(where).each()
            ]
            yield ("rule", story.get(kind).text, ""), " → ".join(filter(None, steps))


def _step(step: Piece) -> str:
    alternatives = list(step.get("or").each())
    if alternatives:
        return " / ".join(map(_step, alternatives))
    slots = step.get("slot_was_set")
    for one in slots.each():
        return ", ".join(f"{key.text} = {value.text}" for key, value in one.items())
    said = step.get("user").text
    return f"”{said}”" if said else next((value.text for _, value in step.items()), "")


def _examples(file: Piece) -> Iterator[tuple[Key, str]]:
    for intent in file.get("nlu").each():
        name = intent.get("intent").text
        for line in example_lines(intent.get("examples")):
            text = line.text.removeprefix("-").strip()
            yield ("example", name, text), text
