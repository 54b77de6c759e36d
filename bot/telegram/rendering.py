"""From what the bot says to what Telegram takes: text in fitting pieces, buttons in rows."""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.places import Gazetteer
from bot.dialogue.sayings import Saying
from bot.dialogue.wording import Phrases
from bot.factors import profile
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.store.prepared import Prepared
from bot.store.tables import Keyboard, Resident, now, plain
from bot.telegram.api import NO_PREVIEW
from bot.telegram.outbox import post_messages

LONGEST = 4096  # UTF-16 code units, as Telegram counts
ROW = 34  # characters that fit side by side on a narrow phone
COLUMNS = 3
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")

CHOSEN = "✓ "
URL = "url:"

# What may be tapped at any time: it asks for something, it does not answer a question.
ANYTIME = (
    "/ask_",
    "/greet",
    "/start",
    "/resume",
    "/change_language",
    "/delete_data",
    "!save",
    "!unsave",
    "!decline",
    "!why",
    "!calendar",
    "!remind",
    "!more",
    "!together",
    "!ask",
    "!no_ask",
    "!went",
    "!missed",
    "!rate",
    "!human",
    "!safe",
    "!unsafe",
    "!thoughts",
    "!cancel",
    "!end",
    "!feedback",
    "!volunteer",
    "!in_your_words",
    "!location",
)

