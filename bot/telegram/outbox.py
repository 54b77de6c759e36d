"""What is to be sent: a durable queue, in order within each chat.

A message is put into the queue in the transaction that decides on it, and sent from there. While
Telegram asks one chat to wait, the others go on.
"""

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import structlog
from sqlalchemy import Text, bindparam, delete, exists, select, type_coerce, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.residents import identity
from bot.store.engine import Store, insert_new, ring
from bot.store.prepared import Prepared
from bot.store.tables import Handoff, Outgoing, Resident, now, plain
from bot.telegram import arrival
from bot.telegram.api import NEVER_LEFT, Api
from bot.telegram.group import COUNTED, Group
from bot.telegram.pacing import Pace

log = structlog.get_logger(__name__)

BELL = "outgoing"
NETWORK_RETRIES = 12
LONGEST_PAUSE = 8.0
UNSETTLED = ("pending", "sending")
DATABASE_FAULTS = (OperationalError, InterfaceError)
NOT_DELIVERED = {"failed", "unknown"}
ALBUM = 10
ALBUM_QUIET = timedelta(seconds=1)
LONGEST_GATHERED = 3500

QUEUE = plain(Outgoing)
# What the bot itself said to somebody: nobody waits to hear that it arrived.
NOTE = Prepared(
    update(QUEUE)
    .where(QUEUE.c.id == bindparam("row"))
    .values(
        state="sent",
        message_id=bindparam("message"),
        attempts=bindparam("tries"),
        settled_at=bindparam("at"),
        params=None,
        error=None,
    )
)
QUEUED = (
    "key", "chat_id", "method", "params", "handoff_id", "said_id", "from_human", "created_at"
)  # fmt: skip
ADD = insert_new(Outgoing, *QUEUED, returned=["id", "key"])
# So many are noted at one go. A crash leaves them in doubt: each is looked for, which takes calls.
NOTED_AT_ONCE = 3

Settled = Callable[[AsyncSession, Outgoing], Awaitable[None]]
# Parameters that are for the queue, not for Telegram.
OURS = frozenset({"topic_of", "gather", "album", "forget"})


async def post(
    session: AsyncSession,
    key: str,
    chat_id: int,
    method: str,
    params: dict[str, Any],
    *,
    handoff_id: int | None = None,
    said_id: int | None = None,
    from_human: bool = False,
) -> None:
    """Queues one call to Telegram.

    Args:
        session: the transaction that decides on it.
        key: names the call; a second one of the same key is not made.
        chat_id: where to.
        method: of the Bot API, as `send_message`.
        params: its parameters besides `chat_id`, as JSON; `message_of` stands for the id of the
            message that was queued under that key, `topic_of` for a handoff's topic. What has
            `gather` may be sent together with others when the group's allowance runs short,
            the parts of an `album` always are. What has `forget` is not kept once it is sent.
        handoff_id: the handoff that it belongs to.
        said_id: the message of the handoff that it carries.
        from_human: it carries a person's words: never sent twice, and told when it fails.
    """
    call = {
        "key": key,
        "chat_id": chat_id,
        "method": method,
        "params": params,
        "handoff_id": handoff_id,
        "said_id": said_id,
        "from_human": from_human,
    }
    await _queue(session, [call])


async def post_messages(
    session: AsyncSession, chat_id: int, messages: Mapping[str, dict[str, Any]]
) -> None:
    """Queues messages of the bot to one chat, in order: the parameters of each by its key."""
    await _queue(
        session,
        [
            {"key": key, "chat_id": chat_id, "method": "send_message", "params": params}
            for key, params in messages.items()
        ],
    )


async def _queue(session: AsyncSession, calls: list[dict[str, Any]]) -> None:
    if not calls:
        return
    usual = {"handoff_id": None, "said_id": None, "from_human": False, "created_at": now()}
    given = [usual | one for one in calls]
    ids = {key: row_id for row_id, key in await ADD.rows(session, *given)}
    rows = (
        Outgoing(**one, id=ids[one["key"]], attempts=0, state="pending")
        for one in given
        if one["key"] in ids
    )
    ring(session, BELL, *rows)


async def is_queued(session: AsyncSession, key: str) -> bool:
    """Whether a call of that name was queued, be it sent by now or not."""
    return await session.scalar(select(Outgoing.id).where(Outgoing.key == key)) is not None


