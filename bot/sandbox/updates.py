"""What has happened that the bot has not confirmed yet, and the two ways it gets there."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from bot.sandbox.table import ApiError, Json

_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_WEBHOOK_IS_SET = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
_OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
_WEBHOOK_WAS_SET = "Conflict: terminated by setWebhook request"


class Bell:
    """Rung at every change, so that whoever waits looks again."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        """Wake everyone who waits now."""
        self._rung.set()
        self._rung = asyncio.Event()

    def close(self) -> None:
        """End every wait, those to come as well: the server is stopping."""
        self.closed = True
        self.ring()

    async def until(self, ready: Callable[[], object], seconds: float | None) -> None:
        """Wait until `ready()`, but at most `seconds` (`None` is for ever)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not (ready() or self.closed):
                    await self._rung.wait()


@dataclass
class Webhook:
    """Where updates are posted, and how that went."""

    url: str
    secret_token: str | None
    max_connections: int
    ip_address: str | None
    has_custom_certificate: bool
    last_error: Json


class UpdateQueue:
    """The updates in order, kept until they are confirmed by an offset or by the webhook's 200.

    Attributes:
        pending: those that are not confirmed.
        queued: all there ever were, each with its number `n` and the `time` it came.
    """

    def __init__(
        self, bell: Bell, clock: Callable[[], float], first_id: int, webhook_retry: float
    ) -> None:
        self.pending: list[Json] = []
        self.queued: list[Json] = []
        self.allowed: list[str] = []
        self.webhook: Webhook | None = None
        self._bell = bell
        self._clock = clock
        self._next_id = first_id
        self._retry_seconds = webhook_retry
        self._poll: object = None
        self._poll_ended_by = ""
        self._delivery: asyncio.Task[None] | None = None

    @property
    def is_polled(self) -> bool:
        """Whether a long poll is waiting."""
        return self._poll is not None

    def add(self, kind: str, content: Json) -> None:
        """Queue an update, unless the bot has said that it wants none of that kind."""
        wanted = kind in self.allowed if self.allowed else kind not in _NOT_BY_DEFAULT
        if wanted:
            self._queue({"update_id": self._next_id, kind: content})
            self._next_id += 1

    def inject(self, update: Json) -> Json:
        """Queue an update as it is, wanted or not; without an `update_id` it gets the next."""
        if "update_id" not in update:
            update = {"update_id": self._next_id, **update}
            self._next_id += 1
        self._queue(update)
        return update

    def _queue(self, update: Json) -> None:
        self.pending.append(update)
        self.queued.append({"n": len(self.queued) + 1, "time": self._clock(), "update": update})
        self._bell.ring()

    async def poll(
        self, offset: int, limit: int, seconds: int, allowed: list[str] | None
    ) -> list[Json]:
        """Answer getUpdates. A poll that has to wait ends the one that was waiting.

        Raises:
            ApiError: 409, a webhook is set, or another poll came.
        """
        if self.webhook:
            raise ApiError(409, _WEBHOOK_IS_SET)
        self._confirm(offset)
        if allowed is not None:
            self.allowed = allowed
        if seconds and not self.pending:
            await self._wait_alone(seconds)
        return self.pending[:limit]

    async def _wait_alone(self, seconds: int) -> None:
        self._end_poll(_OTHER_POLL)
        mine = self._poll = object()
        await self._bell.until(lambda: self.pending or self._poll is not mine, seconds)
        if self._poll is not mine:
            raise ApiError(409, self._poll_ended_by)
        self._poll = None

    def _end_poll(self, reason: str) -> None:
        self._poll, self._poll_ended_by = None, reason
        self._bell.ring()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.pending = self.pending[offset:]
        else:
            self.pending = [one for one in self.pending if one["update_id"] >= offset]

    async def set_webhook(self, webhook: Webhook | None, *, drop_pending: bool) -> None:
        """Deliver to this webhook from now on, or to none."""
        await self.close()
        if drop_pending:
            self.pending = []
        self.webhook = webhook
        if webhook:
            self._end_poll(_WEBHOOK_WAS_SET)
            self._delivery = asyncio.create_task(self._deliver(webhook))

    async def close(self) -> None:
        """Stop delivering."""
        if self._delivery:
            self._delivery.cancel()
            await asyncio.gather(self._delivery, return_exceptions=True)
            self._delivery = None

    async def _deliver(self, webhook: Webhook) -> None:
        headers = {}
        if webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            while True:
                await self._bell.until(lambda: self.pending, None)
                if self._bell.closed:
                    return
                update = self.pending[0]
                problem = await _post(client, webhook.url, update)
                if problem:
                    webhook.last_error = {
                        "last_error_date": int(self._clock()),
                        "last_error_message": problem,
                    }
                    await asyncio.sleep(self._retry_seconds)
                else:
                    self.pending.remove(update)
                    self._bell.ring()


async def _post(client: httpx.AsyncClient, url: str, update: Json) -> str:
    """Post one update; the answer says what went wrong, empty when nothing did."""
    try:
        response = await client.post(url, json=update)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    if response.is_success:
        return ""
    return f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}"


def webhook_info(queue: UpdateQueue) -> Json:
    """WebhookInfo of the queue."""
    info: dict[str, Any] = {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": len(queue.pending),
    }
    if queue.allowed:
        info["allowed_updates"] = queue.allowed
    if webhook := queue.webhook:
        info |= {
            "url": webhook.url,
            "has_custom_certificate": webhook.has_custom_certificate,
            "max_connections": webhook.max_connections,
            **webhook.last_error,
        }
        if webhook.ip_address:
            info["ip_address"] = webhook.ip_address
    return info
