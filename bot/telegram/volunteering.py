"""Those who offer to help: the group is told of them, and they when they are invited."""

import asyncio
import contextlib
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from bot.handoff import volunteers
from bot.store.engine import Store
from bot.store.tables import Resident, Volunteer, now
from bot.telegram.desk import Desk
from bot.telegram.outbox import until_done

RETRY_SECONDS = 300.0


@dataclass
class VolunteerDesk:
    """Tells the group of those who offer to help, and them when they are invited."""

    store: Store
    desk: Desk

    async def run(self) -> None:
        """Runs until cancelled; rung when somebody offers, or is reviewed."""
        bell = self.store.bell(volunteers.BELL)
        while True:
            bell.clear()
            pause = None if await until_done(self.look) else RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await bell.wait()

    async def look(self) -> bool:
        """Tells what has not been told yet. Says whether all of it could be."""
        all_told = True
        async with self.store.begin() as session:
            waiting = await volunteers.untold(session)
        for volunteer in waiting:
            link = None
            if volunteer.state == volunteers.INVITED:
                link = await self.desk.group.invitation()
                if link is None:  # the group has heard of the trouble
                    all_told = False
                    continue
            async with self.store.begin() as session:
                await self._tell(session, volunteer.id, volunteer.state, link)
        return all_told

    async def _tell(
        self, session: AsyncSession, volunteer_id: int, state: str, link: str | None
    ) -> None:
        volunteer = await session.get(Volunteer, volunteer_id)
        if volunteer is None or volunteer.state != state or volunteer.told_at:
            return
        volunteer.told_at = now()
        resident = await session.get_one(Resident, volunteer.resident_id)
        key = f"volunteer:{volunteer.id}:{state}:{volunteer.offered_at.timestamp()}"
        if state == volunteers.OFFERED:
            said = self.desk.wording.say(
                "utter_group_volunteer",
                self.desk.language,
                alias=resident.alias,
                **volunteer.answers,
            )
            buttons = [
                {"text": one.title, "callback_data": f"v:{one.payload}:{volunteer.id}"}
                for one in said.buttons
            ]
            await self.desk.tell_all(
                session,
                key,
                "utter_group_volunteer",
                markup={"inline_keyboard": [buttons]},
                alias=resident.alias,
                **volunteer.answers,
            )
        elif link:
            saying = self.desk.wording.say("utter_volunteer_welcome", resident.language, link=link)
            await self.desk.renderer.say(session, resident, [saying], key, keep_open=True)
