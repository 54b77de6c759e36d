"""Updates in: stored before they are confirmed, then handled from the store, in order.

python-telegram-bot's own updater confirms updates that it has only in memory; a crash loses them.
Here `getUpdates` is called with a higher offset only after the updates are in the database. Each
resident (and each topic) has a lane: one update at a time, in order; lanes run side by side.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Bot
from telegram import Update as TelegramUpdate
from telegram.error import Conflict, RetryAfter, TelegramError

from bot.store.engine import Store, ring
from bot.store.tables import Update, now
from bot.telegram.outbox import pause_of

log = structlog.get_logger(__name__)

BELL = "inbox"
ATTEMPTS = 3
KINDS = ["message", "edited_message", "callback_query", "my_chat_member"]
POLL_SECONDS = 25


@dataclass(frozen=True)
class Incoming:
    """An update to be handled.

    Attributes:
        id: Telegram's update id; negative for what the app itself put into a lane.
        body: the update as Telegram's JSON.
        attempts: how often it was taken up, this time included.
    """

    id: int
    body: dict[str, Any]
    attempts: int

    async def settle(self, session: AsyncSession) -> None:
        """Marks it handled, in the transaction that holds its outcome; its words are wiped."""
        await session.execute(
            update(Update)
            .where(Update.update_id == self.id)
            .values(handled_at=now(), body=None, lane="handled")
        )


Handler = Callable[[Incoming], Awaitable[None]]


def lane_of(update: dict[str, Any]) -> str:
    """Who must be served in order: a resident, or a topic of the group."""
    message = update.get("message") or update.get("edited_message") or {}
    tap = update.get("callback_query") or {}
    member = update.get("my_chat_member") or {}
    chat = message.get("chat") or (tap.get("message") or {}).get("chat") or member.get("chat") or {}
    if chat.get("type") == "private":
        return f"resident:{chat['id']}"
    thread = message.get("message_thread_id") or (tap.get("message") or {}).get("message_thread_id")
    return f"topic:{thread or 0}"


async def put(session: AsyncSession, update_id: int, lane: str, body: dict[str, Any]) -> bool:
    """Stores an update, once.

    Returns:
        Whether it is new.
    """
    if await session.get(Update, update_id):
        return False
    session.add(Update(update_id=update_id, lane=lane, body=json.dumps(body)))
    ring(session, BELL)
    return True


class Poller:
    """Long polling: one request is always open, so an update is here as soon as it is sent."""

    def __init__(self, store: Store, bot: Bot) -> None:
        self._store = store
        self._bot = bot

    async def run(self) -> None:
        """Runs until cancelled."""
        offset = None
        while True:
            try:
                updates = await self._bot.get_updates(
                    offset=offset, timeout=POLL_SECONDS, allowed_updates=KINDS
                )
            except RetryAfter as error:
                await asyncio.sleep(pause_of(error))
            except Conflict:
                log.error("another process polls with the same token")  # noqa: TRY400
                await asyncio.sleep(10)
            except TelegramError as error:
                log.warning("polling failed", error=type(error).__name__)
                await asyncio.sleep(1)
            else:
                if updates:
                    await self.keep(updates)
                    offset = updates[-1].update_id + 1

    async def keep(self, updates: tuple[TelegramUpdate, ...]) -> None:
        """Stores updates; those that came before are left as they are."""
        async with self._store.begin() as session:
            for arrived in updates:
                body = json.loads(arrived.to_json())
                await put(session, arrived.update_id, lane_of(body), body)


class Lanes:
    """Hands stored updates to the handler: in order within a lane, lanes side by side."""

    def __init__(self, store: Store, handle: Handler, give_up: Handler) -> None:
        self._store = store
        self._handle = handle
        self._give_up = give_up
        self._lanes: defaultdict[str, deque[int]] = defaultdict(deque)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._known: set[int] = set()

    async def run(self) -> None:
        """Runs until cancelled; takes up first what an earlier process left unhandled."""
        bell = self._store.bell(BELL)
        try:
            while True:
                bell.clear()
                await self._queue()
                await bell.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _queue(self) -> None:
        async with self._store.begin() as session:
            rows = await session.execute(
                select(Update.update_id, Update.lane)
                .where(Update.handled_at.is_(None))
                .order_by(Update.received_at, Update.update_id)
            )
        for update_id, lane in rows:
            if update_id in self._known:
                continue
            self._known.add(update_id)
            self._lanes[lane].append(update_id)
            if lane not in self._tasks:
                self._tasks[lane] = asyncio.create_task(self._serve(lane))

    async def _serve(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            update_id = waiting.popleft()
            try:
                await self._attempt(update_id)
            finally:
                self._known.discard(update_id)
        del self._lanes[lane], self._tasks[lane]

    async def _attempt(self, update_id: int) -> None:
        """Handles one update; a fault is tried again, and given up on honestly."""
        for tries in count(1):
            try:
                if incoming := await self._take(update_id):
                    await self._hand(incoming)
            except Exception as error:  # nothing may leave a lane unmet
                log.error("handling failed", error=type(error).__name__, tries=tries)  # noqa: TRY400
                await asyncio.sleep(min(0.2 * tries, 5))
            else:
                return

    async def _hand(self, incoming: Incoming) -> None:
        if incoming.attempts <= ATTEMPTS:
            await self._handle(incoming)
        elif incoming.attempts == ATTEMPTS + 1:
            await self._give_up(incoming)
        else:
            async with self._store.begin() as session:
                await incoming.settle(session)

    async def _take(self, update_id: int) -> Incoming | None:
        async with self._store.begin() as session:
            row = await session.get(Update, update_id)
            if row is None or row.handled_at or row.body is None:
                return None
            row.attempts += 1
            return Incoming(row.update_id, json.loads(row.body), row.attempts)
