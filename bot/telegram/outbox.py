"""What is to be sent: a durable queue, in order within each chat.

A message is put into the queue in the transaction that decides on it, and sent from there. While
Telegram asks one chat to wait, the others go on.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import httpx
import structlog
from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import (
    Bot,
    InlineKeyboardMarkup,
    InputFile,
    Message,
    MessageId,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.residents import identity
from bot.store.engine import Store, insert_new, ring
from bot.store.tables import Handoff, Outgoing, Resident, now

log = structlog.get_logger(__name__)

BELL = "outgoing"
NETWORK_RETRIES = 5
LONGEST_PAUSE = 8.0
# Before any of these the request had not left: it can be made again without harm.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
NOT_DELIVERED = {"failed", "unknown"}

Undelivered = Callable[[AsyncSession, Outgoing], Awaitable[None]]


async def post(
    session: AsyncSession,
    key: str,
    chat_id: int,
    method: str,
    params: dict[str, Any],
    *,
    handoff_id: int | None = None,
    from_human: bool = False,
) -> None:
    """Queues one call to Telegram.

    Args:
        session: the transaction that decides on it.
        key: names the call; a second one of the same key is not made.
        chat_id: where to.
        method: of `telegram.Bot`, such as `send_message`.
        params: its parameters besides `chat_id`, as JSON; `message_of` stands for the id of the
            message that was queued under that key.
        handoff_id: the handoff that it belongs to.
        from_human: it carries a person's words: never sent twice, and told when it fails.
    """
    if not await is_queued(session, key):
        row = Outgoing(key=key, chat_id=chat_id, method=method, params=params)
        row.handoff_id, row.from_human = handoff_id, from_human
        session.add(row)
        ring(session, BELL, row)


async def post_messages(
    session: AsyncSession, chat_id: int, messages: Mapping[str, dict[str, Any]]
) -> None:
    """Queues messages of the bot to one chat, in order: the parameters of each by its key."""
    if not messages:
        return
    rows = [
        {"key": key, "chat_id": chat_id, "method": "send_message", "params": params}
        for key, params in messages.items()
    ]
    new = await session.execute(insert_new(session, Outgoing, "id", "key"), rows)
    ids = {key: row_id for row_id, key in new}
    ring(
        session,
        BELL,
        *(
            Outgoing(id=ids[row["key"]], attempts=0, from_human=False, **row)
            for row in rows
            if row["key"] in ids
        ),
    )


async def is_queued(session: AsyncSession, key: str) -> bool:
    """Whether a call of that name was queued, be it sent by now or not."""
    return await session.scalar(select(Outgoing.id).where(Outgoing.key == key)) is not None


class Sender:
    """Sends what is queued: a task for each chat that has something, woken by commits.

    Args:
        store: where it is queued.
        bot: sends it.
        undelivered: is told of what did not get through, in the transaction that notes it.
    """

    def __init__(self, store: Store, bot: Bot, undelivered: Undelivered) -> None:
        self._store = store
        self._bot = bot
        self._undelivered = undelivered
        self._chats: defaultdict[int, deque[Outgoing]] = defaultdict(deque)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._noting: dict[int, asyncio.Task[None]] = {}
        self._known: set[int] = set()

    async def run(self) -> None:
        """Runs until cancelled; takes up first what an earlier process left."""
        bell = self._store.bell(BELL)
        bell.take()
        await self._after_a_crash()
        try:
            await self._look()
            while True:
                self._take(bell.take())
                await bell.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await asyncio.gather(*self._noting.values(), return_exceptions=True)

    async def _after_a_crash(self) -> None:
        """A person's message that may have been sent is not sent again; the bot's own is."""
        async with self._store.begin() as session:
            sending = select(Outgoing).where(Outgoing.state == "sending")
            for row in await session.scalars(sending):
                row.state = "pending"
                if row.from_human:
                    row.state, row.settled_at, row.params = "unknown", now(), None
                    await self._undelivered(session, row)

    async def _look(self) -> None:
        """Takes up whatever is queued."""
        async with self._store.begin() as session:
            pending = select(Outgoing).where(Outgoing.state == "pending").order_by(Outgoing.id)
            rows = list(await session.scalars(pending))
        self._take(rows)

    def _take(self, rows: Iterable[Outgoing]) -> None:
        for row in rows:
            if row.id not in self._known:
                self._known.add(row.id)
                self._chats[row.chat_id].append(row)
                if row.chat_id not in self._tasks:
                    self._tasks[row.chat_id] = asyncio.create_task(self._drain(row.chat_id))

    async def _drain(self, chat_id: int) -> None:
        waiting = self._chats[chat_id]
        at_once = True
        try:
            while waiting or chat_id in self._noting:
                if not waiting:
                    await self._noted(chat_id)
                    continue
                row = waiting[0]
                if not await self._prepare(row, at_once=at_once) or await self._send(row):
                    self._known.discard(row.id)
                    if waiting and waiting[0] is row:  # of a receiver who is gone nothing is left
                        waiting.popleft()
                else:
                    at_once = False
        except Exception as error:  # one chat's fault must not stop the others
            log.error("sending stopped", error=type(error).__name__)  # noqa: TRY400
            self._forget(chat_id)
            self._noting.pop(chat_id, None)
            await asyncio.sleep(1)
            del self._tasks[chat_id]
            await self._look()
        else:
            del self._tasks[chat_id], self._chats[chat_id]

    def _forget(self, chat_id: int) -> None:
        """What was to be sent to a chat is in the database alone."""
        self._known.difference_update(row.id for row in self._chats[chat_id])
        self._chats[chat_id].clear()

    async def _prepare(self, row: Outgoing, *, at_once: bool) -> bool:
        """Marks what must not be sent twice, and looks up the message that is to be edited.

        Args:
            row: what is to be sent.
            at_once: it did not have to wait, so nothing has become of it meanwhile.

        Returns:
            Whether it is still to be sent.
        """
        row.attempts += 1
        if row.chat_id in self._noting and "message_of" in (row.params or {}):
            await self._noted(row.chat_id)
        if at_once and not row.from_human and "message_of" not in (row.params or {}):
            return True
        async with self._store.begin() as session:
            fresh = await session.get(Outgoing, row.id)
            if fresh is None or fresh.state != "pending":
                return False
            await _know_message(session, row)
            if row.from_human:
                fresh.state = "sending"
            return True

    async def _send(self, row: Outgoing) -> bool:
        """Sends one; says whether the next one's turn has come."""
        try:
            sent = await call(self._bot, row.method, row.chat_id, row.params or {})
        except RetryAfter as error:
            await self._settle(row, state="pending")
            await asyncio.sleep(pause_of(error))
            return False
        except Forbidden:
            await self._gone(row)
        except BadRequest as error:
            same = "not modified" in error.message
            await self._settle(row, state="sent" if same else "failed", error=error.message)
        except NetworkError as error:
            return await self._retry(row, error)
        except TelegramError as error:
            await self._settle(row, state="failed", error=type(error).__name__)
        else:
            if row.from_human:
                await self._settle(row, state="sent", message_id=sent)
            else:
                self._note(row, sent)
        return True

    def _note(self, row: Outgoing, message_id: int | None) -> None:
        """Settles what the bot has said while its next message is on its way."""
        before = self._noting.get(row.chat_id)

        async def noted() -> None:
            if before:
                await before
            await self._settle(row, state="sent", message_id=message_id)

        self._noting[row.chat_id] = asyncio.create_task(noted())

    async def _noted(self, chat_id: int) -> None:
        """Waits until all that was sent to a chat is settled; goes on settling when cancelled."""
        noting = self._noting[chat_id]
        await asyncio.shield(noting)
        if self._noting.get(chat_id) is noting:
            del self._noting[chat_id]

    async def _retry(self, row: Outgoing, error: NetworkError) -> bool:
        """Sends again, but a person's words only where they can't have arrived."""
        may_repeat = row.attempts < NETWORK_RETRIES and not row.from_human
        if may_repeat or isinstance(error.__cause__, NEVER_LEFT):
            await self._settle(row, state="pending")
            await asyncio.sleep(min(2 ** min(row.attempts, NETWORK_RETRIES) / 4, LONGEST_PAUSE))
            return False
        state = "unknown" if row.from_human else "failed"
        await self._settle(row, state=state, error=type(error).__name__)
        return True

    async def _settle(
        self,
        row: Outgoing,
        *,
        state: str,
        message_id: int | None = None,
        error: str | None = None,
    ) -> None:
        settled = state != "pending"
        async with self._store.begin() as session:
            values: dict[str, Any] = {
                "state": state,
                "message_id": message_id,
                "error": error,
                "attempts": row.attempts,
            }
            if settled:
                values |= {"settled_at": now(), "params": None}
            await session.execute(update(Outgoing).where(Outgoing.id == row.id).values(**values))
            if state in NOT_DELIVERED:
                await self._undelivered(session, row)
            is_last = all(one is row for one in self._chats.get(row.chat_id, ()))
            if settled and row.chat_id > 0 and is_last:
                await _forget_erased(session, row.chat_id)
        if state in NOT_DELIVERED:
            log.warning("not sent", method=row.method, error=error)

    async def _gone(self, row: Outgoing) -> None:
        """The resident has blocked the bot: nothing more is tried until they write again."""
        self._forget(row.chat_id)
        async with self._store.begin() as session:
            await session.execute(
                update(Outgoing)
                .where(Outgoing.chat_id == row.chat_id, Outgoing.state.in_(("pending", "sending")))
                .values(state="dropped", params=None, settled_at=now(), error="gone")
            )
            if row.chat_id > 0:
                await identity.mark_gone(session, row.chat_id)
                await self._undelivered(session, row)
                await _forget_erased(session, row.chat_id)