async def until_done[T](work: Callable[[], Awaitable[T]]) -> T:
    """Does it, again and again while the database can't: a full disk must not end the app."""
    while True:
        try:
            return await work()
        except DATABASE_FAULTS as error:
            log.error("the database can't be used", error=type(error).__name__)  # noqa: TRY400
            await asyncio.sleep(1)


class Sender:
    """Sends what is queued: a task for each chat that has something, woken by commits.

    Args:
        store: where it is queued.
        bot: sends it.
        undelivered: is told of what did not get through, in the transaction that notes it.
        delivered: is told of what did, where it belongs to a handoff.
        group: the moderators' group, where calls find their place when they are sent.
        pace: how fast messages may go to residents; as Telegram takes them where none is given.
        protect: what belongs to a handoff, words and cards, can't be forwarded or saved.
    """

    def __init__(
        self,
        store: Store,
        bot: Api,
        undelivered: Settled,
        delivered: Settled | None = None,
        group: Group | None = None,
        pace: Pace | None = None,
        *,
        protect: bool = False,
    ) -> None:
        self._store = store
        self._bot = bot
        self._undelivered = undelivered
        self._delivered = delivered
        self._group = group
        self._gathered: dict[int, list[Outgoing]] = {}
        self._chats: defaultdict[int, deque[Outgoing]] = defaultdict(deque)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._sent: defaultdict[int, list[tuple[Outgoing, int | None]]] = defaultdict(list)
        self._noting: set[asyncio.Task[None]] = set()
        self._known: set[int] = set()
        self._doubtful: set[int] = set()
        self._pace = pace or Pace()
        self._protect = protect

    async def run(self) -> None:
        """Runs until cancelled; takes up first what an earlier process left."""
        bell = self._store.bell(BELL)
        bell.take()
        try:
            await self._look(*UNSETTLED)
            while True:
                self._take(bell.take())
                await bell.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            for chat_id in list(self._sent):
                await self._noted(chat_id)
            await asyncio.gather(*self._noting, return_exceptions=True)

    async def _look(self, *states: str) -> None:
        """Takes up what an earlier process left; what it may have sent is doubtful."""
        rows = await self._queued(*states)
        self._doubtful.update(row.id for row in rows)
        self._take(rows)

    async def _queued(self, *states: str) -> list[Outgoing]:
        async with self._store.begin() as session:
            queued = select(Outgoing).where(Outgoing.state.in_(states)).order_by(Outgoing.id)
            return list(await session.scalars(queued))

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
            while waiting or self._sent[chat_id]:
                if not waiting or len(self._sent[chat_id]) == NOTED_AT_ONCE:
                    await self._noted(chat_id)
                    continue
                row = waiting[0]
                if (
                    (row.id in self._doubtful and await self._clear_up(row))
                    or not await self._prepare(row, at_once=at_once)
                    or await self._send(row)
                ):
                    self._known.discard(row.id)
                    if waiting and waiting[0] is row:  # of a receiver who is gone nothing is left
                        waiting.popleft()
                else:
                    at_once = False
        except Exception as error:  # one chat's fault must not stop the others
            log.error("sending stopped", error=type(error).__name__)  # noqa: TRY400
            await self._begin_anew(chat_id)
        else:
            del self._tasks[chat_id], self._chats[chat_id], self._sent[chat_id]

    async def _begin_anew(self, chat_id: int) -> None:
        """Takes a chat's messages up again, as they are in the database by then, in order."""
        self._forget(chat_id)
        await self._noted(chat_id)
        while True:
            await asyncio.sleep(1)
            with contextlib.suppress(*DATABASE_FAULTS):
                kept = [row for row in await self._queued("pending") if row.chat_id == chat_id]
                break
        newer = {row.id: row for row in (*kept, *self._chats[chat_id])}
        self._forget(chat_id)
        del self._tasks[chat_id]
        self._take(newer[row_id] for row_id in sorted(newer))

    async def _clear_up(self, row: Outgoing) -> bool:
        """Finds out whether an earlier process has sent it; says whether it is settled now.

        A person's message that may have been sent, and can't be found, is not sent again.
        """
        self._doubtful.discard(row.id)
        if found := await self._find(row):
            await self._settle(row, state="sent", message_id=found)
            return True
        if row.method in arrival.MAKING:
            # Messages go one after the other: what comes after this one had not left.
            later = (one.id for one in self._chats[row.chat_id] if one.state == "pending")
            self._doubtful.difference_update(later)
        if row.state == "sending":
            state = "unknown" if row.from_human else "pending"
            await self._settle(row, state=state, error="cut off")
            return row.from_human
        return False

    async def _find(self, row: Outgoing) -> int | None:
        if row.method not in arrival.MAKING:
            return None
        await self._noted(row.chat_id)
        async with self._store.begin() as session:
            ids = await arrival.places(session, row)
        in_group = self._group and row.chat_id == self._group.configured_id
        chat_id = self._group.chat_id if self._group and in_group else row.chat_id
        return await arrival.find(self._bot, row, chat_id, ids)

    def _forget(self, chat_id: int) -> None:
        """What was to be sent to a chat is in the database alone."""
        for row in self._chats[chat_id]:
            parts = self._gathered.pop(row.id, [])
            self._known.difference_update((row.id, *(one.id for one in parts)))
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
        if "message_of" in (row.params or {}):
            await self._noted(row.chat_id)
        if self._group and row.chat_id == self._group.configured_id:
            waited = row.method in COUNTED and await self._group.allowance.wait()
            if self._is_superseded(row):
                await self._settle(row, state="dropped", error="said anew")
                return False
            await self._gather(row, waited=waited)
        elif "album" in (row.params or {}):
            await self._gather(row, waited=False)
        if at_once and not row.from_human and "message_of" not in (row.params or {}):
            return True
        async with self._store.begin() as session:
            fresh = await session.get(Outgoing, row.id)
            if fresh is None or fresh.state != "pending":
                return False
            await _know_message(session, row)
            if row.from_human:
                parts = [row.id, *(one.id for one in self._gathered.get(row.id, ()))]
                await session.execute(
                    update(Outgoing).where(Outgoing.id.in_(parts)).values(state="sending")
                )
            return True

    def _is_superseded(self, row: Outgoing) -> bool:
        """Whether the same is edited once more by a call that waits behind this one."""
        target = _target(row)
        return target is not None and any(
            _target(later) == target for later in self._chats[row.chat_id] if later is not row
        )

    async def _gather(self, row: Outgoing, *, waited: bool) -> None:
        """Takes along what can go in the same call: an album's parts, a resident's next words."""
        params = row.params or {}
        if (album := params.get("album")) and row.method == "copy_message":
            await self._wait_for_parts(row, album)
            parts = [one for one in self._chats[row.chat_id] if _album(one) == album][:ALBUM]
            if len(parts) > 1:
                row.method = "copy_messages"
                ids = [(one.params or {})["message_id"] for one in parts]
                row.params = {**params, "message_ids": ids}
                row.params.pop("message_id")
                self._take_along(row, parts)
        elif waited and params.get("gather"):
            words = [row]
            length = len(params["text"])
            for one in list(self._chats[row.chat_id])[1:]:
                if one.handoff_id != row.handoff_id:
                    continue
                length += len((one.params or {}).get("text") or "") + 1
                if not (one.params or {}).get("gather") or length > LONGEST_GATHERED:
                    break
                words.append(one)
            row.params = {**params, "text": "\n".join((one.params or {})["text"] for one in words)}
            self._take_along(row, words)

    def _take_along(self, row: Outgoing, parts: list[Outgoing]) -> None:
        others = [one for one in parts if one is not row]
        self._gathered[row.id] = [*self._gathered.get(row.id, []), *others]
        for one in others:
            self._chats[row.chat_id].remove(one)

    async def _wait_for_parts(self, row: Outgoing, album: str) -> None:
        """An album arrives one by one: it is whole when none of it has come lately."""
        while True:
            last = max(one.created_at for one in self._chats[row.chat_id] if _album(one) == album)
            pause = (last + ALBUM_QUIET - now()).total_seconds()
            if pause <= 0:
                return
            await asyncio.sleep(pause)

    async def _send(self, row: Outgoing) -> bool:
        """Sends one; says whether the next one's turn has come."""
        chat_id, place = row.chat_id, {}
        params = {key: one for key, one in (row.params or {}).items() if key not in OURS}
        if self._protect and row.handoff_id and row.method.startswith(("send", "copy")):
            params["protect_content"] = True
        if self._group and chat_id == self._group.configured_id:
            try:
                found = await self._group.place(row)
            except TelegramError as error:
                return await self._not_placed(row, self._group, error)
            if found is None:
                await self._settle(row, state="dropped", error="nowhere")
                return True
            chat_id, place = self._group.chat_id, found
            if row.method in COUNTED:
                self._group.allowance.note()
        elif chat_id > 0 and row.method.startswith(("send", "copy")):
            # Edits are not messages: whoever taps quickly does not wait for them.
            await self._pace.turn(chat_id)
        try:
            sent = await call(self._bot, row.method, chat_id, {**params, **place})
        except RetryAfter as error:
            await self._settle(row, state="pending")
            await asyncio.sleep(pause_of(error))
            return False
        except (Forbidden, ChatMigrated, BadRequest) as error:
            return await self._refused(row, error)
        except NetworkError as error:
            return await self._retry(row, error)
        except TelegramError as error:
            await self._settle(row, state="failed", error=type(error).__name__)
        else:
            if self._group and chat_id == self._group.chat_id:
                await self._group.got_through()
            if row.from_human or row.handoff_id or "forget" in (row.params or {}):
                await self._settle(row, state="sent", message_id=sent)
            else:
                self._sent[row.chat_id].append((row, sent if isinstance(sent, int) else None))
        return True

    async def _not_placed(self, row: Outgoing, group: Group, error: TelegramError) -> bool:
        """Its topic could not be made: it has not left, and is tried again in a while."""
        await self._settle(row, state="pending")
        if isinstance(error, RetryAfter):
            await asyncio.sleep(pause_of(error))
        elif not isinstance(error, Forbidden | ChatMigrated) or not await group.heal(row, error):
            log.warning("no topic could be opened", error=type(error).__name__)
            await asyncio.sleep(group.retry_seconds)
        return False

    async def _refused(self, row: Outgoing, error: TelegramError) -> bool:
        if self._group and row.chat_id == self._group.configured_id:
            await self._settle(row, state="pending")
            if await self._group.heal(row, error):
                return False
        if isinstance(error, Forbidden):
            await self._gone(row)
        else:
            same = "not modified" in error.message.lower()
            await self._settle(row, state="sent" if same else "failed", error=error.message)
        return True

    async def _noted(self, chat_id: int) -> None:
        """Notes what the bot has said to a chat, at one go; goes on when cancelled."""
        sent, self._sent[chat_id] = self._sent[chat_id], []
        if sent:
            noting = asyncio.create_task(until_done(partial(self._note, sent)))
            self._noting.add(noting)
            noting.add_done_callback(self._noting.discard)
            await asyncio.shield(noting)

    async def _note(self, sent: list[tuple[Outgoing, int | None]]) -> None:
        at = now()
        noted = [
            {"row": row.id, "message": message_id, "tries": row.attempts, "at": at}
            for row, message_id in sent
        ]
        async with self._store.begin() as session:
            await NOTE.later(session, *noted)

    async def _retry(self, row: Outgoing, error: NetworkError) -> bool:
        """Sends again, but a person's words only where they can't have arrived."""
        if isinstance(error.__cause__, NEVER_LEFT):
            may_repeat = True
        elif found := await self._find(row):
            await self._settle(row, state="sent", message_id=found)
            return True
        else:
            may_repeat = row.attempts < NETWORK_RETRIES and not row.from_human
        if may_repeat:
            await self._settle(row, state="pending")
            await asyncio.sleep(min(2 ** min(row.attempts, NETWORK_RETRIES) / 4, LONGEST_PAUSE))
            return False
        state = "unknown" if row.from_human else "failed"
        await self._settle(row, state=state, error=type(error).__name__)
        return True

    async def _settle(self, row: Outgoing, *, state: str, **outcome: Any) -> None:
        """Notes what has become of it, however long it takes until the database takes that in."""
        await self._noted(row.chat_id)
        for tries in count(1):
            try:
                await self._mark(row, state=state, **outcome)
            except DATABASE_FAULTS as error:
                log.error("not noted", error=type(error).__name__, tries=tries)  # noqa: TRY400
                await asyncio.sleep(min(0.2 * tries, 5))
            else:
                return

    async def _mark(
        self,
        row: Outgoing,
        *,
        state: str,
        message_id: int | list[int] | None = None,
        error: str | None = None,
    ) -> None:
        parts = [row, *self._gathered.get(row.id, [])]
        ids = message_id if isinstance(message_id, list) else [message_id] * len(parts)
        for one, sent in zip(parts, [*ids, *([None] * len(parts))], strict=False):
            await self._settle_one(one, state, sent, error)
        if state != "pending":
            self._gathered.pop(row.id, None)
            self._known.difference_update(one.id for one in parts[1:])

    async def _settle_one(
        self, row: Outgoing, state: str, message_id: int | None, error: str | None
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
            if settled and "forget" in (row.params or {}):
                await session.execute(delete(QUEUE).where(QUEUE.c.id == row.id))
            else:
                await session.execute(update(QUEUE).where(QUEUE.c.id == row.id).values(**values))
            row.state, row.message_id, row.error = state, message_id, error
            if state in NOT_DELIVERED:
                await self._undelivered(session, row)
            elif state == "sent" and row.handoff_id and self._delivered:
                await self._delivered(session, row)
        if state in NOT_DELIVERED:
            log.warning("not sent", method=row.method, error=error)

    async def _gone(self, row: Outgoing) -> None:
        """The resident has blocked the bot: nothing more is tried until they write again."""
        self._forget(row.chat_id)
        async with self._store.begin() as session:
            await session.execute(
                update(Outgoing)
                .where(Outgoing.chat_id == row.chat_id, Outgoing.state.in_(UNSETTLED))
                .values(state="dropped", params=None, settled_at=now(), error="gone")
            )
            if row.chat_id > 0:
                await identity.mark_gone(session, row.chat_id)
                await self._undelivered(session, row)
                await forget_erased(session, row.chat_id)


async def _know_message(session: AsyncSession, row: Outgoing) -> None:
    """Puts the id of an earlier message of the queue in the place of its key, `message_of`.

    Whoever edits a message may do so before it is known under which id it was sent.
    """
    params = dict(row.params or {})
    if key := params.pop("message_of", None):
        sent = await session.scalar(select(Outgoing.message_id).where(Outgoing.key == key))
        row.params = {**params, "message_id": sent or 0}


_OF_A_TALK_THAT_GOES_ON = exists().where(
    Handoff.id == Outgoing.handoff_id, Handoff.ended_at.is_(None)
)


async def forget_erased(session: AsyncSession, chat_id: int | None = None) -> None:
    """Of somebody who is no resident any more not even the chat's id is kept.

    Args:
        session: a transaction.
        chat_id: theirs; all such chats without one.
    """
    in_private = type_coerce(Outgoing.chat_id, Text).not_like("-%")
    whose = Outgoing.chat_id == chat_id if chat_id else in_private
    still_known = exists().where(Resident.telegram_id == Outgoing.chat_id)
    await session.execute(
        delete(Outgoing).where(
            whose, Outgoing.settled_at.is_not(None), ~still_known, ~_OF_A_TALK_THAT_GOES_ON
        )
    )


async def forget_settled(session: AsyncSession, before: Any) -> None:
    """Drops rows that were settled before a moment: they are of no use any more.

    Those of a talk that goes on stay: they tell that its card was posted.
    """
    await session.execute(
        delete(Outgoing).where(Outgoing.settled_at < before, ~_OF_A_TALK_THAT_GOES_ON)
    )


def _target(row: Outgoing) -> tuple[str, object] | None:
    """What a call gives another look: of two such calls the later one is enough."""
    params = row.params or {}
    if row.method == "edit_message_text" and "message_of" in params:
        return row.method, params["message_of"]
    if row.method == "edit_forum_topic":
        return row.method, params.get("topic_of")
    return None


def _album(row: Outgoing) -> str | None:
    return (row.params or {}).get("album")


async def call(
    bot: Api, method: str, chat_id: int, params: dict[str, Any]
) -> int | list[int] | None:
    """Makes one call; gives the ids of the messages that it made, where it made any."""
    given = params | {"chat_id": chat_id}
    if "document" in given:
        file = given["document"]
        given["document"] = InputFile(file["content"].encode(), filename=file["name"])
    result = await bot.call(method, given)
    if isinstance(result, list):
        return [one["message_id"] for one in result]
    return result.get("message_id") if isinstance(result, dict) else None


def pause_of(error: RetryAfter) -> float:
    """How long Telegram asks to wait, in seconds; a `timedelta` where PTB_TIMEDELTA is set."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else wait
