"""The moves of a handoff: asked for, claimed, released, ended, cancelled.

Each move is one conditional UPDATE, so that of two people who press at once one wins, and one row
in the log, with a word for the actor: `resident`, `bot`, `moderator:ID`. It rings the bell
`handoff`.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import HandoffRefused
from bot.handoff.states import MOVES, OPEN, RESIDENT, State, moderator
from bot.store.engine import ring
from bot.store.tables import Handoff, HandoffMove, Resident, now

BELL = "handoff"
FEEDBACK = frozenset({"good", "okay", "bad"})
FEEDBACK_CHANGES = timedelta(days=7)


async def request(
    session: AsyncSession,
    resident: Resident,
    shared: dict[str, Any],
    danger: str | None = None,
) -> Handoff:
    """Asks for a human. Whoever is waiting or being served already goes on being so.

    Args:
        session: a transaction.
        resident: who asks.
        shared: what the moderator may see, as `summary` makes it.
        danger: kind of the danger they are in, where there is one: goes before all others. Marks
            the open handoff, too.

    Returns:
        The resident's open handoff, new or not.
    """
    # Two requests at once would else both find that there is none.
    await session.execute(
        select(Resident.id).where(Resident.id == resident.id).with_for_update(key_share=True)
    )
    handoff = await open_of(session, resident)
    if handoff is None:
        handoff = Handoff(
            resident_id=resident.id,
            state=State.REQUESTED,
            danger=danger,
            shared=shared,
            topic_id=await _topic_of(session, resident),
        )
        session.add(handoff)
        await session.flush()
        _log(session, handoff, None, RESIDENT)
    elif danger:
        handoff.danger = danger
        ring(session, BELL)
    return handoff


async def get(session: AsyncSession, handoff_id: int) -> Handoff | None:
    """A handoff as it is now; none when its resident has been erased."""
    return await session.get(Handoff, handoff_id, populate_existing=True)


async def open_of(session: AsyncSession, resident: Resident) -> Handoff | None:
    """The resident's handoff that is waited for or going on."""
    return await session.scalar(
        select(Handoff).where(Handoff.resident_id == resident.id, Handoff.state.in_(OPEN))
    )


async def with_open(
    session: AsyncSession, whose: ColumnElement[bool]
) -> tuple[Resident, Handoff | None] | None:
    """A resident and their open handoff at one go: every message of theirs asks for both."""
    found = await session.execute(
        select(Resident, Handoff)
        .outerjoin(Handoff, and_(Handoff.resident_id == Resident.id, Handoff.state.in_(OPEN)))
        .where(whose)
    )
    row = found.one_or_none()
    return (row[0], row[1]) if row else None


async def by_topic(session: AsyncSession, topic_id: int) -> Handoff | None:
    """The latest handoff of a topic in the moderators' group."""
    return await session.scalar(
        select(Handoff).where(Handoff.topic_id == topic_id).order_by(Handoff.id.desc()).limit(1)
    )


async def moves_of(session: AsyncSession, handoff_id: int) -> int:
    """How many moves the handoff has made."""
    moves = select(func.count()).where(HandoffMove.handoff_id == handoff_id)
    return await session.scalar(moves) or 0


async def queue(session: AsyncSession) -> list[Handoff]:
    """The handoffs that wait for a moderator: dangers first, then whoever has waited longest."""
    in_danger_first = case((Handoff.danger.is_not(None), 0), else_=1)
    return list(
        await session.scalars(
            select(Handoff)
            .where(Handoff.state == State.REQUESTED)
            .order_by(in_danger_first, Handoff.requested_at, Handoff.id)
        )
    )


async def claim(
    session: AsyncSession, handoff_id: int, moderator_id: int, moderator_name: str
) -> Handoff:
    """Gives a waiting handoff to a moderator. To claim one's own again is fine.

    Raises:
        HandoffRefused: `taken`, with the holder's name; `over`; or `not_claimed`: it was released
            at this very moment, and may be claimed again.
    """
    claimed = await _move(
        session,
        handoff_id,
        State.REQUESTED,
        State.CLAIMED,
        moderator(moderator_id),
        moderator_id=moderator_id,
        moderator_name=moderator_name,
        claimed_at=now(),
    )
    if claimed:
        return claimed
    handoff = await get(session, handoff_id)
    if handoff and handoff.state == State.CLAIMED and handoff.moderator_id == moderator_id:
        return handoff
    raise _refusal(handoff)