async def _know_message(session: AsyncSession, row: Outgoing) -> None:
    """Puts the id of an earlier message of the queue in the place of its key, `message_of`.

    Whoever edits a message may do so before it is known under which id it was sent.
    """
    params = dict(row.params or {})
    if key := params.pop("message_of", None):
        sent = await session.scalar(select(Outgoing.message_id).where(Outgoing.key == key))
        row.params = {**params, "message_id": sent or 0}


async def _forget_erased(session: AsyncSession, chat_id: int) -> None:
    """Of somebody who was erased not even the chat's id is kept, once the last word is sent."""
    still_known = exists().where(Resident.telegram_id == chat_id)
    await session.execute(
        delete(Outgoing).where(
            Outgoing.chat_id == chat_id, Outgoing.settled_at.is_not(None), ~still_known
        )
    )


async def forget_settled(session: AsyncSession, before: Any) -> None:
    """Drops rows that were settled before a moment: they are of no use any more.

    Those of a talk that goes on stay: they tell that its card was posted.
    """
    goes_on = exists().where(Handoff.id == Outgoing.handoff_id, Handoff.ended_at.is_(None))
    await session.execute(delete(Outgoing).where(Outgoing.settled_at < before, ~goes_on))


async def call(bot: Bot, method: str, chat_id: int, params: dict[str, Any]) -> int | None:
    """Makes one call; gives the id of the message that it made, where it made one."""
    given = dict(params)
    if "reply_markup" in given:
        given["reply_markup"] = _markup(given["reply_markup"])
    if "document" in given:
        file = given["document"]
        given["document"] = InputFile(file["content"].encode(), filename=file["name"])
    result = await getattr(bot, method)(chat_id=chat_id, **given)
    return result.message_id if isinstance(result, Message | MessageId) else None


def _markup(
    data: dict[str, Any],
) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove:
    if "inline_keyboard" in data:
        return InlineKeyboardMarkup.de_json(data)
    if "keyboard" in data:
        return ReplyKeyboardMarkup.de_json(data)
    return ReplyKeyboardRemove()


def pause_of(error: RetryAfter) -> float:
    """How long Telegram asks to wait, in seconds; a `timedelta` where PTB_TIMEDELTA is set."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else wait
