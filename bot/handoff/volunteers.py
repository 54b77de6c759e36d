"""People who offer to help: three answers, and a list that moderators go through."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.engine import ring
from bot.store.tables import Resident, Volunteer, now

BELL = "volunteers"
# What they are asked, in order; the words are in the wording.
QUESTIONS = ("what", "when", "where")
OFFERED, INVITED, DECLINED = "offered", "invited", "declined"


async def offer(session: AsyncSession, resident: Resident, answers: dict[str, str]) -> Volunteer:
    """Puts somebody on the list; whoever is on it already gives other answers.

    Args:
        session: a transaction.
        resident: who offers.
        answers: their words, by question.
    """
    known = await session.scalar(
        select(Volunteer).where(Volunteer.resident_id == resident.id, Volunteer.state == OFFERED)
    )
    kept = {question: answers.get(question, "") for question in QUESTIONS}
    if known:
        known.answers = dict(kept)
    else:
        known = Volunteer(resident_id=resident.id, answers=dict(kept))
        session.add(known)
    await session.flush()
    ring(session, BELL, known.id)
    return known


async def volunteers(
    session: AsyncSession, state: str | None = None
) -> list[tuple[Volunteer, Resident]]:
    """The list, those not reviewed yet first, then the newest."""
    of = [Volunteer.state == state] if state else []
    found = await session.execute(
        select(Volunteer, Resident)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .where(*of)
        .order_by(Volunteer.state != OFFERED, Volunteer.id.desc())
    )
    return [(volunteer, resident) for volunteer, resident in found]


async def review(
    session: AsyncSession, volunteer_id: int, state: str, reviewer_id: int, reviewer_name: str
) -> Volunteer | None:
    """A moderator invites somebody to the group, or declines. Once: the first word counts.

    Returns:
        The volunteer; none where there is none, or somebody was first.

    Raises:
        ValueError: that is neither.
    """
    if state not in {INVITED, DECLINED}:
        raise ValueError(f"no review: {state}")
    volunteer = await session.get(
        Volunteer, volunteer_id, with_for_update=True, populate_existing=True
    )
    if volunteer is None or volunteer.state != OFFERED:
        return None
    volunteer.state, volunteer.reviewed_at = state, now()
    volunteer.reviewer_id, volunteer.reviewer_name = reviewer_id, reviewer_name
    ring(session, BELL, volunteer.id)
    return volunteer


async def untold(session: AsyncSession) -> list[Volunteer]:
    """Those of whose invitation or offer nobody has been told yet, oldest first."""
    return list(
        await session.scalars(
            select(Volunteer).where(Volunteer.told_at.is_(None)).order_by(Volunteer.id)
        )
    )
