"""Text with entities: HTML as Telegram parses it, and what it finds by itself.

Offsets and lengths are in UTF-16 code units, as everywhere in the Bot API.
"""

import re
from dataclasses import dataclass
from html import unescape

from bot.sandbox.table import Json, bad_request

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "blockquote": "blockquote",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
_ATTRIBUTE = re.compile(r"""([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_MARKUP = re.compile(
    r"""<(?P<end>/?)(?P<tag>[a-zA-Z][\w-]*)(?P<attributes>(?:[^"'>]|"[^"]*"|'[^']*')*)>"""
    r"""|(?P<character>&(?:\#\d+|\#x[0-9a-fA-F]+|lt|gt|amp|quot);)"""
    r"""|(?P<stray><[\w/-]*)"""
)
_FOUND = re.compile(
    r"(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>https?://[^\s<>\"]*[\w/#=&]"
    r"|\b(?:[\w-]+\.)+(?:com|eu|fi|info|io|me|net|org)\b(?:/[^\s<>\"]*[\w/#=&])?)"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z][A-Za-z0-9_]{3,31})\b"
    r"|(?<![\w#])(?P<hashtag>\#\w*[^\W\d]\w*)"
)
_OPAQUE = {"code", "pre", "text_link"}


def utf16_length(text: str) -> int:
    """How long Telegram says the text is."""
    return len(text.encode("utf-16-le")) // 2


def from_plain(text: str) -> tuple[str, list[Json]]:
    """The text, trimmed, with the commands, links and mentions found in it."""
    text = text.strip()
    return text, _found(text, [])


def from_given(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """The text as it is with the entities that the caller gave, and those found beside them."""
    return text, _sorted(entities + _found(text, entities))


def from_html(html: str) -> tuple[str, list[Json]]:
    """Text and entities of Telegram's HTML, trimmed.

    Raises:
        ApiError: 400 "can't parse entities", a tag is unknown, unclosed or wrongly nested.
    """
    parser = _Html(html)
    text, entities = parser.parse()
    lead = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    trimmed = [_clipped(entity, lead, utf16_length(text)) for entity in entities]
    kept = [entity for entity in trimmed if entity["length"] > 0]
    return text, _sorted(kept + _found(text, kept))


@dataclass(frozen=True)
class _Open:
    tag: str
    entity: Json | None
    offset: int


class _Html:
    """One pass over the markup with a stack of open tags."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._text = ""
        self._stack: list[_Open] = []
        self._entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        end = 0
        for match in _MARKUP.finditer(self._html):
            self._text += self._html[end : match.start()]
            end = match.end()
            at = len(self._html[: match.start()].encode())
            if match["character"]:
                self._text += unescape(match["character"])
            elif match["stray"]:
                raise _cannot_parse(f'Unsupported start tag "{match["stray"][1:]}"', at)
            elif match["end"]:
                self._close(match["tag"].lower(), at)
            else:
                self._open(match["tag"].lower(), match["attributes"], at)
        self._text += self._html[end:]
        if self._stack:
            tag = self._stack[-1].tag
            raise bad_request(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{tag}\""
            )
        return self._text, self._entities

    def _open(self, tag: str, written: str, at: int) -> None:
        attributes = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(written)
        }
        spoiler = attributes.get("class") == "tg-spoiler"
        if tag not in _TAGS or (tag == "span" and not spoiler):
            raise _cannot_parse(f'Unsupported start tag "{tag}"', at)
        entity: Json | None = {"type": _TAGS[tag]}
        inside = self._stack[-1] if self._stack else None
        if tag == "a":
            entity = _link(attributes.get("href", ""))
        elif tag == "tg-emoji":
            entity = {"type": "custom_emoji", "custom_emoji_id": attributes.get("emoji-id", "")}
        elif tag == "blockquote" and "expandable" in attributes:
            entity = {"type": "expandable_blockquote"}
        elif tag == "code" and inside and inside.tag == "pre" and inside.entity:
            language = attributes.get("class", "").removeprefix("language-")
            if language:
                inside.entity["language"] = language
            entity = None
        self._stack.append(_Open(tag, entity, utf16_length(self._text)))

    def _close(self, tag: str, at: int) -> None:
        if not self._stack:
            raise _cannot_parse("Unexpected end tag", at)
        opened = self._stack.pop()
        if opened.tag != tag:
            raise bad_request(
                f"can't parse entities: Unmatched end tag at byte offset {at}, "
                f'expected "</{opened.tag}>", found "</{tag}>"'
            )
        length = utf16_length(self._text) - opened.offset
        if opened.entity and length:
            place = {"offset": opened.offset, "length": length}
            self._entities.append(opened.entity | place)


def _link(href: str) -> Json | None:
    """Telegram drops the link, and keeps the words, where the address is none."""
    if re.match(r"(?:https?|tg|mailto|tel):\S+$", href):
        return {"type": "text_link", "url": href}
    if re.fullmatch(r"[\w-]+(?:\.[\w-]+)+(?:/\S*)?", href):
        return {"type": "text_link", "url": f"http://{href}"}
    return None


def _cannot_parse(reason: str, at: int) -> Exception:
    return bad_request(f"can't parse entities: {reason} at byte offset {at}")


def _clipped(entity: Json, lead: int, length: int) -> Json:
    start = max(0, entity["offset"] - lead)
    end = min(length, entity["offset"] + entity["length"] - lead)
    return entity | {"offset": start, "length": end - start}


def _found(text: str, given: list[Json]) -> list[Json]:
    found = []
    for match in _FOUND.finditer(text):
        offset, length = utf16_length(text[: match.start()]), utf16_length(match.group())
        covered = any(
            entity["type"] in _OPAQUE
            and entity["offset"] < offset + length
            and offset < entity["offset"] + entity["length"]
            for entity in given
        )
        if not covered:
            found.append({"type": match.lastgroup, "offset": offset, "length": length})
    return found


def _sorted(entities: list[Json]) -> list[Json]:
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
