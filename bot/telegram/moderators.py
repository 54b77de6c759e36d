"""What becomes of an update on the moderators' side: moves, words to the resident, notes, duty."""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from telegram.error import TelegramError

from bot.dialogue.sayings import Button, Saying
from bot.dialogue.wording import Wording
from bot.errors import HandoffRefused
from bot.handoff import duty, ledger, service, volunteers
from bot.handoff.canned import CannedReplies
from bot.handoff.states import RESIDENT, moderator
from bot.safety import review
from bot.safety.helplines import HELSINKI
from bot.store.engine import Store
from bot.store.tables import Handoff, HandoffMessage, Resident, now
from bot.telegram import copies
from bot.telegram.api import Api, answering
from bot.telegram.desk import Desk
from bot.telegram.group import Group
from bot.telegram.inbox import Incoming
from bot.telegram.outbox import post
from bot.telegram.relay import UNCOPIED, Relay, content_of, kind_of
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
    "palauta": "release",
    "transfer": "transfer",
    "siirra": "transfer",
    "escalate": "escalate",
    "apua": "escalate",
    "reopen": "reopen",
    "avaa": "reopen",
    "wrong": "wrong",
    "turha": "wrong",
    "canned": "canned",
    "valmis": "canned",
    "delete": "delete",
    "poista": "delete",
    "duty": "duty",
    "vuoro": "duty",
}
NOTE = "//"
TAPPED = re.compile(
    r"h:(claim|release|end|transfer|escalate|reopen|to|over|retry)(?:\.(\d{1,18}))?:(\d{1,18})",
    re.ASCII,
)
OFFERED = re.compile(r"v:(invited|declined):(\d{1,18})", re.ASCII)
SHIFT = re.compile(r"(\d{1,2})(?:[.:](\d\d))?\s*[-–]\s*(\d{1,2})(?:[.:](\d\d))?", re.ASCII)
OFF_DUTY = frozenset({"pois", "off"})


@dataclass(frozen=True)
class Act:
    """What a moderator does: who, to which handoff, and with what.

    Attributes:
        rest: what follows a command.
        number: what a button is about besides the handoff: another moderator, a message.
        written: by a command, not by a button.
    """

    session: AsyncSession
    handoff: Handoff
    person: dict[str, Any]
    rest: str = ""
    number: int = 0
    written: bool = False

    @property
    def who(self) -> int:
        """The moderator's Telegram id."""
        return int(self.person["id"])

    @property
    def name(self) -> str:
        """What the moderator goes by."""
        return str(self.person.get("first_name") or "?")


