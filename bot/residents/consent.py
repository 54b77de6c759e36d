"""What a resident has agreed to, and what they do not want to be asked."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from bot.residents import teaching
from bot.store.tables import Resident, ResidentActivity, ResidentFactor, ResidentInterest, now

# Of what is agreed to: the wording of the question, and what `keeping.KEPT` says is kept.
VERSION = "2026-11-24"


async def give(session: AsyncSession, resident: Resident) -> None:
    """Notes that what the resident tells may be kept."""
    resident.consented_at = now()
    resident.consent_version = VERSION
    session.add(resident)


async def withdraw(session: AsyncSession, resident: Resident) -> None:
    """Takes the consent back, and with it goes what was kept because of it.

    Requests for a human stay: each had a yes of its own, and a moderator may be in the talk.
    `erasure.erase` takes these too.
    """
    for kept in (ResidentFactor, ResidentInterest, ResidentActivity):
        await session.execute(delete(kept).where(kept.resident_id == resident.id))
    resident.consented_at = resident.consent_version = None
    resident.municipality = None
    await teaching.stop(session, resident)


async def rest_loneliness(session: AsyncSession, resident: Resident, weeks: int = 4) -> None:
    """Leaves loneliness alone for some weeks: the resident did not want to talk about it."""
    resident.loneliness_rests_until = now() + timedelta(weeks=weeks)
    session.add(resident)


def may_raise_loneliness(resident: Resident, at: datetime) -> bool:
    """Whether the bot may bring loneliness up by itself."""
    rests_until = resident.loneliness_rests_until
    return rests_until is None or rests_until <= at
