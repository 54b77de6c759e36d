"""What passes between a resident and the moderators: through the ledger, as copies in Telegram."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram.error import TelegramError

from bot.handoff import ledger
from bot.handoff.ledger import FAILED, PENDING, SENT, UNKNOWN, Content
from bot.handoff.presence import Presence
from bot.residents import identity
from bot.store.engine import Store
from bot.store.tables import Handoff, HandoffMessage, Outgoing, Resident
from bot.telegram import copies
from bot.telegram.api import Api, answering
from bot.telegram.desk import Desk
from bot.telegram.outbox import post, until_done
from bot.telegram.rendering import split

# What can be copied, in the order in which Telegram's fields are looked at: an animation is a
# document as well, a venue a location.
MEDIA = (
    "photo", "video", "animation", "voice", "audio", "video_note", "sticker", "document", "venue",
    "location", "contact",
)  # fmt: skip

# What can't be copied: whoever sends it is told.
UNCOPIED = ("poll", "dice", "game", "story", "paid_media", "invoice", "giveaway", "checklist")


@dataclass
class Relay:
    """Brings words from one side to the other, and notes how that went."""

    store: Store
    bot: Api
    desk: Desk
    presence: Presence

    async def run(self) -> None:
        """Sends what moderators say on the web as soon as it is in the ledger; until cancelled."""
        bell = self.store.bell(ledger.SAID)
        while True:
            bell.take()
            await until_done(self._deliver_waiting)
            await bell.wait()

    async def _deliver_waiting(self) -> None:
        async with self.store.begin() as session:
            for message_id in await ledger.pending(session):
                await self.deliver(session, message_id)

    # --- from the resident --------------------------------------------------------------------

    async def hear(
        self,
        session: AsyncSession,
        handoff: Handoff,
        resident: Resident,
        message: dict[str, Any],
        key: str,
    ) -> None:
        """A resident's message to the moderators; what is no text as a copy, without a name."""
        answered = await copies.of_telegram(session, resident.telegram_id, _replied(message))
        answers = answered.message_id if answered else None
        heard = await ledger.hear(session, handoff, content_of(message), answers)
        await copies.remember(
            session, handoff.id, heard.id, resident.telegram_id, message["message_id"]
        )
        await self.desk.show(session, handoff)
        chat = self.desk.chat_of(handoff)
        reply = await self._reply(session, answers, chat)
        if "text" in message:
            said = self.desk.wording.say(
                "utter_topic_resident", self.desk.language, text=message["text"]
            ).text
            for number, text in enumerate(split(said)):
                await self.desk.post(
                    session,
                    handoff,
                    f"{key}:topic:{number}",
                    "send_message",
                    chat=chat,
                    said_id=heard.id,
                    text=text,
                    gather=True,
                    **reply,
                )
            return
        await self.desk.post(
            session,
            handoff,
            f"{key}:relay",
            "copy_message",
            chat=chat,
            said_id=heard.id,
            from_human=True,
            from_chat_id=resident.telegram_id,
            message_id=message["message_id"],
            **_album(message),
            **reply,
        )

    async def heard_anew(
        self, session: AsyncSession, resident: Resident, message: dict[str, Any], key: str
    ) -> Handoff | None:
        """A resident has edited what they wrote: a version is kept, and the moderators see both.

        Returns:
            The handoff that it was said in; none where it was said to the bot.
        """
        copy = await copies.of_telegram(session, resident.telegram_id, message["message_id"])
        if copy is None or copy.message_id is None:
            return None
        said = await session.get_one(HandoffMessage, copy.message_id)
        handoff = await session.get_one(Handoff, copy.handoff_id)
        words = content_of(message).words
        if words == said.words:
            return handoff
        await ledger.edit(session, said, words)
        chat = self.desk.chat_of(handoff)
        edited = self.desk.wording.say("utter_topic_edited", self.desk.language, text=words or "–")
        for number, text in enumerate(split(edited.text)):
            await self.desk.post(
                session,
                handoff,
                f"{key}:edited:{number}",
                "send_message",
                chat=chat,
                said_id=said.id,
                text=text,
                **await self._reply(session, said.id, chat),
            )
        return handoff

    # --- from a moderator ---------------------------------------------------------------------

    async def deliver(self, session: AsyncSession, message_id: int) -> None:
        """Queues a moderator's words for the resident; what is queued already is left alone."""
        said = await session.get(HandoffMessage, message_id)
        if said is None or said.state != PENDING:
            return
        handoff = await session.get_one(Handoff, said.handoff_id)
        resident = await session.get_one(Resident, handoff.resident_id)
        key = f"said:{said.id}:{said.tries}"
        if await session.scalar(select(Outgoing.id).where(Outgoing.key == f"{key}:0")):
            return
        if resident.gone_at:
            await ledger.settle(session, said, FAILED, "gone")
            await self.desk.tell_gone(session, resident)
            return
        if handoff.moderator_id:
            self.presence.stops(handoff.id, handoff.moderator_id)
        reply = await self._reply(session, said.answers, resident.telegram_id)
        for number, (method, params) in enumerate(_calls(said)):
            await self.desk.post(
                session,
                handoff,
                f"{key}:{number}",
                method,
                chat=resident.telegram_id,
                said_id=said.id,
                from_human=True,
                **params,
                **reply,
            )
        if said.surface == "web" and said.tries == 1:
            await self._echo(session, handoff, said)

    async def _echo(self, session: AsyncSession, handoff: Handoff, said: HandoffMessage) -> None:
        """What was written on the web is seen in the topic, too."""
        words = self.desk.wording.say(
            "utter_topic_web", self.desk.language, moderator=said.name, text=said.words
        ).text
        for number, text in enumerate(split(words)):
            await self.desk.post(
                session,
                handoff,
                f"said:{said.id}:echo:{number}",
                "send_message",
                chat=self.desk.chat_of(handoff),
                said_id=said.id,
                text=text,
                disable_notification=True,
            )

    async def edit(
        self, session: AsyncSession, said: HandoffMessage, words: str | None, key: str
    ) -> bool:
        """A moderator has edited their words: the resident's copy follows.

        Returns:
            Whether it can; a long text that went in pieces can't.
        """
        handoff = await session.get_one(Handoff, said.handoff_id)
        resident = await session.get_one(Resident, handoff.resident_id)
        shown = await copies.in_chat(session, said.id, resident.telegram_id)
        if len(shown) != 1 or not words or len(split(words)) != 1:
            return False
        await ledger.edit(session, said, words)
        is_text = said.kind == "text"
        await post(
            session,
            f"{key}:edit",
            resident.telegram_id,
            "edit_message_text" if is_text else "edit_message_caption",
            {"message_id": shown[0], ("text" if is_text else "caption"): words},
            handoff_id=handoff.id,
        )
        return True

    async def delete(self, session: AsyncSession, said: HandoffMessage, key: str) -> bool:
        """A moderator takes their words back. Says whether there was something to take back."""
        handoff = await session.get_one(Handoff, said.handoff_id)
        resident = await session.get_one(Resident, handoff.resident_id)
        shown = await copies.in_chat(session, said.id, resident.telegram_id)
        for telegram_id in shown:
            await post(
                session,
                f"{key}:delete:{telegram_id}",
                resident.telegram_id,
                "delete_message",
                {"message_id": telegram_id},
                handoff_id=handoff.id,
            )
        if shown:
            await ledger.strike(session, said)
        return bool(shown)

    # --- how it went --------------------------------------------------------------------------

    async def delivered(self, session: AsyncSession, row: Outgoing) -> None:
        """Something about a handoff has got through."""
        if row.message_id and row.handoff_id:
            group = self.desk.group
            chat = group.chat_id if row.chat_id == group.configured_id else row.chat_id
            is_known = await session.get(Handoff, row.handoff_id) is not None
            if is_known and (row.chat_id < 0 or row.said_id or self.desk.private):
                await copies.remember(session, row.handoff_id, row.said_id, chat, row.message_id)
            await self.desk.card_sent(session, row)
        await self._settle(session, row)

    async def undelivered(self, session: AsyncSession, row: Outgoing) -> None:
        """Something did not get through: whoever said it is told, and why if that is known.

        Of the bot's own messages only that the resident is gone.
        """
        await self._settle(session, row)
        resident = await identity.by_telegram_id(session, row.chat_id)
        handoff = await session.get(Handoff, row.handoff_id) if row.handoff_id else None
        if handoff and row.chat_id == handoff.moderator_id and self.desk.private:
            await self._to_the_group(session, handoff, row)
        elif handoff and row.said_id and row.chat_id == self.desk.group.configured_id:
            key = f"{row.key}:missing"
            await self.desk.tell(session, handoff, key, "utter_topic_missing")
        elif resident and resident.gone_at:
            await self._lost(session, resident)
            await self.desk.tell_gone(session, resident)
        elif resident and handoff and (row.from_human or row.method.startswith("edit_message")):
            response = "utter_topic_not_delivered" if row.from_human else "utter_topic_not_edited"
            key = f"{row.key}:undelivered"
            await self.desk.tell(session, handoff, key, response, message=row.said_id)
        elif handoff and row.from_human and row.chat_id == self.desk.group.configured_id:
            await self.desk.tell_not_seen(session, handoff, row)

    async def _settle(self, session: AsyncSession, row: Outgoing) -> None:
        """Notes in the ledger how a moderator's message fares, all its pieces together."""
        said = await session.get(HandoffMessage, row.said_id) if row.said_id else None
        if said is None or said.state == ledger.RECEIVED or not row.key.startswith("said:"):
            return
        if row.chat_id < 0 or ":echo:" in row.key:
            return
        mine = f"said:{said.id}:{said.tries}:"
        found = await session.execute(
            select(Outgoing.key, Outgoing.state).where(Outgoing.said_id == said.id)
        )
        states = {one[0]: one[1] for one in found if one[0].startswith(mine)}
        states[row.key] = row.state
        left = set(states.values())
        if left & {"pending", "sending"}:
            return
        state = SENT
        if left & {FAILED, "dropped"}:
            state = FAILED
        elif UNKNOWN in left:
            state = UNKNOWN
        await ledger.settle(session, said, state, row.error)

    async def _lost(self, session: AsyncSession, resident: Resident) -> None:
        """Who is gone gets nothing any more: what was on its way has failed, and that shows."""
        waiting = await session.scalars(
            select(HandoffMessage)
            .join(Handoff, Handoff.id == HandoffMessage.handoff_id)
            .where(Handoff.resident_id == resident.id, HandoffMessage.state == PENDING)
        )
        for said in list(waiting):
            await ledger.settle(session, said, FAILED, "gone")

    async def _to_the_group(self, session: AsyncSession, handoff: Handoff, row: Outgoing) -> None:
        """A moderator's own chat can't be written to: their talk is in the group then."""
        first = handoff.moderator_id not in self.desk.unreachable
        self.desk.unreachable.add(handoff.moderator_id or 0)
        if first:
            key, name = f"{row.key}:unreachable", handoff.moderator_name
            await self.desk.tell(session, handoff, key, "utter_topic_unreachable", moderator=name)
        said = await session.get(HandoffMessage, row.said_id) if row.said_id else None
        if said and said.words:
            text = self.desk.wording.say(
                "utter_topic_resident", self.desk.language, text=said.words
            ).text
            await self.desk.post(
                session,
                handoff,
                f"{row.key}:group",
                "send_message",
                said_id=said.id,
                text=split(text)[0],
            )

    # --- small parts --------------------------------------------------------------------------

    async def show_typing(self, handoff_id: int) -> None:
        """Shows the resident that a moderator is typing."""
        async with self.store.begin() as session:
            handoff = await session.get(Handoff, handoff_id)
            resident = await session.get(Resident, handoff.resident_id) if handoff else None
        if resident and not resident.gone_at:
            try:
                await self.bot.call(
                    "sendChatAction", {"chat_id": resident.telegram_id, "action": "typing"}
                )
            except TelegramError:
                return  # it is a courtesy, and past in five seconds

    async def _reply(
        self, session: AsyncSession, answers: int | None, chat_id: int
    ) -> dict[str, Any]:
        """The parameters with which a message answers another one, where that one is shown."""
        group = self.desk.group
        chat = group.chat_id if chat_id == group.configured_id else chat_id
        shown = await copies.in_chat(session, answers, chat)
        if not shown:
            return {}
        return answering(shown[0])