@dataclass
class ModeratorTalk:
    """Handles the updates of the moderators' group. Only its members are listened to."""

    store: Store
    bot: Api
    group: Group
    language: str
    wording: Wording
    desk: Desk
    relay: Relay
    canned: CannedReplies
    _members: dict[int, tuple[bool, float]] = field(default_factory=dict)

    async def takes(self, incoming: Incoming) -> bool:
        """Whether an update of a private chat is a moderator's, who has a talk going on there."""
        body = incoming.body
        message = body.get("message") or body.get("edited_message") or {}
        who = ((body.get("callback_query") or message).get("from") or {}).get("id")
        if not self.desk.private or who is None:
            return False
        async with self.store.begin() as session:
            return bool(await service.held_by(session, who))

    async def handle(self, incoming: Incoming) -> None:
        """Takes one update to its end."""
        body = incoming.body
        tap = body.get("callback_query")
        message = body.get("message")
        chat = _chat_of(tap or body)
        is_own = chat is not None and chat > 0 and self.desk.private
        if not is_own and not self.group.is_it(chat):
            await self._settle(incoming)
        elif tap:
            await self._tapped(incoming, tap)
        elif "my_chat_member" in body:
            await self._own_standing(incoming, body["my_chat_member"]["new_chat_member"])
        elif "chat_member" in body:
            await self._standing(incoming, body["chat_member"]["new_chat_member"])
        elif message and not await self._happened(incoming, message):
            await self._wrote(incoming, message)
        elif edited := body.get("edited_message"):
            await self._edited(incoming, edited)
        elif not message:
            await self._settle(incoming)

    # --- the group itself ---------------------------------------------------------------------

    async def _happened(self, incoming: Incoming, message: dict[str, Any]) -> bool:
        """Whether a message only says that something has happened to the group."""
        if new_id := message.get("migrate_to_chat_id"):
            await self.group.moved(new_id)
        elif left := message.get("left_chat_member"):
            await self._left(left["id"])
        elif not (message.get("from") or {}).get("is_bot", True):
            return False
        await self._settle(incoming)
        return True

    async def _own_standing(self, incoming: Incoming, member: dict[str, Any]) -> None:
        may_manage = bool(member.get("can_manage_topics", not self.group.is_forum))
        await self.group.has_rights(member["status"], may_manage=may_manage)
        await self._settle(incoming)

    async def _standing(self, incoming: Incoming, member: dict[str, Any]) -> None:
        self._members.pop(member["user"]["id"], None)
        if member["status"] not in MEMBERS:
            await self._left(member["user"]["id"])
        await self._settle(incoming)

    async def _left(self, person_id: int) -> None:
        self._members.pop(person_id, None)
        async with self.store.begin() as session:
            await self.desk.moderator_left(session, person_id)

    # --- taps ---------------------------------------------------------------------------------

    async def _tapped(self, incoming: Incoming, tap: dict[str, Any]) -> None:
        data = str(tap.get("data") or "")
        tapped, offered = TAPPED.fullmatch(data), OFFERED.fullmatch(data)
        words = None
        is_member = await self._is_member(tap["from"]["id"])
        async with self.store.begin() as session:
            if not is_member:
                words = self._words("utter_claim_outsider")
            elif tapped and (handoff := await service.get(session, int(tapped[3]))):
                act = Act(session, handoff, tap["from"], number=int(tapped[2] or 0))
                said = await self._move(act, tapped[1])
                words = said.text if said else None
                if said and said.buttons:
                    message = tap.get("message") or {}
                    await self._reply(session, message, said, incoming, handoff)
                    words = None
            elif offered:
                words = await self._review(session, int(offered[2]), offered[1], tap)
            await incoming.settle(session)
        await self._answer_tap(tap["id"], words)

    async def _review(
        self, session: AsyncSession, volunteer_id: int, state: str, tap: dict[str, Any]
    ) -> str:
        """Somebody who offered to help is invited, or not."""
        person = tap["from"]
        name = str(person.get("first_name") or "?")
        reviewed = await volunteers.review(session, volunteer_id, state, person["id"], name)
        return self._words(f"utter_volunteer_{state}" if reviewed else "utter_volunteer_reviewed")

    # --- messages -----------------------------------------------------------------------------

    async def _wrote(self, incoming: Incoming, message: dict[str, Any]) -> None:
        text = str(message.get("text") or "")
        is_content = kind_of(message) or any(message.get(kind) for kind in UNCOPIED)
        is_member = await self._is_member(message["from"]["id"])
        async with self.store.begin() as session:
            command, rest = _command(text)
            if command == "duty":
                said = await self._duty(session, message["from"], rest) if is_member else None
                await self._reply(session, message, said, incoming)
            elif (handoff := await self._about(session, message)) and is_content:
                act = Act(session, handoff, message["from"], rest, written=True)
                said = (
                    await self._act(act, command, message, incoming)
                    if is_member
                    else self._saying("utter_claim_outsider")
                )
                await self._reply(session, message, said, incoming, handoff)
            await incoming.settle(session)

    async def _about(self, session: AsyncSession, message: dict[str, Any]) -> Handoff | None:
        """The handoff that a message is about: by its topic, by what it answers, or one's own."""
        chat_id, thread = message["chat"]["id"], message.get("message_thread_id")
        if chat_id < 0 and thread and (found := await service.by_topic(session, thread)):
            return found
        replied = (message.get("reply_to_message") or {}).get("message_id")
        copy = await copies.of_telegram(session, chat_id, replied)
        if copy:
            return await service.get(session, copy.handoff_id)
        if chat_id > 0:
            held = await service.held_by(session, message["from"]["id"])
            return held[0] if held else None
        return None

    async def _act(
        self, act: Act, command: str | None, message: dict[str, Any], incoming: Incoming
    ) -> Saying | None:
        """A command is a move, a note stays; anything else is said to the resident."""
        text = str(message.get("text") or message.get("caption") or "")
        if text.startswith(NOTE):
            if words := text.removeprefix(NOTE).strip():
                await ledger.note(act.session, act.handoff.id, act.who, act.name, words)
            return None
        if command == "canned":
            return await self._canned(act)
        if command == "delete":
            return await self._delete(act, message, incoming)
        if command:
            return await self._move(act, command)
        if str(message.get("text") or "").startswith("/"):
            return None
        if kind_of(message) is None:
            return self._saying("utter_not_relayed")
        return await self._say(act, message)

    async def _say(self, act: Act, message: dict[str, Any]) -> Saying | None:
        """The holder's words to the resident; anybody else's stay in the topic.

        An answer to something that the resident said is meant for them: it claims first.
        """
        session = act.session
        resident = await session.get(Resident, act.handoff.resident_id)
        if resident is None or resident.gone_at:
            return self._saying("utter_topic_gone")
        answered = await self._answered(session, message)
        is_meant = answered is not None and answered.author == RESIDENT
        try:
            said = await ledger.say(
                session,
                act.handoff.id,
                act.who,
                act.name,
                content_of(message),
                surface="telegram",
                answers=answered.id if answered else None,
                take_up=is_meant,
            )
        except HandoffRefused as refusal:
            return self._refusal(refusal, writing=True)
        await copies.remember(
            session, act.handoff.id, said.id, message["chat"]["id"], message["message_id"]
        )
        await self.desk.tell_moves(session, act.handoff.id)
        await self.relay.deliver(session, said.id)
        return None

    async def _answered(
        self, session: AsyncSession, message: dict[str, Any]
    ) -> HandoffMessage | None:
        replied = (message.get("reply_to_message") or {}).get("message_id")
        copy = await copies.of_telegram(session, message["chat"]["id"], replied)
        if copy is None or copy.message_id is None:
            return None
        return await session.get(HandoffMessage, copy.message_id)

    async def _canned(self, act: Act) -> Saying | None:
        """A canned reply in the resident's language; without a name, which there are."""
        reply = self.canned.get(act.rest)
        if reply is None:
            listed = [
                f"{name} – {one.titles[self.language]}" for name, one in self.canned.replies.items()
            ]
            return self._saying("utter_canned_list", replies="\n".join(listed))
        resident = await act.session.get_one(Resident, act.handoff.resident_id)
        text = reply.fill(
            resident.language,
            moderator=act.name,
            municipality=act.handoff.shared.get("municipality"),
        )
        try:
            said = await ledger.say(
                act.session,
                act.handoff.id,
                act.who,
                act.name,
                ledger.Content(text),
                surface="telegram",
            )
        except HandoffRefused as refusal:
            return self._refusal(refusal, writing=True)
        await self.desk.tell_moves(act.session, act.handoff.id)
        await self.relay.deliver(act.session, said.id)
        return self._saying("utter_canned_sent", text=text)

    async def _delete(self, act: Act, message: dict[str, Any], incoming: Incoming) -> Saying | None:
        """Takes back, on the resident's side, what the moderator answers to with the command."""
        said = await self._answered(act.session, message)
        if said is None or said.author != moderator(act.who):
            return self._saying("utter_topic_delete_how")
        done = await self.relay.delete(act.session, said, f"update:{incoming.id}")
        return self._saying("utter_topic_deleted" if done else "utter_topic_delete_how")

    async def _edited(self, incoming: Incoming, message: dict[str, Any]) -> None:
        async with self.store.begin() as session:
            copy = await copies.of_telegram(session, message["chat"]["id"], message["message_id"])
            said = (
                await session.get(HandoffMessage, copy.message_id)
                if copy and copy.message_id
                else None
            )
            if said and said.author == moderator(message["from"]["id"]) and not said.deleted_at:
                words = content_of(message).words
                key = f"update:{incoming.id}"
                if not await self.relay.edit(session, said, words, key):
                    handoff = await service.get(session, said.handoff_id)
                    not_edited = self._saying("utter_topic_not_edited")
                    await self._reply(session, message, not_edited, incoming, handoff)
            await incoming.settle(session)

    # --- moves --------------------------------------------------------------------------------

    async def _move(self, act: Act, move: str) -> Saying | None:
        """Makes a moderator's move. Gives the words for the one who made it."""
        moves: dict[str, Callable[[Act], Awaitable[Saying | None]]] = {
            "claim": self._claim,
            "release": self._release,
            "end": self._end,
            "transfer": self._whom,
            "to": self._transfer,
            "over": self._take_over,
            "escalate": self._escalate,
            "reopen": self._reopen,
            "retry": self._retry,
            "wrong": self._wrong,
        }
        try:
            said = await moves[move](act)
        except HandoffRefused as refusal:
            await self.desk.refresh(act.session, act.handoff)
            return self._refusal(refusal)
        await self.desk.tell_moves(act.session, act.handoff.id)
        return said

    async def _claim(self, act: Act) -> Saying:
        try:
            await service.claim(act.session, act.handoff.id, act.who, act.name)
        except HandoffRefused as refusal:
            handoff = await service.get(act.session, act.handoff.id)
            if refusal.reason != "taken" or not handoff or not act.written:
                raise
            # Whoever wrote the command is asked whether they mean it: a step of its own.
            holder, name = handoff.moderator_id, handoff.moderator_name
            return self._saying("utter_topic_take_over", moderator=name, holder=holder)
        return self._saying("utter_claim_yours")

    async def _release(self, act: Act) -> None:
        await service.release(act.session, act.handoff.id, act.who, act.rest or None)

    async def _end(self, act: Act) -> None:
        await service.end(act.session, act.handoff.id, moderator(act.who), act.name)

    async def _escalate(self, act: Act) -> None:
        actor, reason = moderator(act.who), act.rest or None
        await service.escalate(act.session, act.handoff.id, actor, act.name, reason)

    async def _reopen(self, act: Act) -> None:
        await service.reopen(act.session, act.handoff.id, act.who, act.name)

    async def _wrong(self, act: Act) -> Saying:
        marked = await review.mark_wrong(act.session, act.handoff.resident_id)
        return self._saying("utter_assessment_wrong" if marked else "utter_assessment_none")

    async def _retry(self, act: Act) -> Saying:
        said = await ledger.retry(act.session, act.number, act.who)
        await self.relay.deliver(act.session, said.id)
        return self._saying("utter_topic_retried")

    async def _whom(self, act: Act) -> Saying:
        """Asks to whom a talk is to be given; only its holder may."""
        service.holder_may_write(act.handoff, act.who)
        known = await service.moderators_known(act.session)
        others = [(name, one) for one, name in known.items() if one != act.who]
        if not others:
            return self._saying("utter_topic_transfer_nobody")
        buttons = tuple(Button(name, f"to.{one}") for name, one in sorted(others))
        return replace(self._saying("utter_topic_transfer"), buttons=buttons)

    async def _transfer(self, act: Act) -> Saying | None:
        known = await service.moderators_known(act.session)
        if act.number not in known or not await self._is_member(act.number):
            return self._saying("utter_topic_transfer_gone")
        await service.transfer(act.session, act.handoff.id, act.who, act.number, known[act.number])
        return None

    async def _take_over(self, act: Act) -> Saying:
        await service.take_over(
            act.session, act.handoff.id, act.who, act.name, holder_id=act.number
        )
        return self._saying("utter_claim_yours")

    # --- duty ---------------------------------------------------------------------------------

    async def _duty(self, session: AsyncSession, person: dict[str, Any], rest: str) -> Saying:
        """`/vuoro` lists who is on duty, `/vuoro 17-20` adds a shift, `/vuoro pois` ends it."""
        at = now()
        if rest in OFF_DUTY:
            ended = await duty.end_duty(session, person["id"], at)
            return self._saying("utter_duty_ended" if ended else "utter_duty_none")
        if span := SHIFT.fullmatch(rest):
            try:
                starts, ends = _span(at, span)
                name = str(person.get("first_name") or "?")
                await duty.add_shift(session, person["id"], name, starts, ends)
            except ValueError:
                return self._saying("utter_duty_how")
        elif rest:
            return self._saying("utter_duty_how")
        coming = await duty.shifts(session, at, at + timedelta(days=7))
        if not coming:
            return self._saying("utter_duty_nobody")
        listed = "\n".join(
            f"{one.moderator_name}: {self.desk.clock.span(one.starts_at, one.ends_at)}"
            for one in coming
        )
        return self._saying("utter_duty_list", shifts=listed)

    # --- small parts --------------------------------------------------------------------------

    def _refusal(self, refusal: HandoffRefused, *, writing: bool = False) -> Saying:
        response = {
            "taken": "utter_topic_not_yours" if writing else "utter_claim_taken",
            "not_claimed": "utter_claim_first",
            "cancelled": "utter_claim_cancelled",
            "open_already": "utter_reopen_open",
            "not_ended": "utter_reopen_not_ended",
        }.get(refusal.reason, "utter_claim_over")
        at = self.desk.clock.time(refusal.at) if refusal.at else ""
        return self._saying(response, moderator=refusal.holder, at=at)

    async def _reply(
        self,
        session: AsyncSession,
        message: dict[str, Any],
        said: Saying | None,
        incoming: Incoming,
        handoff: Handoff | None = None,
    ) -> None:
        """Answers a moderator under what they wrote or tapped."""
        if said is None:
            return
        chat_id = message["chat"]["id"]
        markup = self.desk.buttons(said, handoff.id) if handoff else {}
        for number, text in enumerate(split(said.text)):
            params = {
                "text": text,
                "message_thread_id": message.get("message_thread_id"),
                **answering(message["message_id"]),
                **markup,
            }
            await post(
                session,
                f"update:{incoming.id}:reply" + (f":{number}" if number else ""),
                self.group.configured_id if self.group.is_it(chat_id) else chat_id,
                "send_message",
                params,
                handoff_id=handoff.id if handoff else None,
            )

    async def _answer_tap(self, tap_id: str, words: str | None) -> None:
        try:
            await self.bot.call("answerCallbackQuery", {"callback_query_id": tap_id, "text": words})
        except TelegramError as error:
            log.debug("tap not answered", error=type(error).__name__)

    async def _is_member(self, person_id: int) -> bool:
        """Asks Telegram, and believes the answer for a minute."""
        known, until = self._members.get(person_id, (False, 0.0))
        if time.monotonic() < until:
            return known
        try:
            member = await self.bot.call(
                "getChatMember", {"chat_id": self.group.chat_id, "user_id": person_id}
            )
        except TelegramError as error:
            log.warning("membership not known", error=type(error).__name__)
            return False
        is_member = member["status"] in MEMBERS
        self._members[person_id] = (is_member, time.monotonic() + MEMBERSHIP_SECONDS)
        return is_member

    def _saying(self, response: str, /, **values: object) -> Saying:
        return self.wording.say(response, self.language, **values)

    def _words(self, response: str, **values: object) -> str:
        return self._saying(response, **values).text

    async def _settle(self, incoming: Incoming) -> None:
        async with self.store.begin() as session:
            await incoming.settle(session)


def _command(text: str) -> tuple[str | None, str]:
    """A command of ours and what follows it; none where it is no command of ours."""
    if not text.startswith("/"):
        return None, ""
    word, _, rest = text[1:].partition(" ")
    return COMMANDS.get(word.partition("@")[0].lower()), rest.strip()


def _chat_of(body: dict[str, Any]) -> int | None:
    inner = (
        body.get("message")
        or body.get("edited_message")
        or body.get("my_chat_member")
        or body.get("chat_member")
        or {}
    )
    return (inner.get("chat") or {}).get("id")


def _span(at: datetime, span: re.Match[str]) -> tuple[datetime, datetime]:
    """A shift of today, or one that goes on over midnight.

    Raises:
        ValueError: there is no such time of day.
    """
    today = at.astimezone(HELSINKI).replace(second=0, microsecond=0)
    starts = today.replace(hour=int(span[1]), minute=int(span[2] or 0))
    ends = today.replace(hour=int(span[3]) % 24, minute=int(span[4] or 0))
    return starts, ends if ends > starts else ends + timedelta(days=1)
