"""The pace at which Telegram takes messages, kept before it has to refuse.

Telegram's FAQ: about one message a second to a chat, with short bursts, and 30 a second in all.
What the moderators' group takes is kept in `group.py`.
"""

from aiolimiter import AsyncLimiter

IN_ALL = 30
BURST = 20
REMEMBERED = 2000


class Pace:
    """Lets a message to a private chat go when its turn has come."""

    def __init__(self, in_all: float = IN_ALL, burst: float = BURST) -> None:
        self._in_all = AsyncLimiter(in_all, 1)
        self._burst = burst
        self._chats: dict[int, AsyncLimiter] = {}

    async def turn(self, chat_id: int) -> None:
        """Waits until a message to this chat may go: one a second, `burst` of them at once."""
        limiter = self._chats.get(chat_id)
        if limiter is None:
            if len(self._chats) >= REMEMBERED:
                self._chats = {
                    one: kept
                    for one, kept in self._chats.items()
                    if not kept.has_capacity(self._burst)
                }
            limiter = self._chats[chat_id] = AsyncLimiter(self._burst, self._burst)
        await limiter.acquire()
        await self._in_all.acquire()
