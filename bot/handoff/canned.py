"""Canned replies: sentences that moderators need often, with places for what differs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import KnowledgeError
from bot.reading import mapping, read_mapping, texts

PLACES = frozenset({"moderator", "municipality"})
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class CannedReply:
    """One of them, by language: what it is called, and what is sent."""

    name: str
    titles: Mapping[str, str]
    texts: Mapping[str, str]

    def fill(self, language: str, **values: str | None) -> str:
        """The text in the resident's language, with its places filled in.

        A place for which there is no value takes its sentence with it.
        """
        text = self.texts.get(language, self.texts["en"])
        sentences = re.split(r"(?<=[.!?])\s+", text)
        return " ".join(
            _PLACE.sub(lambda place: str(values[place[1]]), sentence)
            for sentence in sentences
            if all(values.get(place) for place in _PLACE.findall(sentence))
        )


@dataclass(frozen=True)
class CannedReplies:
    """All of them, by name."""

    replies: Mapping[str, CannedReply]

    @classmethod
    def load(cls, path: Path) -> "CannedReplies":
        """Reads the file.

        Raises:
            KnowledgeError: it can't be used; names the file, the reply and the cause.
        """
        replies = {}
        for name, row in read_mapping(path).items():
            where = f"{path.name}: {name}"
            given = mapping(row, where)
            reply = CannedReply(
                name, texts(given.get("title"), f"{where}.title"), texts(given.get("text"), where)
            )
            unknown = {
                place for text in reply.texts.values() for place in _PLACE.findall(text)
            } - PLACES
            if unknown:
                raise KnowledgeError(f"{where}: there is nothing to put for {sorted(unknown)}")
            replies[name] = reply
        return cls(replies)

    def get(self, name: str) -> CannedReply | None:
        """The reply of that name, in any case; none where there is none."""
        return self.replies.get(name.strip().casefold())
