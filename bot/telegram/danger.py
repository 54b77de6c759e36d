"""Danger that nobody has taken up yet: the resident is told the truth, moderators are called."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.handoff import service
from bot.store.engine import Store
from bot.store.tables import Resident, now
from bot.telegram.desk import Desk
from bot.telegram.residents import ResidentTalk

LOOK_SECONDS = 20.0


@dataclass
class DangerWatch:
    """Looks now and then at the requests that bear a mark of danger.

    Attributes:
        patience: how long such a request may wait before this is said.
    """

    store: Store
    residents: ResidentTalk
    desk: Desk
    patience: timedelta

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Says it once for each request that has waited too long."""
        async with self.store.begin() as session:
            for handoff in await service.queue(session):
                if handoff.danger and now() - handoff.requested_at > self.patience:
                    key = f"handoff:{handoff.id}:waiting"
                    resident = await session.get_one(Resident, handoff.resident_id)
                    await self.desk.tell(session, handoff, key, "utter_topic_danger_waiting")
                    if resident.alarm:
                        called = handoff.topic_id is not None
                        await self.residents.tell_waiting(session, resident, key, called=called)
