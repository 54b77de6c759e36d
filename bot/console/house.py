"""What the pages work with, and how they are drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2

from bot.activities.places import Gazetteer
from bot.console import times
from bot.console.outline import Outline, outline_of
from bot.console.security import Seal
from bot.console.words import Words
from bot.dialogue.wording import Phrases, Wording
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.handoff.canned import CannedReplies
from bot.handoff.presence import Presence
from bot.store.engine import Store
from bot.stories.studio import Studio

PREFIX = "/console"
STATIC = Path(__file__).with_name("static")
TEMPLATES = Path(__file__).with_name("templates")


@dataclass
class House:
    """The rooms that the pages lead into.

    Attributes:
        store: the database.
        seal: signs cookies and tokens.
        words: the console's own.
        phrases: the small words that the bot says, too.
        factors: the catalogue of background factors.
        interests: the catalogue of what people like.
        canned: replies that moderators need often.
        presence: who types in which talk.
        gazetteer: the places of the region.
        wording: what the bot says, for previews.
        when_words: how it says when something is.
        tiles: address of the map's tiles, `https://…/{z}/{x}/{y}.png`; without one the map is
            plain.
        studio: where staff edit the dialogue.
        demo: people may sign in as the sample people, without a link.
    """

    store: Store
    seal: Seal
    words: Words
    phrases: Phrases
    factors: FactorCatalogue
    interests: InterestCatalogue
    canned: CannedReplies
    presence: Presence
    gazetteer: Gazetteer
    wording: Wording
    when_words: Mapping[str, Any]
    studio: Studio
    tiles: str = ""
    demo: bool = False

    def __post_init__(self) -> None:
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.globals |= {"path": path, "static": static, "demo": self.demo}
        self._pages.filters |= {"clock": times.clock, "day": times.day, "moment": times.moment}

    @cached_property
    def outline(self) -> Outline:
        """The plain map, drawn when it is looked at first."""
        return outline_of(self.gazetteer.places)

    def shared_of(self, shared: Mapping[str, Any], language: str) -> list[tuple[str, list[str]]]:
        """What a resident agreed to share of themselves, in words: `factors` and `interests`."""
        told = (("factors", self.factors), ("interests", self.interests))
        return [
            (name, [catalogue.label(key, language) for key in shared[name]])
            for name, catalogue in told
            if shared.get(name)
        ]

    def language_name(self, code: str, language: str) -> str:
        """A language's name; its code where we have none."""
        known = self.phrases.tree.get("language", {})
        return self.phrases(f"language.{code}", language) if code in known else code

    def draw(self, template: str, **values: Any) -> str:
        """A page, or a part of one, as HTML."""
        return self._pages.get_template(template).render(**values)


def path(inside: str) -> str:
    """The path of a page, from the site's root."""
    return f"{PREFIX}{inside}"


_digests: dict[str, str] = {}


def static(name: str) -> str:
    """The path of a file beside the pages; it changes with the file, so it may be kept long."""
    if name not in _digests:
        _digests[name] = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"{PREFIX}/static/{name}?v={_digests[name]}"
