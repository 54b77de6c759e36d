"""Looking afterwards at what was taken as danger, without the words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import SafetyAssessment, now


async def mark_wrong(session: AsyncSession, resident_id: int) -> bool:
    """Notes that the last assessment of a resident was wrong. Says whether there was one."""
    last = await session.scalar(
        select(SafetyAssessment)
        .where(SafetyAssessment.resident_id == resident_id)
        .order_by(SafetyAssessment.id.desc())
        .limit(1)
    )
    if last is None:
        return False
    last.wrong_at, last.right_at = now(), None
    return True


async def judge(session: AsyncSession, assessment_id: int, *, wrong: bool) -> bool:
    """Marks an assessment wrong, or right. Says whether there is such a one."""
    assessment = await session.get(SafetyAssessment, assessment_id)
    if assessment is None:
        return False
    at = now()
    assessment.wrong_at, assessment.right_at = (at, None) if wrong else (None, at)
    return True


async def latest(session: AsyncSession, count: int) -> Sequence[SafetyAssessment]:
    """The latest assessments, those marked wrong first."""
    found = await session.scalars(
        select(SafetyAssessment)
        .order_by(SafetyAssessment.wrong_at.is_(None), SafetyAssessment.id.desc())
        .limit(count)
    )
    return list(found)
