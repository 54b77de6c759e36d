"""The moderators' desk in Telegram: the card of each handoff, and what both sides are told."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, cast, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.cards import preview_of
from bot.dialogue.clock import Clock
from bot.dialogue.sayings import Saying
from bot.dialogue.wording import Phrases, Wording
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.handoff import duty, service
from bot.handoff.duty import Hours
from bot.handoff.states import BOT, HELD, OPEN, QUEUED, RESIDENT, Move, State
from bot.safety.helplines import Helplines
from bot.store.engine import Store
from bot.store.tables import Handoff, HandoffMove, Outgoing, Resident, now
from bot.telegram.group import Group, card_key
from bot.telegram.inbox import put
from bot.telegram.outbox import is_queued, post, until_done
from bot.telegram.rendering import Renderer, rows, split

# A card that is posted anew, because its topic was deleted, takes the first one's place.
ANEW = "@"
# Moves after which card and topic look as before.
UNSEEN = frozenset({Move.REQUEST, Move.ANNOUNCE, Move.ANSWER})


@dataclass
class Desk:
    """Keeps moderators and residents in step with the handoffs in the database.

    Attributes:
        private: whether a moderator talks in their own chat with the bot instead of the group.
        leads: Telegram ids of those who are told when something is escalated.
        unreachable: moderators to whom the bot may not write: they have not started it.
    """

    store: Store
    group: Group
    language: str
    wording: Wording
    phrases: Phrases
    factors: FactorCatalogue
    interests: InterestCatalogue
    renderer: Renderer
    clock: Clock
    hours: Hours
    helplines: Helplines
    private: bool = False
    leads: tuple[int, ...] = ()
    unreachable: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.group.alarm = self.tell_trouble
        self.group.opened = self.topic_opened

    async def run(self) -> None:
        """Shows requests and tells of moves as soon as they are made; until cancelled."""
        bell = self.store.bell(service.MOVED)
        while True:
            bell.clear()
            await until_done(self._look)
            await bell.wait()

    async def _look(self) -> None:
        async with self.store.begin() as session:
            for handoff in await self._without_card(session):
                await self.show(session, handoff)
            for handoff_id in {one.handoff_id for one in await service.untold(session)}:
                await self.tell_moves(session, handoff_id)

    # --- the card ---------------------------------------------------------------------------

    @staticmethod
    async def _without_card(session: AsyncSession) -> list[Handoff]:
        """What goes on and has no card: dangers first, then whoever has waited longest.

        Somebody may have claimed it on the web before the group has heard of it.
        """
        key = literal("handoff:") + cast(Handoff.id, String) + literal(":card")
        found = await session.scalars(
            select(Handoff)
            .where(Handoff.state.in_(OPEN), ~exists().where(Outgoing.key == key))
            .order_by(Handoff.danger.is_(None), Handoff.requested_at, Handoff.id)
        )
        return list(found)

    async def show(self, session: AsyncSession, handoff: Handoff) -> None:
        """Makes sure that the handoff has a card, on top of its topic."""
        key = card_key(handoff.id)
        resident = await session.get(Resident, handoff.resident_id)
        if resident is None or await is_queued(session, key):
            return
        if handoff.topic_id:
            await self.post(session, handoff, f"handoff:{handoff.id}:reopen", "reopen_forum_topic")
            await self._rename(session, handoff)
        await self.post(session, handoff, key, "send_message", **self.card(handoff, resident))
        await self._pin(session, handoff, key)
        await self._tell_before(session, handoff, key)

    async def _tell_before(self, session: AsyncSession, handoff: Handoff, card: str) -> None:
        """Under a card: what was said with the bot, where the resident sent that along."""
        if told := handoff.told_before:
            lines = "\n".join(
                self.phrases(f"before.{line['by']}", self.language, text=line["text"])
                for line in told["lines"]
            )
            await self.tell(
                session, handoff, f"{card}:before", "utter_topic_before", quiet=True, lines=lines
            )

    async def _pin(self, session: AsyncSession, handoff: Handoff, key: str) -> None:
        await post(
            session,
            f"{key}:pin",
            self.group.configured_id,
            "pin_chat_message",
            {"message_of": key, "disable_notification": True},
            handoff_id=handoff.id,
        )

    def card(self, handoff: Handoff, resident: Resident) -> dict[str, Any]:
        """The card as it stands now: its `text`, and the buttons that its state allows."""
        card = self._request_card(handoff, resident)
        said = card
        if handoff.state in HELD:
            said = self._words("utter_topic_card_claimed", card.text, handoff)
        elif handoff.state == State.CANCELLED:
            said = self._words("utter_topic_card_cancelled", card.text, handoff)
        elif handoff.state not in QUEUED:
            said = self._words("utter_topic_card_over", card.text, handoff)
        return {"text": said.text, **self.buttons(said, handoff.id)}

    @staticmethod
    def buttons(said: Saying, handoff_id: int) -> dict[str, Any]:
        """The buttons of a saying as a `reply_markup`; nothing where it has none."""
        buttons = [
            {"text": button.title, "callback_data": f"h:{button.payload}:{handoff_id}"}
            for button in said.buttons
        ]
        return {"reply_markup": {"inline_keyboard": rows(buttons)}} if buttons else {}

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
            reason=self.phrases(f"reason_asked.{handoff.reason or 'unknown'}", self.language),
        )

    def _words(self, response: str, card: str, handoff: Handoff) -> Saying:
        return self.wording.say(
            response, self.language, card=card, moderator=handoff.moderator_name
        )

    async def refresh(self, session: AsyncSession, handoff: Handoff) -> None:
        """Brings card and topic up to date with the handoff's state."""
        key = card_key(handoff.id)
        resident = await session.get(Resident, handoff.resident_id)
        if resident is None or not await is_queued(session, key):
            return
        await post(
            session,
            f"{key}:{handoff.last_number}:{handoff.danger}",
            self.group.configured_id,
            "edit_message_text",
            {**self.card(handoff, resident), "message_of": key},
            handoff_id=handoff.id,
        )
        await self._rename(session, handoff)

    async def _rename(self, session: AsyncSession, handoff: Handoff) -> None:
        resident = await session.get(Resident, handoff.resident_id)
        if resident and handoff.topic_id:
            key = f"handoff:{handoff.id}:name:{handoff.last_number}:{handoff.danger}"
            name = self.group.name(handoff, resident)
            await self.post(session, handoff, key, "edit_forum_topic", name=name)

    async def topic_opened(self, session: AsyncSession, handoff_id: int, topic_id: int) -> None:
        """A topic was made: in the place of one that was deleted the card is posted anew."""
        key = card_key(handoff_id)
        handoff = await session.get(Handoff, handoff_id)
        before = await session.scalar(select(Outgoing).where(Outgoing.key == key))
        if handoff is None or before is None or before.state != "sent":
            return
        resident = await session.get_one(Resident, handoff.resident_id)
        anew = f"{key}{ANEW}{topic_id}"
        await self.post(session, handoff, anew, "send_message", **self.card(handoff, resident))
        await self._pin(session, handoff, anew)
        await self._tell_before(session, handoff, anew)
        await self.tell(session, handoff, f"{anew}:told", "utter_topic_anew")

    async def card_sent(self, session: AsyncSession, row: Outgoing) -> None:
        """A card has got through: the moderators have been told."""
        if row.handoff_id is None:
            return
        first, _, anew = row.key.partition(ANEW)
        if first == card_key(row.handoff_id):
            if anew and ":" not in anew:
                earlier = await session.scalar(select(Outgoing).where(Outgoing.key == first))
                if earlier:
                    earlier.message_id = row.message_id
            await service.announce(session, row.handoff_id)

    # --- telling the moderators ---------------------------------------------------------------

    async def post(
        self,
        session: AsyncSession,
        handoff: Handoff,
        key: str,
        method: str,
        /,
        *,
        chat: int | None = None,
        said_id: int | None = None,
        from_human: bool = False,
        **params: Any,
    ) -> None:
        """Queues a call about a handoff: for its topic, unless it is for another chat."""
        if chat is None or chat == self.group.configured_id:
            chat, params = self.group.configured_id, {**params, "topic_of": handoff.id}
        await post(
            session,
            key,
            chat,
            method,
            params,
            handoff_id=handoff.id,
            said_id=said_id,
            from_human=from_human,
        )

    def chat_of(self, handoff: Handoff) -> int:
        """Where the moderators' side of a talk is: the group, or its holder's own chat."""
        holder = handoff.moderator_id
        if self.private and handoff.state in HELD and holder and holder not in self.unreachable:
            return holder
        return self.group.configured_id

    async def tell(
        self,
        session: AsyncSession,
        handoff: Handoff,
        key: str,
        response: str,
        /,
        *,
        quiet: bool = False,
        **values: object,
    ) -> None:
        """Says something to the moderators, where the handoff's talk is."""
        if not handoff.topic_id and not await is_queued(session, card_key(handoff.id)):
            return
        said = self.wording.say(response, self.language, **values)
        more: dict[str, Any] = {"disable_notification": True} if quiet else {}
        for number, text in enumerate(split(said.text)):
            await self.post(
                session,
                handoff,
                f"{key}:topic:{number}",
                "send_message",
                chat=self.chat_of(handoff),
                text=text,
                **self.buttons(said, handoff.id),
                **more,
            )

    async def tell_all(
        self,
        session: AsyncSession,
        key: str,
        response: str,
        /,
        *,
        markup: dict[str, Any] | None = None,
        **values: object,
    ) -> None:
        """Says something to the whole group, outside all topics."""
        params: dict[str, Any] = {"text": self.wording.say(response, self.language, **values).text}
        if markup:
            params["reply_markup"] = markup
        await post(session, key, self.group.configured_id, "send_message", params)

    async def tell_leads(
        self, session: AsyncSession, key: str, response: str, /, **values: object
    ) -> None:
        """Says something to those who lead, each in their own chat with the bot."""
        text = self.wording.say(response, self.language, **values).text
        for lead in self.leads:
            await post(session, f"{key}:lead:{lead}", lead, "send_message", {"text": text})

    async def tell_trouble(self, trouble: str) -> None:
        """Something keeps the bot from working in the group as it should."""
        key = f"trouble:{trouble}:{now().timestamp()}"
        words = self.phrases(f"trouble.{trouble}", self.language)
        async with self.store.begin() as session:
            await self.tell_all(session, key, "utter_group_trouble", trouble=words)
            await self.tell_leads(session, key, "utter_group_trouble", trouble=words)

    async def tell_danger(
        self, session: AsyncSession, handoff: Handoff, kind: str, key: str
    ) -> None:
        """Marks danger in a talk that a moderator has."""
        danger = self.phrases(f"danger.{kind}", self.language)
        await self.tell(session, handoff, f"{key}:danger", "utter_topic_danger", danger=danger)
        await self.refresh(session, handoff)

    async def tell_gone(self, session: AsyncSession, resident: Resident) -> None:
        """Says that the resident has blocked the bot, where somebody is talking with them."""
        handoff = await service.open_of(session, resident)
        if handoff:
            key = f"gone:{handoff.id}:{resident.seen_at.timestamp()}"
            await self.tell(session, handoff, key, "utter_topic_gone")

    async def tell_not_seen(self, session: AsyncSession, handoff: Handoff, row: Outgoing) -> None:
        """Tells a resident that what they sent may not have reached the human."""
        key = f"{row.key}:undelivered"
        await self._tell_resident(session, handoff, key, "utter_handoff_not_delivered")

    async def tell_feedback(self, session: AsyncSession, handoff: Handoff, code: str) -> None:
        """Says how the talk was for the resident."""
        words = self.phrases(f"feedback.{code}", self.language)
        key = f"handoff:{handoff.id}:feedback:{code}"
        await self.tell(session, handoff, key, "utter_topic_feedback", feedback=words)

    async def tell_feedback_words(self, session: AsyncSession, handoff: Handoff) -> None:
        """Says what word the resident had for the talk."""
        key = f"handoff:{handoff.id}:feedback:{now().timestamp()}"
        words = handoff.feedback_words
        await self.tell(session, handoff, key, "utter_topic_feedback", feedback=words)

    async def promise(self, session: AsyncSession, language: str) -> tuple[str, dict[str, str]]:
        """What a resident who asks for a human is told of the wait: a response and its values."""
        answering = await duty.answering(session, self.hours, now())
        if answering.opens_at is None:
            return "utter_handoff_requested", {}
        when = self.clock.when(answering.opens_at, language)
        lines = self.helplines.text("suicide", language, now(), "concern")
        return "utter_handoff_requested_later", {"when": when, "helplines": lines}

    # --- telling both of a move ---------------------------------------------------------------

    async def tell_moves(self, session: AsyncSession, handoff_id: int) -> None:
        """Tells both sides of the moves that they do not know of yet, whoever made them."""
        handoff = await service.get(session, handoff_id)
        moves = await service.untold(session, handoff_id) if handoff else []
        if handoff is None or not moves:
            return
        for move in moves:
            move.told_at = now()
            await self._tell_move(session, handoff, move)
        if any(move.move not in UNSEEN for move in moves):
            await self.refresh(session, handoff)
        if moves[-1].move in {Move.END, Move.TIME_OUT, Move.CANCEL}:
            if handoff.topic_id:
                key = f"handoff:{handoff.id}:close:{moves[-1].number}"
                await self.post(session, handoff, key, "close_forum_topic")
            await self._resume(session, handoff)

    async def _tell_move(self, session: AsyncSession, handoff: Handoff, move: HandoffMove) -> None:
        key = f"move:{move.id}"
        told: dict[str, Any] = {
            "moderator": move.name,
            "holder": move.holder,
            "reason": _reason(move),
        }
        match move.move:
            case Move.CLAIM:
                await self.tell(session, handoff, key, "utter_topic_claimed", **told)
                await self._tell_resident(session, handoff, key, "utter_handoff_joined", **told)
                if self.private:
                    await self._tell_holder(session, handoff, key)
            case Move.RELEASE:
                by_bot = move.actor == BOT
                topic = "utter_topic_returned" if by_bot else "utter_topic_released"
                await self.tell(session, handoff, key, topic, **told)
                await self._tell_resident(session, handoff, key, "utter_handoff_released", **told)
            case Move.TRANSFER:
                await self.tell(session, handoff, key, "utter_topic_transferred", **told)
                joined = {"moderator": move.holder}
                await self._tell_resident(session, handoff, key, "utter_handoff_joined", **joined)
                if self.private:
                    await self._tell_holder(session, handoff, key)
            case Move.ESCALATE:
                await self._escalated(session, handoff, key, told)
            case Move.REOPEN:
                if handoff.topic_id:
                    await self.post(session, handoff, f"{key}:reopen", "reopen_forum_topic")
                await self.tell(session, handoff, key, "utter_topic_reopened", **told)
                await self._tell_resident(session, handoff, key, "utter_handoff_reopened", **told)
            case Move.END:
                ended = {RESIDENT: "utter_topic_ended_by_resident"}.get(
                    move.actor, "utter_topic_ended_by_moderator"
                )
                await self.tell(session, handoff, key, ended, **told)
                over = {"handoff": handoff.id}
                await self._tell_resident(session, handoff, key, "utter_handoff_ended", **over)
            case Move.TIME_OUT:
                await self.tell(session, handoff, key, "utter_topic_timed_out")
                response = "utter_handoff_timed_out"
                if move.before in HELD:
                    response = "utter_handoff_ended"
                over = {"handoff": handoff.id}
                await self._tell_resident(session, handoff, key, response, **over)
            case Move.CANCEL:
                await self.tell(session, handoff, key, "utter_topic_cancelled")

    async def _escalated(
        self, session: AsyncSession, handoff: Handoff, key: str, told: dict[str, Any]
    ) -> None:
        resident = await session.get_one(Resident, handoff.resident_id)
        told = {**told, "alias": resident.alias}
        if told["moderator"] is None:
            told["moderator"] = self.phrases("desk.bot", self.language)
        await self.tell(session, handoff, key, "utter_topic_escalated", **told)
        await self.tell_all(session, f"{key}:all", "utter_group_escalated", **told)
        await self.tell_leads(session, key, "utter_group_escalated", **told)

    async def _tell_holder(self, session: AsyncSession, handoff: Handoff, key: str) -> None:
        """The talk is in the holder's own chat: they are shown there what it is about."""
        resident = await session.get(Resident, handoff.resident_id)
        chat = self.chat_of(handoff)
        if resident and chat != self.group.configured_id:
            card = self.card(handoff, resident)
            await self.post(session, handoff, f"{key}:card", "send_message", chat=chat, **card)
            await self._tell_before(session, handoff, f"{key}:card")

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

    async def _resume(self, session: AsyncSession, handoff: Handoff) -> None:
        """Has the bot go on from where the talk with the resident was."""
        resident = await session.get(Resident, handoff.resident_id)
        ended = handoff.ended_at or handoff.requested_at
        if resident:
            # Not by the handoff's id: a database may give an erased one's again.
            await put(
                session,
                -int(ended.timestamp() * 1_000_000),
                f"resident:{resident.telegram_id}",
                {"resume": resident.conversation_id},
            )

    # --- whoever leaves -----------------------------------------------------------------------

    async def moderator_left(self, session: AsyncSession, moderator_id: int) -> None:
        """Somebody is not in the group any more: what they had waits for another."""
        reason = self.phrases("desk.left", self.language)
        for handoff in await service.held_by(session, moderator_id):
            await service.return_to_queue(session, handoff, reason)
            await self.tell_moves(session, handoff.id)


def _reason(move: HandoffMove) -> str:
    return f" ({move.reason})" if move.reason else ""
