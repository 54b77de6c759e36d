"""The moderators' side: topics, cards, and what passes between a topic and a resident."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Bot
from telegram.error import RetryAfter, TelegramError

from bot.dialogue.cards import preview_of
from bot.dialogue.sayings import Saying
from bot.dialogue.wording import Phrases, Wording
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.handoff import service
from bot.handoff.states import HELD, OPEN
from bot.residents import identity
from bot.store.engine import Store
from bot.store.tables import Handoff, Outgoing, Resident
from bot.telegram.inbox import put
from bot.telegram.outbox import pause_of, post
from bot.telegram.rendering import Renderer, rows, split

log = structlog.get_logger(__name__)

TOPIC_NAME = 128
RETRY_SECONDS = 20


@dataclass
class Desk:
    """Keeps the moderators' group in step with the handoffs in the database."""

    store: Store
    bot: Bot
    chat_id: int
    language: str
    wording: Wording
    phrases: Phrases
    factors: FactorCatalogue
    interests: InterestCatalogue
    renderer: Renderer
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    # --- topics and cards -------------------------------------------------------------------

    async def run(self) -> None:
        """Opens a topic for each request that has none, as soon as it is made; until cancelled."""
        bell = self.store.bell(service.BELL)
        while True:
            bell.clear()
            async with self.store.begin() as session:
                waiting = await self._without_card(session)
            failed = False
            for handoff_id in waiting:
                try:
                    await self.open_topic(handoff_id)
                except TelegramError as error:
                    failed = True
                    log.error("no topic could be opened", error=error.message)  # noqa: TRY400
            try:
                async with asyncio.timeout(RETRY_SECONDS if failed else None):
                    await bell.wait()
            except TimeoutError:
                continue

    async def _without_card(self, session: AsyncSession) -> list[int]:
        waiting = [handoff.id for handoff in await service.queue(session)]
        posted = set(
            await session.scalars(
                select(Outgoing.key).where(Outgoing.key.in_(map(_card_key, waiting)))
            )
        )
        return [handoff_id for handoff_id in waiting if _card_key(handoff_id) not in posted]

    async def open_topic(self, handoff_id: int) -> None:
        """Makes sure that the handoff has an open topic with a card in it.

        Raises:
            TelegramError: Telegram refuses, or can't be reached.
        """
        async with self._lock:
            async with self.store.begin() as session:
                handoff = await service.get(session, handoff_id)
                if handoff is None:
                    return
                resident = await session.get_one(Resident, handoff.resident_id)
            topic_id = handoff.topic_id
            if topic_id is None:
                topic_id = await self._create_topic(handoff, resident)
            async with self.store.begin() as session:
                handoff = await service.get(session, handoff_id)
                if handoff is None:
                    return
                if handoff.topic_id:
                    await self._reopen_topic(session, handoff)
                handoff.topic_id = topic_id
                await self._post_card(session, handoff, resident)

    async def _create_topic(self, handoff: Handoff, resident: Resident) -> int:
        response = "utter_topic_name_danger" if handoff.danger else "utter_topic_name"
        name = self.wording.say(response, self.language, alias=resident.alias).text[:TOPIC_NAME]
        while True:
            try:
                topic = await self.bot.create_forum_topic(self.chat_id, name)
            except RetryAfter as error:
                await asyncio.sleep(pause_of(error))
            else:
                return topic.message_thread_id

    async def _reopen_topic(self, session: AsyncSession, handoff: Handoff) -> None:
        """The resident came back: their earlier topic goes on."""
        await post(
            session,
            f"handoff:{handoff.id}:reopen",
            self.chat_id,
            "reopen_forum_topic",
            {"message_thread_id": handoff.topic_id},
            handoff_id=handoff.id,
        )

    async def _post_card(self, session: AsyncSession, handoff: Handoff, resident: Resident) -> None:
        await post(
            session,
            _card_key(handoff.id),
            self.chat_id,
            "send_message",
            {**self.card(handoff, resident), "message_thread_id": handoff.topic_id},
            handoff_id=handoff.id,
        )

    def card(self, handoff: Handoff, resident: Resident) -> dict[str, Any]:
        """The card as it stands now: its `text`, and the buttons that its state allows."""
        card = self._request_card(handoff, resident)
        if handoff.state in HELD:
            said = self._words("utter_topic_card_claimed", card.text, handoff)
        elif handoff.state in OPEN:
            said = card
        else:
            said = self._words("utter_topic_card_over", card.text, handoff)
        buttons = [
            {"text": button.title, "callback_data": f"h:{button.payload}:{handoff.id}"}
            for button in said.buttons
        ]
        markup = {"reply_markup": {"inline_keyboard": rows(buttons)}} if buttons else {}
        return {"text": said.text, **markup}

    def _request_card(self, handoff: Handoff, resident: Resident) -> Saying:
        preview = preview_of(
            resident.alias,
            handoff.shared,
            self.language,
            self.phrases,
            self.factors,
            self.interests,
        )
        danger = handoff.danger and self.phrases(f"danger.{handoff.danger}", self.language)
        return self.wording.say(
            "utter_topic_card_danger" if danger else "utter_topic_card",
            self.language,
            alias=resident.alias,
            preview=preview,
            danger=danger,
        )

    def _words(self, response: str, card: str, handoff: Handoff) -> Saying:
        return self.wording.say(
            response, self.language, card=card, moderator=handoff.moderator_name
        )

    async def refresh_card(self, session: AsyncSession, handoff: Handoff) -> None:
        """Brings the card up to date with the handoff's state."""
        key = _card_key(handoff.id)
        resident = await session.get(Resident, handoff.resident_id)
        if resident is None or not await session.scalar(
            select(Outgoing.id).where(Outgoing.key == key)
        ):
            return
        await post(
            session,
            f"{key}:{handoff.last_number}:{handoff.danger}",
            self.chat_id,
            "edit_message_text",
            {**self.card(handoff, resident), "message_of": key},
            handoff_id=handoff.id,
        )

    # --- what is told in a topic ------------------------------------------------------------

    async def tell(
        self,
        session: AsyncSession,
        handoff: Handoff,
        key: str,
        response: str,
        /,
        **values: object,
    ) -> None:
        """Says something to the moderators in the handoff's topic."""
        if handoff.topic_id is None:
            return
        text = self.wording.say(response, self.language, **values).text
        await self._post_texts(session, handoff, key, [text])

    async def tell_danger(
        self, session: AsyncSession, handoff: Handoff, kind: str, key: str
    ) -> None:
        """Marks danger in a talk that a moderator has."""
        danger = self.phrases(f"danger.{kind}", self.language)
        await self.tell(session, handoff, f"{key}:danger", "utter_topic_danger", danger=danger)
        await self.refresh_card(session, handoff)

    async def tell_gone(self, session: AsyncSession, resident: Resident) -> None:
        """Says that the resident has blocked the bot, where somebody is talking with them."""
        handoff = await service.open_of(session, resident)
        if handoff:
            key = f"gone:{handoff.id}:{resident.seen_at.timestamp()}"
            await self.tell(session, handoff, key, "utter_topic_gone")

    async def tell_undelivered(self, session: AsyncSession, row: Outgoing) -> None:
        """Says in the topic that a message did not get to the resident, and why if that is known.

        Of the bot's own messages only that the resident is gone.
        """
        resident = await identity.by_telegram_id(session, row.chat_id)
        if resident and resident.gone_at:
            await self.tell_gone(session, resident)
        elif resident and row.from_human and row.handoff_id:
            handoff = await service.get(session, row.handoff_id)
            if handoff:
                key = f"{row.key}:undelivered"
                await self.tell(session, handoff, key, "utter_topic_not_delivered")

    async def tell_feedback(self, session: AsyncSession, handoff: Handoff, code: str) -> None:
        """Says how the talk was for the resident."""
        words = self.phrases(f"feedback.{code}", self.language)
        key = f"handoff:{handoff.id}:feedback:{code}"
        await self.tell(session, handoff, key, "utter_topic_feedback", feedback=words)

    async def relay(
        self,
        session: AsyncSession,
        handoff: Handoff,
        resident: Resident,
        message: dict[str, Any],
        key: str,
    ) -> None:
        """A resident's message to their topic; what is no text goes as a copy, without a name."""
        text = message.get("text")
        if text:
            said = self.wording.say("utter_topic_resident", self.language, text=text).text
            await self._post_texts(session, handoff, key, split(said))
            return
        await post(
            session,
            f"{key}:relay",
            self.chat_id,
            "copy_message",
            {
                "from_chat_id": resident.telegram_id,
                "message_id": message["message_id"],
                "message_thread_id": handoff.topic_id,
            },
            handoff_id=handoff.id,
            from_human=True,
        )

    async def _post_texts(
        self, session: AsyncSession, handoff: Handoff, key: str, texts: list[str]
    ) -> None:
        for number, text in enumerate(texts):
            await post(
                session,
                f"{key}:topic:{number}",
                self.chat_id,
                "send_message",
                {"text": text, "message_thread_id": handoff.topic_id},
                handoff_id=handoff.id,
            )

    # --- moves ------------------------------------------------------------------------------

    async def claimed(self, session: AsyncSession, handoff: Handoff) -> None:
        """A moderator has it: both sides are told."""
        name = handoff.moderator_name
        key = f"handoff:{handoff.id}:claimed:{handoff.last_number}"
        await self.tell(session, handoff, key, "utter_topic_claimed", moderator=name)
        await self._tell_resident(session, handoff, key, "utter_handoff_joined", moderator=name)
        await self.refresh_card(session, handoff)

    async def released(self, session: AsyncSession, handoff: Handoff, name: str) -> None:
        """It is in the queue again: both sides are told."""
        key = f"handoff:{handoff.id}:released:{handoff.last_number}"
        await self.tell(session, handoff, key, "utter_topic_released", moderator=name)
        await self._tell_resident(session, handoff, key, "utter_handoff_released", moderator=name)
        await self.refresh_card(session, handoff)

    async def ended(
        self, session: AsyncSession, handoff: Handoff, response: str, **values: object
    ) -> None:
        """The talk is over: the resident is asked how it was, and the bot goes on."""
        key = f"handoff:{handoff.id}:ended"
        await self.tell(session, handoff, key, response, **values)
        await self._tell_resident(session, handoff, key, "utter_handoff_ended", handoff=handoff.id)
        await self.refresh_card(session, handoff)
        await self._close_topic(session, handoff)
        await self._resume(session, handoff)

    async def cancelled(self, session: AsyncSession, handoff: Handoff) -> None:
        """The resident did not want to wait: the bot goes on."""
        key = f"handoff:{handoff.id}:cancelled"
        await self.tell(session, handoff, key, "utter_topic_cancelled")
        await self.refresh_card(session, handoff)
        await self._close_topic(session, handoff)
        await self._resume(session, handoff)

    async def _resume(self, session: AsyncSession, handoff: Handoff) -> None:
        """Has the bot go on from where the talk with the resident was."""
        resident = await session.get(Resident, handoff.resident_id)
        if resident:
            # Not by the handoff's id: a database may give an erased one's again.
            await put(
                session,
                -int(handoff.requested_at.timestamp() * 1_000_000),
                f"resident:{resident.telegram_id}",
                {"resume": resident.conversation_id},
            )

    async def _close_topic(self, session: AsyncSession, handoff: Handoff) -> None:
        if handoff.topic_id:
            await post(
                session,
                f"handoff:{handoff.id}:close",
                self.chat_id,
                "close_forum_topic",
                {"message_thread_id": handoff.topic_id},
                handoff_id=handoff.id,
            )

    async def _tell_resident(
        self,
        session: AsyncSession,
        handoff: Handoff,
        key: str,
        response: str,
        /,
        **values: object,
    ) -> None:
        resident = await session.get(Resident, handoff.resident_id)
        if resident:
            saying = self.wording.say(response, resident.language, **values)
            await self.renderer.say(session, resident, [saying], f"{key}:resident")


def _card_key(handoff_id: int) -> str:
    return f"handoff:{handoff_id}:card"