KEYBOARDS = plain(Keyboard)
KEPT = ("token", "resident_id", "kind", "options", "chosen")
ADD_KEYBOARDS = Prepared(insert(KEYBOARDS).values({name: bindparam(name) for name in KEPT}))
CLOSE_KEYBOARDS = Prepared(
    update(KEYBOARDS)
    .where(KEYBOARDS.c.resident_id == bindparam("resident"), KEYBOARDS.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"))
)
FIND_KEYBOARD = Prepared(select(KEYBOARDS).where(KEYBOARDS.c.token == bindparam("token_of")))
NOTE_KEYBOARD = Prepared(
    update(KEYBOARDS)
    .where(KEYBOARDS.c.token == bindparam("token_of"))
    .values(chosen=bindparam("chosen"), closed_at=bindparam("closed_at"))
)


@dataclass(frozen=True)
class Renderer:
    """Turns sayings into queued messages, with the chips of the catalogues."""

    factors: FactorCatalogue
    interests: InterestCatalogue
    gazetteer: Gazetteer
    phrases: Phrases

    async def say(
        self,
        session: AsyncSession,
        resident: Resident,
        sayings: Iterable[Saying],
        key: str,
        *,
        keep_open: bool = False,
    ) -> None:
        """Queues what the bot says to a resident; the questions before it are past.

        Args:
            session: the transaction that decides on it.
            resident: to whom.
            sayings: in order.
            key: names this turn, so that it is said once.
            keep_open: the question that was asked before stays open.
        """
        if not keep_open:
            await close_keyboards(session, resident)
        messages: dict[str, dict[str, Any]] = {}
        keyboards: list[dict[str, Any]] = []
        for number, saying in enumerate(sayings):
            for piece, (text, markup) in enumerate(
                await self._pieces(session, resident, saying, keyboards)
            ):
                params: dict[str, Any] = {"text": text, **NO_PREVIEW}
                if markup:
                    params["reply_markup"] = markup
                messages[f"{key}:{number}:{piece}"] = params
        if keyboards:
            await ADD_KEYBOARDS.later(session, *keyboards)
        await post_messages(session, resident.telegram_id, messages)

    async def _pieces(
        self,
        session: AsyncSession,
        resident: Resident,
        saying: Saying,
        keyboards: list[dict[str, Any]],
    ) -> list[tuple[str, dict[str, Any] | None]]:
        texts = split(saying.text)
        markup = await self._markup(session, resident, saying, keyboards)
        return [*((text, None) for text in texts[:-1]), (texts[-1], markup)] if texts else []

    async def _markup(
        self,
        session: AsyncSession,
        resident: Resident,
        saying: Saying,
        keyboards: list[dict[str, Any]],
    ) -> dict[str, Any] | None:
        """What is below a message; a new keyboard is added to `keyboards`, to be kept."""
        if "location" in saying.custom:
            words = self.phrases("button.share_location", resident.language)
            return {
                "keyboard": [[{"text": words, "request_location": True}]],
                "resize_keyboard": True,
                "one_time_keyboard": True,
            }
        chips = await self._chips(session, resident, saying.custom.get("options"))
        buttons = [{"title": b.title, "payload": b.payload} for b in saying.buttons]
        options = [option for option in (*chips, *buttons) if option["payload"] != URL]
        if not options:
            return None
        keyboard = Keyboard(
            token=secrets.token_urlsafe(9),
            resident_id=resident.id,
            kind=saying.custom.get("options") or "buttons",
            options=options,
            chosen=[],
        )
        if keyboard.kind == "mine":
            keyboard.chosen = [chip["payload"] for chip in chips]
        keyboards.append({name: getattr(keyboard, name) for name in KEPT})
        return inline(keyboard)

    async def _chips(
        self, session: AsyncSession, resident: Resident, name: str | None
    ) -> list[dict[str, Any]]:
        """The options that a catalogue gives: factors, interests, the resident's own, places."""
        language = resident.language
        if name is None:
            return []
        if name == "municipalities":
            location = _option(self.phrases("button.location", language), "!location")
            places = [
                _option(place, f'/inform_municipality{{"municipality": "{place}"}}')
                for place in self.gazetteer.municipalities
            ]
            return [location, *places]
        if name == "interests":
            return [
                _option(interest.labels[language], f"interest:{interest.key}")
                for interest in self.interests.interests.values()
                if interest.chip
            ]
        if name == "mine":
            return [
                _option(self.factors.label(key, language), f"factor:{key}")
                for key in await profile.factors_of(session, resident)
            ]
        chips = [
            _option(self.factors.label(factor.key, language), f"factor:{factor.key}")
            for factor in self.factors.of(name)
        ]
        else_words = self.phrases("button.something_else", language)
        return [*chips, _option(else_words, "!in_your_words")]


def _option(title: str, payload: str) -> dict[str, Any]:
    return {"title": title, "payload": payload}


async def close_keyboards(session: AsyncSession, resident: Resident) -> None:
    """The questions that were open are past: their buttons answer nothing any more."""
    await CLOSE_KEYBOARDS.later(session, {"resident": resident.id, "at": now()})


async def find_keyboard(session: AsyncSession, token: str) -> Keyboard | None:
    """A keyboard as it is now; what is changed in it is kept by `note_keyboard`."""
    row = await FIND_KEYBOARD.first(session, token_of=token)
    return Keyboard(**dict(zip(KEYBOARDS.c.keys(), row, strict=True))) if row else None


async def note_keyboard(session: AsyncSession, keyboard: Keyboard) -> None:
    """Keeps which of its options are chosen, and whether it is past."""
    noted = {"chosen": keyboard.chosen, "closed_at": keyboard.closed_at}
    await NOTE_KEYBOARD.later(session, {"token_of": keyboard.token, **noted})


def inline(keyboard: Keyboard, only: int | None = None) -> dict[str, Any]:
    """The keyboard as Telegram's inline buttons; with `only`, just that one is left."""
    buttons = []
    for number, option in enumerate(keyboard.options):
        if only is not None and number != only:
            continue
        title, payload = option["title"], option["payload"]
        if payload.startswith(URL):
            buttons.append({"text": title, "url": payload.removeprefix(URL)})
            continue
        marked = CHOSEN if only is not None or payload in keyboard.chosen else ""
        buttons.append({"text": marked + title, "callback_data": f"k:{keyboard.token}:{number}"})
    return {"inline_keyboard": rows(buttons)}


def rows(buttons: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Buttons side by side as far as they fit on a narrow phone."""
    packed: list[list[dict[str, Any]]] = []
    width = 0
    for button in buttons:
        length = len(button["text"]) + 4
        if packed and len(packed[-1]) < COLUMNS and width + length <= ROW:
            packed[-1].append(button)
            width += length
        else:
            packed.append([button])
            width = length
    return packed


def split(text: str, longest: int = LONGEST) -> list[str]:
    """Cuts a text into pieces that Telegram takes: at a sentence, else at a space, else anywhere.

    Args:
        text: of any length.
        longest: the greatest length of a piece, in UTF-16 code units.
    """
    pieces: list[str] = []
    rest = text.strip()
    while _length(rest) > longest:
        head = _head(rest, longest)
        cut = max((match.start() for match in SENTENCE_END.finditer(head)), default=0)
        cut = cut or max(head.rfind(" "), 0) or len(head)
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*pieces, rest] if rest else pieces


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _head(text: str, longest: int) -> str:
    """The longest beginning of at most `longest` UTF-16 code units, no character cut in two."""
    return text.encode("utf-16-le")[: longest * 2].decode("utf-16-le", errors="ignore")


def answers_a_question(payload: str) -> bool:
    """Whether a button's payload answers the question above it, and so can be past."""
    return not payload.startswith(ANYTIME)
