"""Telling a resident what is kept about them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.factors import profile
from bot.store.tables import Handoff, Resident, ResidentActivity, TaughtSentence


@dataclass(frozen=True)
class Kept:
    """What is kept about a resident now. Factors and interests are catalogue keys."""

    alias: str
    language: str
    municipality: str | None
    factors: tuple[str, ...]
    interests: tuple[str, ...]
    saved_activities: int
    sentences: int
    handoffs: int
    since: datetime


async def kept(session: AsyncSession, resident: Resident) -> Kept:
    """Gathers what is kept about the resident."""
    saved = select(func.count()).where(
        ResidentActivity.resident_id == resident.id, ResidentActivity.mark == "saved"
    )
    sentences = select(func.count()).where(TaughtSentence.resident_id == resident.id)
    handoffs = select(func.count()).where(Handoff.resident_id == resident.id)
    return Kept(
        alias=resident.alias,
        language=resident.language,
        municipality=resident.municipality,
        factors=tuple(await profile.factors_of(session, resident)),
        interests=tuple(await profile.interests_of(session, resident)),
        saved_activities=await session.scalar(saved) or 0,
        sentences=await session.scalar(sentences) or 0,
        handoffs=await session.scalar(handoffs) or 0,
        since=resident.created_at,
    )
