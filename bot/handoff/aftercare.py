"""After a talk: the resident's feedback, the moderator's closing, and what is followed up."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import HandoffRefused
from bot.handoff import service
from bot.handoff.states import OPEN, State
from bot.store.engine import ring
from bot.store.tables import Handoff, Resident, now

FEEDBACK = frozenset({"good", "okay", "bad"})
FEEDBACK_CHANGES = timedelta(days=7)
WORDS_WAIT = timedelta(minutes=15)
# What came of a talk, in the order in which a moderator is offered them.
OUTCOMES = ("talked", "activity", "service", "follow_up", "unreached", "abuse", "other")


async def give_feedback(session: AsyncSession, handoff_id: int, feedback: str) -> None:
    """Keeps how the talk was: `good`, `okay` or `bad`. May be changed for some days.

    Raises:
        ValueError: there is no such feedback.
        HandoffRefused: `not_ended`, or `over`: it was cancelled, or given too long ago to change.
    """
    if feedback not in FEEDBACK:
        raise ValueError(f"no feedback: {feedback}")
    given = await session.scalar(
        update(Handoff)
        .where(
            Handoff.id == handoff_id,
            Handoff.state == State.ENDED,
            or_(Handoff.feedback.is_(None), Handoff.ended_at > now() - FEEDBACK_CHANGES),
        )
        .values(feedback=feedback)
        .returning(Handoff.id)
    )
    if given is None:
        handoff = await service.get(session, handoff_id)
        raise HandoffRefused("not_ended" if handoff and handoff.state in OPEN else "over")
    ring(session, service.BELL, handoff_id)


async def ask_for_words(session: AsyncSession, handoff_id: int) -> None:
    """The resident would like to say in words how it was: their next message is that."""
    await session.execute(
        update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.feedback.is_not(None))
        .values(feedback_asked_at=now())
    )


async def give_words(session: AsyncSession, resident: Resident, words: str) -> Handoff | None:
    """Keeps a resident's word about the talk, if they were just asked for one.

    Returns:
        The handoff that it is about; none where nothing was asked.
    """
    handoff = await session.scalar(
        select(Handoff)
        .where(
            Handoff.resident_id == resident.id,
            Handoff.state == State.ENDED,
            Handoff.feedback_asked_at > now() - WORDS_WAIT,
        )
        .order_by(Handoff.id.desc())
        .limit(1)
    )
    if handoff:
        handoff.feedback_words, handoff.feedback_asked_at = words.strip(), None
        ring(session, service.BELL, handoff.id)
    return handoff


async def close(
    session: AsyncSession,
    handoff_id: int,
    *,
    outcome: str | None,
    note: str | None = None,
    follow_up_at: datetime | None = None,
) -> Handoff:
    """Keeps what came of a talk that has ended. May be written anew.

    Args:
        session: a transaction.
        handoff_id: which.
        outcome: one of `OUTCOMES`.
        note: stays inside.
        follow_up_at: when the moderators are to be reminded of it.

    Raises:
        ValueError: there is no such outcome.
        HandoffRefused: `not_ended`, or `over`: there is none.
    """
    if outcome is not None and outcome not in OUTCOMES:
        raise ValueError(f"no outcome: {outcome}")
    handoff = await service.get(session, handoff_id)
    if handoff is None:
        raise HandoffRefused("over")
    if handoff.state in OPEN:
        raise HandoffRefused("not_ended")
    handoff.outcome, handoff.closing_note = outcome, (note or "").strip() or None
    if handoff.follow_up_at != follow_up_at:
        handoff.follow_up_at, handoff.followed_up_at = follow_up_at, None
    ring(session, service.BELL, handoff_id)
    return handoff


async def due(session: AsyncSession, at: datetime) -> list[Handoff]:
    """The talks that are to be followed up by a moment, and were not yet, the oldest first."""
    return list(
        await session.scalars(
            select(Handoff)
            .where(Handoff.follow_up_at <= at, Handoff.followed_up_at.is_(None))
            .order_by(Handoff.follow_up_at, Handoff.id)
        )
    )


async def followed_up(session: AsyncSession, handoff_id: int) -> None:
    """Somebody has seen to it."""
    await session.execute(
        update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.follow_up_at.is_not(None))
        .values(followed_up_at=now())
    )
    ring(session, service.BELL, handoff_id)
