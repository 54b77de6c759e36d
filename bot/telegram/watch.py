"""Quiet warnings that grow louder: requests nobody takes, words nobody answers, talks that rest.

Each warning is a message with a name of its own, so it is given once however often is looked.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import HandoffRefused
from bot.handoff import aftercare, duty, service
from bot.handoff.duty import Hours
from bot.handoff.states import BOT
from bot.store.engine import Store
from bot.store.tables import Handoff, Resident, now
from bot.telegram.desk import Desk
from bot.telegram.outbox import is_queued, until_done
from bot.telegram.residents import ResidentTalk

LOOK_SECONDS = 20.0


@dataclass(frozen=True)
class Patience:
    """How long what may wait.

    Attributes:
        danger: a request with a mark of danger that nobody has taken.
        unclaimed: any request, until the group is reminded of it.
        lead: any request, until it is escalated and the resident is told that it takes long.
        silent: a resident's words, until their moderator is warned; twice that, and it goes back
            into the queue.
        idle: a talk in which nobody says anything.
        hopeless: a request that nobody takes.
    """

    danger: timedelta
    unclaimed: timedelta
    lead: timedelta
    silent: timedelta
    idle: timedelta
    hopeless: timedelta


@dataclass
class Watch:
    """Looks now and then at what waits."""

    store: Store
    residents: ResidentTalk
    desk: Desk
    hours: Hours
    patience: Patience

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            await until_done(self.look)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Warns of what has waited too long by now."""
        at = now()
        async with self.store.begin() as session:
            answering = await duty.answering(session, self.hours, at)
            for handoff in await service.queue(session):
                await self._queued(session, handoff, at, answering=answering.now)
            for handoff in await service.going_on(session):
                await self._held(session, handoff, at)
            for handoff in await aftercare.due(session, at):
                await self._follow_up(session, handoff)

    # --- what nobody has taken ----------------------------------------------------------------

    async def _queued(
        self, session: AsyncSession, handoff: Handoff, at: datetime, *, answering: bool
    ) -> None:
        waited = at - handoff.requested_at
        key = f"handoff:{handoff.id}:waiting"
        if waited > self.patience.hopeless:
            await service.time_out(session, handoff.id)
            await self.desk.tell_moves(session, handoff.id)
            return
        if handoff.danger and waited > self.patience.danger:
            await self._danger(session, handoff, key)
        if not answering:
            return  # nobody is there to be reminded, and the resident was told when
        minutes = int(waited.total_seconds() // 60)
        if waited > self.patience.unclaimed:
            quietly = f"{key}:quiet"
            if not await is_queued(session, f"{quietly}:topic:0"):
                await self.desk.tell(
                    session, handoff, quietly, "utter_topic_unclaimed", minutes=minutes
                )
        if waited > self.patience.lead and handoff.escalated_at is None:
            await service.escalate(session, handoff.id, BOT)
            await self.desk.tell_moves(session, handoff.id)
            if not handoff.danger:
                resident = await session.get_one(Resident, handoff.resident_id)
                saying = self.desk.wording.say("utter_handoff_still_waiting", resident.language)
                await self.desk.renderer.say(session, resident, [saying], f"{key}:long")

    async def _danger(self, session: AsyncSession, handoff: Handoff, key: str) -> None:
        resident = await session.get_one(Resident, handoff.resident_id)
        await self.desk.tell(session, handoff, key, "utter_topic_danger_waiting")
        if resident.alarm:
            called = handoff.topic_id is not None
            await self.residents.tell_waiting(session, resident, key, called=called)

    # --- what somebody has --------------------------------------------------------------------

    async def _held(self, session: AsyncSession, handoff: Handoff, at: datetime) -> None:
        since = handoff.unanswered_since
        name = handoff.moderator_name
        if since is None:
            rests_since = max(
                one for one in (handoff.heard_at, handoff.answered_at, handoff.claimed_at) if one
            )
            if at - rests_since > self.patience.idle:
                await service.time_out(session, handoff.id)
                await self.desk.tell_moves(session, handoff.id)
            return
        waited = at - since
        key = f"handoff:{handoff.id}:silent:{since.timestamp()}"
        if waited > 2 * self.patience.silent:
            reason = self.desk.phrases("desk.silent", self.desk.language)
            try:
                await service.return_to_queue(session, handoff, reason)
            except HandoffRefused:
                return  # they have just moved
            await self.desk.tell_moves(session, handoff.id)
        elif waited > self.patience.silent:
            minutes = int(waited.total_seconds() // 60)
            await self.desk.tell(
                session, handoff, key, "utter_topic_silent", moderator=name, minutes=minutes
            )

    # --- afterwards ---------------------------------------------------------------------------

    async def _follow_up(self, session: AsyncSession, handoff: Handoff) -> None:
        resident = await session.get_one(Resident, handoff.resident_id)
        at = handoff.follow_up_at
        key = f"handoff:{handoff.id}:follow:{at.timestamp() if at else 0}"
        if not await is_queued(session, key):
            alias, name = resident.alias, handoff.moderator_name
            await self.desk.tell_all(
                session, key, "utter_group_follow_up", alias=alias, moderator=name
            )