def content_of(message: dict[str, Any]) -> Content:
    """What a Telegram message holds, for the ledger. Of a place only that it is one."""
    kind = kind_of(message)
    words = message.get("text") or message.get("caption")
    if kind is None or kind == "text":
        return Content(words)
    file: dict[str, Any] = {
        "chat_id": message["chat"]["id"],
        "message_id": message["message_id"],
        **_album(message),
    }
    sent = message[kind]
    if kind not in {"location", "venue", "contact"}:
        sent = sent[-1] if isinstance(sent, list) else sent
        file |= {
            name: sent[name]
            for name in ("file_id", "file_name", "mime_type", "file_size")
            if name in sent
        }
    return Content(words, kind, file)


def kind_of(message: dict[str, Any]) -> str | None:
    """What a Telegram message is: `text`, one of `MEDIA`, or nothing that can be relayed."""
    if message.get("text"):
        return "text"
    return next((kind for kind in MEDIA if message.get(kind)), None)


def _calls(said: HandoffMessage) -> list[tuple[str, dict[str, Any]]]:
    if said.file is None:
        return [("send_message", {"text": text}) for text in split(said.words or "")]
    copied = {"from_chat_id": said.file["chat_id"], "message_id": said.file["message_id"]}
    album = {"album": said.file["album"]} if "album" in said.file else {}
    return [("copy_message", {**copied, **album})]


def _album(message: dict[str, Any]) -> dict[str, str]:
    album = message.get("media_group_id")
    return {"album": str(album)} if album else {}


def _replied(message: dict[str, Any]) -> int | None:
    replied: dict[str, Any] = message.get("reply_to_message") or {}
    return replied.get("message_id")
