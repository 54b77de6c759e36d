"""What is kept for a time only, and forgotten when that is over."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.dialogue import tracker
from bot.handoff import duty, ledger
from bot.handoff.states import OPEN
from bot.residents import erasure, teaching
from bot.store.engine import Store, ring
from bot.store.tables import Handoff, Outgoing, Resident, now
from bot.telegram import forgetting, outbox

log = structlog.get_logger(__name__)

LOOK = timedelta(hours=1)
SETTLED_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Retention:
    """Forgets what is older than it may be.

    Attributes:
        trackers: how long Rasa keeps the words of a conversation.
        handoffs: how long what was said with a human is kept, here and in the group, once the
            talk is over.
        residents: how long somebody is known who does not write any more.
    """

    store: Store
    tracker_database: Path
    moderator_chat: int
    trackers: timedelta
    handoffs: timedelta
    residents: timedelta

    async def run(self) -> None:
        """Looks once an hour; runs until cancelled."""
        while True:
            await self.look(now())
            await asyncio.sleep(LOOK.total_seconds())

    async def look(self, at: datetime) -> None:
        """Forgets what is too old at a moment."""
        events = await tracker.forget_before(self.tracker_database, at - self.trackers)
        async with self.store.begin() as session:
            idle = await self._forget_idle(session, at - self.residents)
            talks = await self._forget_talks(session, at - self.handoffs)
            await outbox.forget_settled(session, at - SETTLED_KEPT)
            await teaching.forget_before(session, at - teaching.KEPT)
            await duty.forget_shifts(session, at - SETTLED_KEPT)
        log.info("retention", tracker_events=events, residents=idle, talks=talks)

    async def _forget_idle(self, session: AsyncSession, before: datetime) -> int:
        is_open = exists().where(Handoff.resident_id == Resident.id, Handoff.state.in_(OPEN))
        idle = list(
            await session.scalars(select(Resident).where(Resident.seen_at < before, ~is_open))
        )
        for resident in idle:
            await erasure.erase(session, resident)
        if idle:
            ring(session, forgetting.BELL)
        return len(idle)

    async def _forget_talks(self, session: AsyncSession, before: datetime) -> int:
        """A topic goes when all talks in it are over for so long: a resident's stay in one."""
        later = aliased(Handoff)
        goes_on = exists().where(
            later.resident_id == Handoff.resident_id,
            (later.ended_at.is_(None)) | (later.ended_at >= before),
        )
        over = list(
            await session.execute(
                select(Handoff.id, Handoff.topic_id).where(Handoff.ended_at < before, ~goes_on)
            )
        )
        ids = [handoff_id for handoff_id, _ in over]
        await ledger.forget(session, before)
        await session.execute(delete(Outgoing).where(Outgoing.handoff_id.in_(ids)))
        await session.execute(update(Handoff).where(Handoff.id.in_(ids)).values(topic_id=None))
        for topic_id in {topic_id for _, topic_id in over if topic_id}:
            await outbox.post(
                session,
                f"forget:{topic_id}",
                self.moderator_chat,
                "delete_forum_topic",
                {"message_thread_id": topic_id},
            )
        return len(ids)
