"""What goes on, told to the pages that are open, as server-sent events.

An event says only that something has changed, never what: the page then asks for what is newer
than the number that it has seen. So nothing is missed while a connection is down: the first thing
that a new one says is that something may have changed.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import escape

from starlette.responses import StreamingResponse

from bot.console.visit import Visit, who
from bot.handoff import service
from bot.store.engine import Bell

KEEP_ALIVE = 15.0
LOOKS = 1.0  # seconds between two looks at who types


@dataclass
class Stream:
    """What one open page is told.

    Attributes:
        visit: whose page it is.
        handoff_id: the talk that it shows; none on the queue's page.
    """

    visit: Visit
    handoff_id: int | None = None

    def response(self) -> StreamingResponse:
        """Goes on until the page is left, or nobody is signed in any more."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=headers)

    async def _events(self) -> AsyncIterator[str]:
        house = self.visit.house
        typing = ""
        with house.store.listen(service.BELL) as bell:
            yield _event("queue")
            if self.handoff_id:
                yield _event("talk")
            silent = 0.0
            while True:
                changed = await _rung(bell, LOOKS if self.handoff_id else KEEP_ALIVE)
                if changed is not None:
                    yield _event("queue")
                    if self.handoff_id in changed:
                        yield _event("talk")
                    continue
                typing, before = self._typing(), typing
                if typing != before:
                    yield _event("typing", typing)
                silent += LOOKS if self.handoff_id else KEEP_ALIVE
                if silent >= KEEP_ALIVE:
                    silent = 0.0
                    if await who(self.visit.request, house) is None:
                        yield _event("queue")  # what it asks for then tells the page
                        return
                    yield ": still here\n\n"

    def _typing(self) -> str:
        """Who else types in the talk, in words."""
        visit = self.visit
        if self.handoff_id is None:
            return ""
        names = visit.house.presence.typing(self.handoff_id, but=visit.person.telegram_id)
        return visit.words("talk.types", names=", ".join(names)) if names else ""


async def _rung(bell: Bell, seconds: float) -> set[object] | None:
    """What the bell was rung about; none when it was silent."""
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return None
    return set(bell.take())


def _event(name: str, words: str = "") -> str:
    return f"event: {name}\ndata: {escape(' '.join(words.split()))}\n\n"
