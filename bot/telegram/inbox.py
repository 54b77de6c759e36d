"""Updates in: stored before they are confirmed, then handled from the store, in order.

python-telegram-bot's own updater confirms updates that it has only in memory; a crash loses them.
Here `getUpdates` is called with a higher offset only after the updates are in the database. Each
resident (and each topic) has a lane: one update at a time, in order; lanes run side by side.
"""

import asyncio
import contextlib
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from telegram.error import Conflict, RetryAfter, TelegramError

from bot.errors import SettingsError
from bot.store.engine import Store, insert_new, ring
from bot.store.prepared import Prepared
from bot.store.tables import Update, now, plain
from bot.telegram.alarms import Alarms
from bot.telegram.api import Api
from bot.telegram.outbox import DATABASE_FAULTS, pause_of
from bot.tracing import mark

log = structlog.get_logger(__name__)

UPDATES = plain(Update)
BELL = "inbox"
ATTEMPTS = 3
KINDS = ["message", "edited_message", "callback_query", "my_chat_member", "chat_member"]
POLL_SECONDS = 25
# How much longer the answer may take that Telegram owes after that.
READ_SECONDS = 20
# Nothing to tell, told as soon as this after it was asked.
AT_ONCE_SECONDS = 0.1
# So many polls ended by another process in a row are no accident.
CONFLICTS = 3
NEWCOMER_SECONDS = 120.0
# So long the next poll waits at most for those whom this one has brought.
HEAD_START_SECONDS = 0.01
GIVING_WAY_SECONDS = 10.0
KEEP = insert_new(
    Update, "update_id", "lane", "body", "message_id", "attempts", returned=["update_id"]
)
SETTLE = Prepared(
    update(UPDATES)
    .where(UPDATES.c.update_id == bindparam("update"))
    .values(handled_at=bindparam("at"), body=None, lane="handled")
)


@dataclass(frozen=True)
class Incoming:
    """An update to be handled.

    Attributes:
        id: Telegram's update id; negative for what the app itself put into a lane.
        body: the update as Telegram's JSON.
        attempts: how often it was taken up, this time included.
        waited: another one of the same lane was being handled when it came.
        on_its_way: set when it waits for somebody else, such as Rasa, or is done.
    """

    id: int
    body: dict[str, Any]
    attempts: int
    waited: bool = False
    on_its_way: asyncio.Event = field(default_factory=asyncio.Event, compare=False)

    async def settle(self, session: AsyncSession) -> None:
        """Marks it handled, in the transaction that holds its outcome; its words are wiped."""
        await SETTLE.later(session, {"update": self.id, "at": now()})


Handler = Callable[[Incoming], Awaitable[None]]


def lane_of(update: dict[str, Any]) -> str:
    """Who must be served in order: a resident, or a topic of the group."""
    inner = _inner(update)
    chat = _object(inner.get("chat"))
    if chat.get("type") == "private":
        return f"resident:{chat.get('id')}"
    return f"topic:{inner.get('message_thread_id') or 0}"


def _message_of(update: dict[str, Any]) -> int | None:
    """The id of the message that an update is about, where that is in a private chat."""
    inner = _inner(update)
    found = inner.get("message_id") if lane_of(update).startswith("resident:") else None
    return found if isinstance(found, int) else None


def _inner(update: dict[str, Any]) -> dict[str, Any]:
    kinds = (update.get(kind) for kind in KINDS if kind != "callback_query")
    inner = next((one for one in kinds if one), None)
    return _object(inner or _object(update.get("callback_query")).get("message"))


def _object(value: Any) -> dict[str, Any]:
    """What should be an object; an empty one where it is something else."""
    return value if isinstance(value, dict) else {}


