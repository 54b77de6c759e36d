"""Bringing activities in from their sources again, when it is time; and keeping the index fresh.

Each import is a process of its own: reading a large source would hold up everybody's messages.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import select

from bot.activities.importers import READERS
from bot.activities.importing import Source, read_sources
from bot.activities.index import refresh
from bot.activities.places import Gazetteer
from bot.errors import KnowledgeError
from bot.store.engine import Store
from bot.store.tables import ActivitySource, now

log = structlog.get_logger(__name__)

LOOKED_EVERY = timedelta(minutes=10)
# A failing source is tried again sooner than one that went well.
AGAIN_AFTER = timedelta(hours=1)
LONGEST = timedelta(minutes=30)


class Reimporter:
    """Looks now and then which sources are due.

    Args:
        store: where it stands how the last import went.
        gazetteer: for the index.
        sources: the file that lists them.
        command: how to import one; its name is put at the end.
    """

    def __init__(
        self,
        store: Store,
        gazetteer: Gazetteer,
        sources: Path,
        command: tuple[str, ...] = (
            sys.executable, "-m", "bot", "activities", "import", "--yes", "--name",
        ),
    ) -> None:  # fmt: skip
        self._store, self._gazetteer = store, gazetteer
        self._sources, self._command = sources, command

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKED_EVERY.total_seconds())

    async def look(self) -> None:
        """Imports what is due, one source after another; one that fails leaves the others."""
        async with self._store.begin() as session:
            await refresh(session, self._gazetteer, now())
        try:
            sources = await asyncio.to_thread(read_sources, self._sources, READERS)
        except KnowledgeError as error:
            log.error("the sources of activities can't be read", reason=str(error))  # noqa: TRY400
            return
        for source in sources:
            if await self._is_due(source):
                await self._import(source)

    async def _is_due(self, source: Source) -> bool:
        async with self._store.begin() as session:
            row = await session.scalar(
                select(ActivitySource).where(ActivitySource.name == source.name)
            )
        if row is None:
            return True
        pause = timedelta(hours=source.hours)
        if row.error:
            pause = min(pause, AGAIN_AFTER)
        return row.tried_at + pause <= now()

    async def _import(self, source: Source) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            source.name,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                status = await process.wait()
        except TimeoutError:
            log.error("an import took too long", source=source.name)  # noqa: TRY400
        else:
            log.info("activities brought in", source=source.name, status=status)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
