"""The moderators' group as Telegram has it: its id, its topics, its allowance, its troubles.

Calls are queued for the group of the settings and find their place when they are sent: in the
resident's topic, which is made where there is none, or was deleted; in a group without topics as an
answer to the card.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, TelegramError

from bot.dialogue.wording import Phrases, Wording
from bot.handoff.states import HELD, OPEN, State
from bot.store.engine import Store
from bot.store.tables import Handoff, ModeratorGroup, Outgoing, Resident, now
from bot.telegram import arrival
from bot.telegram.api import Api, answering

log = structlog.get_logger(__name__)

TOPIC_NAME = 128
# What Telegram counts against the allowance of a group.
COUNTED = frozenset({"send_message", "copy_message", "copy_messages", "edit_message_text"})
OF_A_TOPIC = frozenset({"close_forum_topic", "reopen_forum_topic", "edit_forum_topic"})
# Parts of Telegram's refusals. For a topic that is gone it has two spellings, and a third where it
# never was one.
LOST = ("thread not", "topic_deleted", "topic_id_invalid")
NO_TOPICS = ("a forum",)
CLOSED = ("topic_closed",)
NO_RIGHTS = ("enough rights", "chat_admin_required", "administrator rights")
KICKED = "kicked"
DEMOTED = "no_rights"
CLOSED_FORUM = "no_topics"
NO_INVITATION = "no_invitation"
INVITATION = timedelta(days=7)
LONGEST_PAUSE = 600.0
TRIES = 3

Alarm = Callable[[str], Awaitable[None]]
Opened = Callable[[AsyncSession, int, int], Awaitable[None]]


class Allowance:
    """At most so many messages in a minute, for all topics of the group together."""

    def __init__(self, most: int, seconds: float = 60.0) -> None:
        self.most = most
        self.seconds = seconds
        self._sent: deque[float] = deque()

    def note(self, ago: float = 0.0) -> None:
        """One has been sent, so many seconds ago."""
        self._sent.append(time.monotonic() - ago)

    async def wait(self) -> bool:
        """Waits until another may be sent. Says whether it had to."""
        waited = False
        while (pause := self._pause()) > 0:
            waited = True
            await asyncio.sleep(pause)
        return waited

    def _pause(self) -> float:
        at = time.monotonic()
        while self._sent and self._sent[0] <= at - self.seconds:
            self._sent.popleft()
        return self._sent[0] + self.seconds - at if len(self._sent) >= self.most else 0.0


@dataclass
class Group:
    """The group that moderators are in.

    Attributes:
        configured_id: as in the settings; what is queued for the group bears this id.
        chat_id: its id now.
        is_forum: whether it has topics.
        trouble: what keeps the bot from working there as it should; none where all is well.
        allowance: what it may send there.
        retry_seconds: pause before it is tried again to make a topic.
        alarm: told of each trouble once.
        opened: told of each topic that is made: of which handoff, and its id.
    """

    store: Store
    bot: Api
    configured_id: int
    language: str
    wording: Wording
    phrases: Phrases
    allowance: Allowance
    chat_id: int = 0
    is_forum: bool = True
    trouble: str | None = None
    retry_seconds: float = 5.0
    alarm: Alarm | None = None
    opened: Opened | None = None
    _refused: int = 0
    _back: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.chat_id = self.chat_id or self.configured_id

    def is_it(self, chat_id: int | None) -> bool:
        """Whether a chat is the group, under its present id or the one of the settings."""
        return chat_id in {self.chat_id, self.configured_id}

    async def open(self) -> None:
        """Takes up what is known of it, and what was sent to it within the last minute."""
        since = now() - timedelta(seconds=self.allowance.seconds)
        async with self.store.begin() as session:
            known = await session.get(ModeratorGroup, self.configured_id)
            sent = list(
                await session.scalars(
                    select(Outgoing.settled_at)
                    .where(
                        Outgoing.chat_id == self.configured_id,
                        Outgoing.settled_at > since,
                        Outgoing.state != "dropped",
                        Outgoing.method.in_(COUNTED),
                    )
                    .order_by(Outgoing.settled_at)
                )
            )
        for at in sent:
            self.allowance.note((now() - at).total_seconds() if at else 0.0)
        if known:
            self.chat_id, self.is_forum, self.trouble = known.chat_id, known.is_forum, known.trouble

    async def look(self) -> None:
        """Asks Telegram what kind of group it is.

        Raises:
            TelegramError: it can't be seen.
        """
        try:
            chat = await self.bot.call("getChat", {"chat_id": self.chat_id})
        except ChatMigrated as error:
            await self.moved(error.new_chat_id)
            chat = await self.bot.call("getChat", {"chat_id": self.chat_id})
        is_forum = bool(chat.get("is_forum"))
        if is_forum != self.is_forum:
            await self._keep(is_forum=is_forum)

    async def moved(self, new_id: int) -> None:
        """It was upgraded and has another id: topics, where it has any, are made anew."""
        if new_id == self.chat_id:
            return
        log.warning("the moderators' group has another id now")
        async with self.store.begin() as session:
            await session.execute(update(Handoff).values(topic_id=None))
        await self._keep(chat_id=new_id)
        await self.look()

    async def has_rights(self, status: str, *, may_manage: bool) -> None:
        """What the bot may do there has changed."""
        if status in {"left", "kicked"}:
            await self.notice(KICKED)
        elif status != "administrator" or not may_manage:
            self._back.set()
            await self.notice(DEMOTED)
        else:
            self._back.set()
            await self._keep(trouble=None)
            await self.look()

    async def invitation(self) -> str | None:
        """A link into the group for one person, for some days; none where the bot may not."""
        try:
            link = await self.bot.call(
                "createChatInviteLink",
                {
                    "chat_id": self.chat_id,
                    "member_limit": 1,
                    "expire_date": now() + INVITATION,
                },
            )
        except TelegramError as error:
            log.warning("no invitation could be made", error=type(error).__name__)
            await self.notice(NO_INVITATION)
            return None
        return str(link["invite_link"])

    async def notice(self, trouble: str) -> None:
        """Something keeps the bot from working there: it is told once."""
        if self.trouble == trouble:
            return
        log.error("trouble in the moderators' group", trouble=trouble)
        await self._keep(trouble=trouble)
        if self.alarm:
            await self.alarm(trouble)

    # --- where a call goes ------------------------------------------------------------------

    async def place(self, row: Outgoing) -> dict[str, Any] | None:
        """What a call must be given besides its own parameters, so that it goes to its place.

        Returns:
            The parameters; none where there is no such place, and nothing is to be sent.

        Raises:
            TelegramError: a topic is needed and can't be made.
        """
        handoff_id = (row.params or {}).get("topic_of")
        if handoff_id is None:
            return {}
        topic_id = await self._topic(handoff_id, row)
        if topic_id:
            return {"message_thread_id": topic_id}
        if row.method in OF_A_TOPIC:
            return None
        return await self._under_the_card(row, handoff_id)

    async def _topic(self, handoff_id: int, row: Outgoing) -> int | None:
        may_make = row.method not in OF_A_TOPIC
        if not self.is_forum:
            return None
        async with self.store.begin() as session:
            handoff = await session.get(Handoff, handoff_id)
            if handoff is None or handoff.topic_id or not may_make:
                return handoff.topic_id if handoff else None
            resident = await session.get_one(Resident, handoff.resident_id)
            places = []
            if handoff.topic_begun_at:
                begun_at = handoff.topic_begun_at
                places = await arrival.topic_places(session, self.configured_id, begun_at)
            else:
                handoff.topic_begun_at = now()
        name = self.name(handoff, resident)
        topic_id = await arrival.find_topic(self.bot, self.chat_id, name, places)
        try:
            topic_id = topic_id or await self._make(name)
        except BadRequest as error:
            await self._note_topic(handoff_id, None)
            if await self._goes_without(error) or row.attempts > TRIES:
                return None
            raise
        except NetworkError:
            raise  # it may have been made: the next attempt looks for it first
        except TelegramError:
            await self._note_topic(handoff_id, None)
            raise
        await self._note_topic(handoff_id, topic_id)
        return topic_id

    async def _make(self, name: str) -> int:
        made = await self.bot.call("createForumTopic", {"chat_id": self.chat_id, "name": name})
        return int(made["message_thread_id"])

    async def _note_topic(self, handoff_id: int, topic_id: int | None) -> None:
        """Notes the topic that was made; or that Telegram has refused to make any."""
        async with self.store.begin() as session:
            await session.execute(
                update(Handoff)
                .where(Handoff.id == handoff_id)
                .values(topic_id=topic_id, topic_begun_at=None)
            )
            if self.opened and topic_id:
                await self.opened(session, handoff_id, topic_id)

    async def _goes_without(self, error: BadRequest) -> bool:
        """Whether topics can't be made at all, which is noticed."""
        if _says(error, NO_TOPICS):
            await self._keep(is_forum=False)
            await self.notice(CLOSED_FORUM)
        elif _says(error, NO_RIGHTS):
            await self.notice(DEMOTED)
        else:
            return False
        return True

    async def _under_the_card(self, row: Outgoing, handoff_id: int) -> dict[str, Any]:
        """Without topics: an answer to the resident's card, so that it is seen whose it is."""
        if "reply_parameters" in (row.params or {}):
            return {}
        async with self.store.begin() as session:
            card = await session.scalar(
                select(Outgoing.message_id).where(Outgoing.key == card_key(handoff_id))
            )
        if not card or row.method not in {"send_message", "copy_message"}:
            return {}
        return answering(card)

    def name(self, handoff: Handoff, resident: Resident) -> str:
        """What the topic of a handoff is called: its mark, the alias, and where it stands."""
        mark = "waiting"
        if handoff.state not in OPEN:
            mark = "over"
        elif handoff.danger:
            mark = "danger"
        elif handoff.escalated_at:
            mark = "escalated"
        elif handoff.state in HELD:
            mark = "held"
        response = "utter_topic_name"
        if handoff.state in HELD:
            response = "utter_topic_name_held"
        elif handoff.state in {State.ENDED, State.CANCELLED}:
            response = "utter_topic_name_over"
        return self.wording.say(
            response,
            self.language,
            mark=self.phrases(f"mark.{mark}", self.language),
            alias=resident.alias,
            moderator=handoff.moderator_name,
        ).text[:TOPIC_NAME]

    # --- what goes wrong --------------------------------------------------------------------

    async def heal(self, row: Outgoing, error: TelegramError) -> bool:
        """Mends what a call failed of, where that can be mended. Says whether to make it again."""
        if isinstance(error, ChatMigrated):
            await self.moved(error.new_chat_id)
            return True
        if isinstance(error, Forbidden):
            await self._wait_for_a_return()
            return True
        if row.attempts > TRIES:
            return False
        if _says(error, LOST):
            return await self._lost(row)
        if _says(error, NO_TOPICS):
            await self._keep(is_forum=False)
            await self.notice(CLOSED_FORUM)
            return row.method not in OF_A_TOPIC
        if _says(error, CLOSED):
            return await self._reopen(row)
        if _says(error, NO_RIGHTS):
            await self.notice(DEMOTED)
        return False

    async def _lost(self, row: Outgoing) -> bool:
        """Somebody deleted the topic: the next call makes another, and its card comes along."""
        handoff_id = (row.params or {}).get("topic_of")
        async with self.store.begin() as session:
            handoff = await session.get(Handoff, handoff_id) if handoff_id else None
            if handoff is None or handoff.topic_id is None:
                return False
            await session.execute(
                update(Handoff).where(Handoff.topic_id == handoff.topic_id).values(topic_id=None)
            )
        return row.method not in OF_A_TOPIC

    async def _reopen(self, row: Outgoing) -> bool:
        topic_id = await self._topic((row.params or {}).get("topic_of") or 0, row)
        if topic_id is None:
            return False
        await self.bot.call(
            "reopenForumTopic", {"chat_id": self.chat_id, "message_thread_id": topic_id}
        )
        return True

    async def _wait_for_a_return(self) -> None:
        """The bot was thrown out: what is queued waits for its return, and is not lost."""
        self._back.clear()
        await self.notice(KICKED)
        pause = min(self.retry_seconds * 2**self._refused, LONGEST_PAUSE)
        self._refused += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._back.wait()

    async def got_through(self) -> None:
        """Something was sent there: the bot is in again."""
        self._refused = 0
        if self.trouble == KICKED:
            await self._keep(trouble=None)

    async def _keep(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        async with self.store.begin() as session:
            await session.merge(
                ModeratorGroup(
                    configured_id=self.configured_id,
                    chat_id=self.chat_id,
                    is_forum=self.is_forum,
                    trouble=self.trouble,
                    noticed_at=now(),
                )
            )


def card_key(handoff_id: int) -> str:
    """Names the call that posts a handoff's card."""
    return f"handoff:{handoff_id}:card"


def _says(error: TelegramError, spellings: tuple[str, ...]) -> bool:
    words = error.message.lower()
    return any(one in words for one in spellings)
