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
GATHERS = 0.25  # seconds for which changes of the queue are gathered into one event


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
        house, changed = self.visit.house, _event("talk" if self.handoff_id else "queue")
        patience = LOOKS if self.handoff_id else KEEP_ALIVE
        typing, silent = "", 0.0
        with house.store.listen(service.BELL) as bell:
            yield changed
            while True:
                rung = await _rung(bell, patience)
                if rung is not None:
                    if self.handoff_id is None:
                        # A busy minute is one look at the queue now and then, not one a message.
                        await asyncio.sleep(GATHERS)
                        bell.take()
                    if self.handoff_id is None or self.handoff_id in rung:
                        yield changed
                    continue
                typing, before = self._typing(), typing
                if typing != before:
                    yield _event("typing", typing)
                silent += patience
                if silent >= KEEP_ALIVE:
                    silent = 0.0
                    if await who(self.visit.request, house) is None:
                        yield changed  # what the page then asks for sends it to the door
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
