"""What an editor can be offered while typing, and what stands where."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.stories.reading import Piece
from bot.stories.sources import Sources


@dataclass(frozen=True)
class Topic:
    """A file as it is listed: what it is for, and what is in it."""

    file: str
    about: str
    parts: tuple[tuple[str, int], ...]


def names(sources: Sources) -> dict[str, list[str]]:
    """The names that may stand after each key of a story, and as a button's payload."""
    forms = sorted(sources.named("forms"))
    responses = sorted({name.text for name, _ in sources.responses})
    intents = sorted(sources.named("intents") | {name.text for name, _ in sources.examples})
    return {
        "intent": intents,
        "action": sorted([*sources.named("actions"), *forms, *responses]),
        "active_loop": [*forms, "null"],
        "slot_was_set": sorted(sources.named("slots") | {"requested_slot"}),
        "payload": [f"/{intent}" for intent in sorted(sources.named("intents"))],
    }


def topics(sources: Sources) -> list[Topic]:
    """Every file that staff edit and the check reads, with its first line of comment."""
    return [
        Topic(file.file, _about(sources, file.file), tuple(_parts(file))) for file in sources.files
    ]


def _about(sources: Sources, file: str) -> str:
    path = sources.root / file
    first = path.read_text(encoding="utf-8").partition("\n")[0] if path.exists() else ""
    return first.lstrip("# ").strip() if first.startswith("#") else ""


def _parts(file: Piece) -> Iterator[tuple[str, int]]:
    for name, _ in file.get("responses").items():
        yield name.text, name.line
    for part, kind in (("stories", "story"), ("rules", "rule"), ("nlu", "intent")):
        for one in file.get(part).each():
            yield one.get(kind).text, one.line
    if file.file.startswith("bot/knowledge/"):
        for part_of, below in file.items():
            for key, _ in below.items():
                yield f"{part_of.text}: {key.text}", key.line