async def put(session: AsyncSession, update_id: int, lane: str, body: dict[str, Any]) -> bool:
    """Stores an update of our own, once, to be handled after those before it in its lane.

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

    def __init__(self, store: Store, bot: Api, lanes: "Lanes", alarms: Alarms) -> None:
        self._store = store
        self._bot = bot
        self._lanes = lanes
        self._alarms = alarms
        self._began = time.monotonic()
        self._conflicts = 0

    async def run(self) -> None:
        """Runs until cancelled; what an earlier process left unhandled has its place first.

        Raises:
            SettingsError: another process polls with this token, and was there before.
        """
        await self._lanes.recovered.wait()
        offset = None
        while True:
            asked_at = time.monotonic()
            try:
                updates = await self._poll(offset)
            except RetryAfter as error:
                await asyncio.sleep(pause_of(error))
            except Conflict:
                await self._give_way()
            except TelegramError as error:
                log.warning("polling failed", error=type(error).__name__)
                await asyncio.sleep(1)
            else:
                self._conflicts = 0
                if updates and await self._stored(updates):
                    offset = updates[-1]["update_id"] + 1
                elif not updates and time.monotonic() - asked_at < AT_ONCE_SECONDS:
                    await asyncio.sleep(AT_ONCE_SECONDS)  # a server that does not wait for any

    async def _poll(self, offset: int | None) -> list[dict[str, Any]]:
        """Updates as Telegram writes them."""
        updates: list[dict[str, Any]] = await self._bot.call(
            "getUpdates",
            {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": KINDS},
            read_timeout=POLL_SECONDS + READ_SECONDS,
        )
        return updates

    async def _give_way(self) -> None:
        """Two who poll end each other's polls: the one that came last stops."""
        self._conflicts += 1
        log.error("another process polls with the same token")
        if self._conflicts < CONFLICTS:
            await asyncio.sleep(1)
        elif time.monotonic() - self._began < NEWCOMER_SECONDS:
            raise SettingsError(
                "Another process polls with the token of SEURA_TELEGRAM_TOKEN, and only one may: "
                "end that one, or give this one a bot of its own."
            )
        else:
            await self._alarms.sound("second_poller")
            await asyncio.sleep(GIVING_WAY_SECONDS)

    async def _stored(self, updates: list[dict[str, Any]]) -> bool:
        """Keeps updates and hands them on; false where they can't be kept: they come again.

        A full disk must not end the app: what was asked before it filled can still be answered.
        """
        try:
            kept = await self.keep(updates)
        except DATABASE_FAULTS as error:
            log.error("updates can't be stored", error=type(error).__name__)  # noqa: TRY400
            await asyncio.sleep(1)
            return False
        served = [one for one in kept if self._lanes.take(lane_of(one.body), one)]
        # They go first: what the next poll takes, they would have to wait for.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEAD_START_SECONDS):
                for incoming in served:
                    await incoming.on_its_way.wait()
        return True

    async def keep(self, updates: Iterable[dict[str, Any]]) -> list[Incoming]:
        """Stores updates; those that came before are left as they are.

        Returns:
            What is new, to be handled for the first time.
        """
        bodies = {arrived["update_id"]: arrived for arrived in updates}
        mark("received", *bodies)
        rows = [
            {
                "update_id": key,
                "lane": lane_of(body),
                "body": json.dumps(body),
                "message_id": _message_of(body),
                "attempts": 1,
            }
            for key, body in bodies.items()
        ]
        async with self._store.begin() as session:
            new = {update_id for (update_id,) in await KEEP.rows(session, *rows)}
        mark("stored", *bodies)
        return [Incoming(key, body, attempts=1) for key, body in bodies.items() if key in new]


class Lanes:
    """Hands updates to the handler: in order within a lane, lanes side by side.

    Attributes:
        recovered: set once everything that an earlier process left has its place in a lane.
    """

    def __init__(self, store: Store, handle: Handler, give_up: Handler) -> None:
        self._store = store
        self._handle = handle
        self._give_up = give_up
        self._lanes: defaultdict[str, deque[Incoming | int]] = defaultdict(deque)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._known: set[int] = set()
        self.recovered = asyncio.Event()

    async def run(self) -> None:
        """Runs until cancelled; takes up first what an earlier process left unhandled."""
        bell = self._store.bell(BELL)
        try:
            while True:
                bell.clear()
                await self._queue()
                self.recovered.set()
                await bell.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def take(self, lane: str, update: Incoming | int) -> bool:
        """Puts an update at the end of its lane, once: itself, or its id where it is stored.

        Returns:
            Whether it is handled at once.
        """
        update_id = update if isinstance(update, int) else update.id
        if update_id in self._known:
            return False
        self._known.add(update_id)
        self._lanes[lane].append(update)
        if lane in self._tasks:
            return False
        self._tasks[lane] = asyncio.create_task(self._serve(lane))
        return True

    async def _queue(self) -> None:
        async with self._store.begin() as session:
            rows = await session.execute(
                select(Update.update_id, Update.lane)
                .where(Update.handled_at.is_(None))
                .order_by(Update.received_at, Update.update_id)
            )
        for update_id, lane in rows:
            self.take(lane, update_id)

    async def _serve(self, lane: str) -> None:
        waiting = self._lanes[lane]
        waited = False
        while waiting:
            update = waiting.popleft()
            try:
                await self._attempt(update, waited=waited)
            finally:
                self._known.discard(update if isinstance(update, int) else update.id)
                if isinstance(update, Incoming):
                    update.on_its_way.set()
            waited = True
        del self._lanes[lane], self._tasks[lane]

    async def _attempt(self, update: Incoming | int, *, waited: bool) -> None:
        """Handles one update; a fault is tried again, and given up on honestly."""
        for tries in count(1):
            try:
                if isinstance(update, int):
                    incoming = await self._take(update)
                else:
                    incoming = await self._kept(replace(update, waited=True)) if waited else update
                if incoming:
                    await self._hand(incoming)
            except Exception as error:  # nothing may leave a lane unmet
                log.error("handling failed", error=type(error).__name__, tries=tries)  # noqa: TRY400
                update = update if isinstance(update, int) else update.id
                await asyncio.sleep(min(0.2 * tries, 5))
            else:
                return

    async def _hand(self, incoming: Incoming) -> None:
        log.debug("taken up", kinds=[kind for kind in KINDS if kind in incoming.body])
        if incoming.attempts <= ATTEMPTS:
            await self._handle(incoming)
        elif incoming.attempts == ATTEMPTS + 1:
            await self._give_up(incoming)
        else:
            async with self._store.begin() as session:
                await incoming.settle(session)

    async def _kept(self, incoming: Incoming) -> Incoming | None:
        """The update, unless an erasure before it in its lane has taken it away."""
        async with self._store.begin() as session:
            row = await session.get(Update, incoming.id)
            return None if row is None or row.handled_at else incoming

    async def _take(self, update_id: int) -> Incoming | None:
        async with self._store.begin() as session:
            row = await session.get(Update, update_id)
            if row is None or row.handled_at or row.body is None:
                return None
            row.attempts += 1
            return Incoming(row.update_id, json.loads(row.body), row.attempts)
