"""What becomes of an update in the moderators' group: claims, words to the resident, endings."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Bot
from telegram.error import TelegramError

from bot.dialogue.wording import Wording
from bot.errors import HandoffRefused
from bot.handoff import service
from bot.handoff.states import moderator
from bot.safety import review
from bot.store.engine import Store
from bot.store.tables import Handoff, Resident
from bot.telegram.desk import Desk
from bot.telegram.inbox import Incoming
from bot.telegram.outbox import post
from bot.telegram.rendering import split

log = structlog.get_logger(__name__)

MEMBERS = {"creator", "administrator", "member"}
MEMBERSHIP_SECONDS = 60.0
COMMANDS = {
    "claim": "claim",
    "ota": "claim",
    "end": "end",
    "paata": "end",
    "release": "release",
    "wrong": "wrong",
    "turha": "wrong",
    "palauta": "release",
}
NOTE = "//"
TAPPED = re.compile(r"h:(claim|release|end):(\d{1,18})", re.ASCII)
MEDIA = (
    "photo", "voice", "sticker", "document", "location", "video", "video_note", "audio"
)  # fmt: skip


@dataclass
class ModeratorTalk:
    """Handles the updates of the moderators' group. Only its members are listened to."""

    store: Store
    bot: Bot
    chat_id: int
    language: str
    wording: Wording
    desk: Desk
    _members: dict[int, tuple[bool, float]] = field(default_factory=dict)

    async def handle(self, incoming: Incoming) -> None:
        """Takes one update to its end."""
        tap = incoming.body.get("callback_query")
        message = incoming.body.get("message")
        if _chat_of(tap or incoming.body) != self.chat_id:
            await self._settle(incoming)
        elif tap:
            await self._tapped(incoming, tap)
        elif message and not (message.get("from") or {}).get("is_bot", True):
            await self._wrote(incoming, message)
        else:
            await self._settle(incoming)

    async def _tapped(self, incoming: Incoming, tap: dict[str, Any]) -> None:
        person = tap["from"]
        tapped = TAPPED.fullmatch(str(tap.get("data") or ""))
        words = None
        is_member = await self._is_member(person["id"])
        async with self.store.begin() as session:
            handoff = await service.get(session, int(tapped[2])) if tapped else None
            if not is_member:
                words = self._words("utter_claim_outsider")
            elif tapped and handoff:
                words = await self._move(session, handoff, tapped[1], person)
            await incoming.settle(session)
        try:
            await self.bot.answer_callback_query(tap["id"], text=words)
        except TelegramError as error:
            log.debug("tap not answered", error=type(error).__name__)

    async def _wrote(self, incoming: Incoming, message: dict[str, Any]) -> None:
        topic_id = message.get("message_thread_id")
        text = str(message.get("text") or "")
        is_content = bool(text) or _is_media(message)
        is_note = (text or str(message.get("caption") or "")).startswith(NOTE)
        is_member = await self._is_member(message["from"]["id"])
        async with self.store.begin() as session:
            handoff = await service.by_topic(session, topic_id) if topic_id else None
            if handoff and is_content and not is_note:
                words = (
                    await self._act(session, handoff, message, incoming)
                    if is_member
                    else self._words("utter_claim_outsider")
                )
                if words:
                    await self._reply(session, message, words, incoming)
            await incoming.settle(session)

    async def _act(
        self,
        session: AsyncSession,
        handoff: Handoff,
        message: dict[str, Any],
        incoming: Incoming,
    ) -> str | None:
        """A command is a move; anything else is said to the resident. Gives words to reply."""
        text = str(message.get("text") or "")
        if command := _command(text):
            return await self._move(session, handoff, command, message["from"])
        if text.startswith("/"):
            return None
        return await self._say(session, handoff, message, incoming)

    async def _move(
        self, session: AsyncSession, handoff: Handoff, move: str, person: dict[str, Any]
    ) -> str | None:
        """Makes a moderator's move. Gives the words for the one who made it."""
        name = str(person.get("first_name") or "?")
        if move == "wrong":
            marked = await review.mark_wrong(session, handoff.resident_id)
            return self._words("utter_assessment_wrong" if marked else "utter_assessment_none")
        try:
            if move == "claim":
                fresh = await service.claim(session, handoff.id, person["id"], name)
                await self.desk.claimed(session, fresh)
                return self._words("utter_claim_yours")
            if move == "release":
                fresh = await service.release(session, handoff.id, person["id"])
                await self.desk.released(session, fresh, name)
            elif move == "end":
                fresh = await service.end(session, handoff.id, moderator(person["id"]))
                await self.desk.ended(
                    session, fresh, "utter_topic_ended_by_moderator", moderator=name
                )
        except HandoffRefused as refusal:
            await self.desk.refresh_card(session, handoff)
            return self._refusal(refusal)
        return None

    async def _say(
        self,
        session: AsyncSession,
        handoff: Handoff,
        message: dict[str, Any],
        incoming: Incoming,
    ) -> str | None:
        """The holder's words to the resident; anybody else's stay in the topic."""
        person = message["from"]
        try:
            service.holder_may_write(handoff, person["id"])
        except HandoffRefused as refusal:
            return self._refusal(refusal, writing=True)
        resident = await session.get(Resident, handoff.resident_id)
        if resident is None or resident.gone_at:
            return self._words("utter_topic_gone")
        key = f"update:{incoming.id}"
        if not message.get("text"):
            params = {"from_chat_id": self.chat_id, "message_id": message["message_id"]}
            await post(
                session,
                key,
                resident.telegram_id,
                "copy_message",
                params,
                handoff_id=handoff.id,
                from_human=True,
            )
            return None
        for number, piece in enumerate(split(message["text"])):
            await post(
                session,
                f"{key}:{number}",
                resident.telegram_id,
                "send_message",
                {"text": piece},
                handoff_id=handoff.id,
                from_human=True,
            )
        return None

    def _refusal(self, refusal: HandoffRefused, *, writing: bool = False) -> str:
        if refusal.reason == "taken":
            response = "utter_topic_not_yours" if writing else "utter_claim_taken"
        elif refusal.reason == "not_claimed":
            response = "utter_claim_first"
        else:
            response = "utter_claim_over"
        return self._words(response, moderator=refusal.holder)

    async def _reply(
        self, session: AsyncSession, message: dict[str, Any], words: str, incoming: Incoming
    ) -> None:
        await post(
            session,
            f"update:{incoming.id}:reply",
            self.chat_id,
            "send_message",
            {
                "text": words,
                "message_thread_id": message.get("message_thread_id"),
                "reply_to_message_id": message["message_id"],
            },
        )

    async def _is_member(self, person_id: int) -> bool:
        """Asks Telegram, and believes the answer for a minute."""
        known, until = self._members.get(person_id, (False, 0.0))
        if time.monotonic() < until:
            return known
        try:
            member = await self.bot.get_chat_member(self.chat_id, person_id)
        except TelegramError as error:
            log.warning("membership not known", error=type(error).__name__)
            return False
        is_member = member.status in MEMBERS
        self._members[person_id] = (is_member, time.monotonic() + MEMBERSHIP_SECONDS)
        return is_member

    def _words(self, response: str, **values: object) -> str:
        return self.wording.say(response, self.language, **values).text

    async def _settle(self, incoming: Incoming) -> None:
        async with self.store.begin() as session:
            await incoming.settle(session)


def _command(text: str) -> str | None:
    if not text.startswith("/"):
        return None
    word = text.split(maxsplit=1)[0][1:].partition("@")[0].lower()
    return COMMANDS.get(word)


def _is_media(message: dict[str, Any]) -> bool:
    return any(message.get(kind) for kind in MEDIA)


def _chat_of(body: dict[str, Any]) -> int | None:
    return ((body.get("message") or {}).get("chat") or {}).get("id")