async def release(session: AsyncSession, handoff_id: int, moderator_id: int) -> Handoff:
    """Puts a handoff back into the queue. Only its holder may.

    Raises:
        HandoffRefused: `taken`, with the holder's name, `not_claimed` or `over`.
    """
    released = await _move(
        session,
        handoff_id,
        State.CLAIMED,
        State.REQUESTED,
        moderator(moderator_id),
        Handoff.moderator_id == moderator_id,
        moderator_id=None,
        moderator_name=None,
        claimed_at=None,
    )
    if released:
        return released
    raise _refusal(await get(session, handoff_id))


async def end(session: AsyncSession, handoff_id: int, actor: str) -> Handoff:
    """Ends a talk. A moderator may only end their own; resident and bot may end any.

    Args:
        session: a transaction.
        handoff_id: which.
        actor: `states.RESIDENT`, `states.BOT`, or what `states.moderator` makes.

    Raises:
        HandoffRefused: `taken`, with the holder's name, `not_claimed` or `over`.
    """
    moderator_id = actor.partition(":")[2]
    own = [Handoff.moderator_id == int(moderator_id)] if moderator_id else []
    ended = await _move(
        session, handoff_id, State.CLAIMED, State.ENDED, actor, *own, ended_at=now()
    )
    if ended:
        return ended
    raise _refusal(await get(session, handoff_id))


async def cancel(session: AsyncSession, handoff_id: int) -> Handoff:
    """Takes a request back that nobody has claimed yet.

    Raises:
        HandoffRefused: `taken`, with the holder's name, or `over`.
    """
    cancelled = await _move(
        session, handoff_id, State.REQUESTED, State.CANCELLED, RESIDENT, ended_at=now()
    )
    if cancelled:
        return cancelled
    raise _refusal(await get(session, handoff_id))


def holder_may_write(handoff: Handoff, moderator_id: int) -> None:
    """Checks that the handoff is this moderator's.

    Raises:
        HandoffRefused: `taken`, with the holder's name, `not_claimed` or `over`.
    """
    if handoff.state != State.CLAIMED or handoff.moderator_id != moderator_id:
        raise _refusal(handoff)


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
        handoff = await get(session, handoff_id)
        raise HandoffRefused("not_ended" if handoff and handoff.state in OPEN else "over")


async def _move(
    session: AsyncSession,
    handoff_id: int,
    before: State,
    after: State,
    actor: str,
    *conditions: ColumnElement[bool],
    **values: Any,
) -> Handoff | None:
    """Makes the move if the handoff stands in `before` and fulfils the conditions."""
    moved = await session.scalar(
        update(Handoff)
        .where(Handoff.id == handoff_id, Handoff.state == before, *conditions)
        .values(state=after, **values)
        .returning(Handoff),
        execution_options={"populate_existing": True},
    )
    if moved:
        _log(session, moved, before, actor)
    return moved


def _log(session: AsyncSession, handoff: Handoff, before: State | None, actor: str) -> None:
    after = State(handoff.state)
    if after not in MOVES[before]:
        raise ValueError(f"no move from {before} to {after}")
    session.add(HandoffMove(handoff_id=handoff.id, before=before, after=after, actor=actor))
    ring(session, BELL)


def _refusal(handoff: Handoff | None) -> HandoffRefused:
    if handoff is None or handoff.state not in OPEN:
        return HandoffRefused("over")
    if handoff.state == State.REQUESTED:
        return HandoffRefused("not_claimed")
    return HandoffRefused("taken", handoff.moderator_name)


async def _topic_of(session: AsyncSession, resident: Resident) -> int | None:
    """The topic of the resident's earlier handoff, so that theirs stay in one place."""
    return await session.scalar(
        select(Handoff.topic_id)
        .where(Handoff.resident_id == resident.id, Handoff.topic_id.is_not(None))
        .order_by(Handoff.id.desc())
        .limit(1)
    )
