"""People who offer to help: three answers, and a list that moderators go through."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.engine import ring
from bot.store.tables import Resident, Volunteer, now

BELL = "volunteers"
# What they are asked, in order; the words are in the wording.
QUESTIONS = ("what", "when", "where")
ASKED, OFFERED, INVITED, DECLINED = "asked", "offered", "invited", "declined"


async def begin(session: AsyncSession, resident: Resident) -> str:
    """Begins to ask somebody who offers to help. Returns the first question."""
    await session.execute(
        delete(Volunteer).where(Volunteer.resident_id == resident.id, Volunteer.state == ASKED)
    )
    session.add(Volunteer(resident_id=resident.id, state=ASKED, answers={}, told_at=now()))
    await session.flush()
    return QUESTIONS[0]


async def answer(session: AsyncSession, resident: Resident, words: str) -> str | None:
    """Keeps an answer.

    Returns:
        The next question; none where that was the last one, and they are on the list.
    """
    asked = await session.scalar(
        select(Volunteer).where(Volunteer.resident_id == resident.id, Volunteer.state == ASKED)
    )
    if asked is None:
        return None
    left = [question for question in QUESTIONS if question not in asked.answers]
    asked.answers = {**asked.answers, left[0]: words.strip()}
    if left[1:]:
        return left[1]
    answers = asked.answers
    await session.delete(asked)
    await session.flush()
    await offer(session, resident, answers)
    return None


async def stop(session: AsyncSession, resident: Resident) -> None:
    """They would rather not answer: nothing of it is kept."""
    await session.execute(
        delete(Volunteer).where(Volunteer.resident_id == resident.id, Volunteer.state == ASKED)
    )


async def being_asked(session: AsyncSession) -> set[int]:
    """Ids of the residents who have not answered all questions yet."""
    asked = select(Volunteer.resident_id).where(Volunteer.state == ASKED)
    return set(await session.scalars(asked))


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
    of = [Volunteer.state == state] if state else [Volunteer.state != ASKED]
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
    volunteer.told_at = None
    ring(session, BELL, volunteer.id)
    return volunteer


async def untold(session: AsyncSession) -> list[Volunteer]:
    """Those of whose invitation or offer nobody has been told yet, oldest first."""
    return list(
        await session.scalars(
            select(Volunteer).where(Volunteer.told_at.is_(None)).order_by(Volunteer.id)
        )
    )
