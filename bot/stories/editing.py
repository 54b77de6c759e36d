"""Changes of a file's text at one place; everything else, comments too, stays as it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import SetupError
from bot.stories.reading import Name, Piece, compose
from bot.stories.sources import example_lines, language_of


@dataclass(frozen=True)
class Field:
    """A text that can be edited in place.

    Attributes:
        key: names it within its file: response, variation, and button.
        language: fi, en or another.
        text: as it is.
        line: where it begins.
        shared: it stands at another place, which this one only names (YAML's `*name`).
    """

    key: str
    language: str
    text: str
    line: int
    shared: bool = False


@dataclass(frozen=True)
class Answer:
    """A response with what can be edited in it, language by language."""

    name: str
    line: int
    comment: str
    texts: tuple[Field, ...]
    buttons: tuple[Field, ...]


def answers(file: str, text: str) -> list[Answer]:
    """The responses of a wording file.

    Raises:
        Unreadable: it is no YAML.
    """
    piece, lines = compose(file, text), text.splitlines()
    return [
        Answer(
            name.text,
            name.line,
            _comment(lines, name.line),
            tuple(_texts(name.text, variations)),
            tuple(_buttons(name.text, variations)),
        )
        for name, variations in piece.get("responses").items()
    ]


def _comment(lines: list[str], line: int) -> str:
    """The lines of comment right above a line."""
    found: list[str] = []
    for above in reversed(lines[: line - 1]):
        if not above.strip().startswith("#"):
            break
        found.insert(0, above.strip().lstrip("# "))
    return " ".join(found)


def _texts(name: str, variations: Piece) -> list[Field]:
    return [
        Field(
            f"{name}.{number}", language_of(one) or "fi", one.get("text").text, one.get("text").line
        )
        for number, one in enumerate(variations.each())
    ]


def _buttons(name: str, variations: Piece) -> list[Field]:
    return [
        Field(
            f"{name}.{number}.{place}",
            language_of(one) or "fi",
            button.get("title").text,
            button.line,
            shared=button.line < one.line,
        )
        for number, one in enumerate(variations.each())
        for place, button in enumerate(one.get("buttons").each())
    ]


def with_texts(file: str, text: str, new: Mapping[str, str]) -> str:
    """A wording file with other sentences, by the keys of `answers`.

    Raises:
        Unreadable: it is no YAML.
    """
    places: list[tuple[int, int, str]] = []
    starts = _line_starts(text)
    for name, variations in compose(file, text).get("responses").items():
        for number, one in enumerate(variations.each()):
            scalars = {f"{name.text}.{number}": one.get("text")} | {
                f"{name.text}.{number}.{place}": button.get("title")
                for place, button in enumerate(one.get("buttons").each())
            }
            for key, scalar in scalars.items():
                wanted = new.get(key)
                if wanted is not None and wanted != scalar.text:
                    start, end = scalar.node.start_mark, scalar.node.end_mark
                    begin = starts[start.line] + start.column
                    finish = starts[end.line] + end.column if end.line < len(starts) else len(text)
                    indent = _indent_of(text, starts[start.line]) + 2
                    places.append((begin, finish, _scalar(wanted, indent)))
    for begin, finish, written in sorted(places, reverse=True):
        kept = text[begin:finish]
        tail = kept[len(kept.rstrip()) :]  # a block of lines ends with its newlines
        text = text[:begin] + written + tail + text[finish:]
    return text


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _indent_of(text: str, start: int) -> int:
    """How far the key of the scalar is from the left; `- text:` counts from the t."""
    line = text[start:].partition("\n")[0]
    return len(line) - len(line.lstrip(" -"))


def _scalar(words: str, indent: int) -> str:
    words = words.replace("\r\n", "\n").strip()
    if "\n" not in words:
        return json.dumps(words, ensure_ascii=False)
    lines = (f"{' ' * indent}{line.rstrip()}".rstrip() for line in words.split("\n"))
    return "|-\n" + "\n".join(lines)


def examples(file: str, text: str) -> dict[str, list[str]]:
    """The examples of an `nlu/` file, by intent.

    Raises:
        Unreadable: it is no YAML.
    """
    return {
        intent.get("intent").text: [
            line.text.removeprefix("-").strip() for line in example_lines(intent.get("examples"))
        ]
        for intent in compose(file, text).get("nlu").each()
        if intent.has("intent")
    }


def with_example(file: str, text: str, intent: str, example: str) -> str:
    """The file with one example more, the last one of its intent.

    Raises:
        SetupError: there is no such intent, or the example is empty or there already.
        Unreadable: it is no YAML.
    """
    words = " ".join(example.split()).lstrip("- ")
    lines = _examples_of(file, text, intent)
    if not words:
        raise SetupError("An example has words.")
    if words in {line.text.removeprefix("-").strip() for line in lines}:
        raise SetupError("That example is there already.")
    written = text.split("\n")
    last = written[lines[-1].line - 1]
    written.insert(lines[-1].line, f"{' ' * (len(last) - len(last.lstrip()))}- {words}")
    return "\n".join(written)


def without_example(file: str, text: str, intent: str, example: str) -> str:
    """The file without an example.

    Raises:
        SetupError: there is no such intent or example, or it is the only one.
        Unreadable: it is no YAML.
    """
    lines = _examples_of(file, text, intent)
    if len(lines) == 1:
        raise SetupError("An intent needs an example.")
    for line in lines:
        if line.text.removeprefix("-").strip() == example:
            written = text.split("\n")
            del written[line.line - 1]
            return "\n".join(written)
    raise SetupError("That example is not there.")


def _examples_of(file: str, text: str, intent: str) -> list[Name]:
    for one in compose(file, text).get("nlu").each():
        lines = list(example_lines(one.get("examples")))
        if one.get("intent").text == intent and lines:
            return lines
    raise SetupError(f"{file} has no examples of {intent}.")
