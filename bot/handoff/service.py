"""The moves of a handoff, each with its conditions.

Each move is one conditional UPDATE, so that of two people who press at once one wins, and one row
in the log: what, who, when, from where to where. It rings the bell `handoff`; whoever tells both
sides of it finds the row with `told_at` empty.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import HandoffRefused
from bot.handoff import blocks
from bot.handoff.states import BOT, HELD, MOVES, OPEN, QUEUED, RESIDENT, Move, State, moderator
from bot.handoff.summary import Line, Reason
from bot.store.engine import ring
from bot.store.prepared import Prepared, columns_of, objects
from bot.store.tables import DutyShift, Handoff, HandoffMove, Resident, now, plain

# Rung about everything in a handoff, and about its moves and marks alone.
BELL = "handoff"
MOVED = "moved"
REOPENS = timedelta(days=14)
REMINDS = timedelta(minutes=10)
KNOWN = timedelta(days=60)
_RESIDENTS, _HANDOFFS = plain(Resident), plain(Handoff)
_WITH_OPEN = select(*columns_of(Resident, Handoff)).select_from(
    _RESIDENTS.outerjoin(
        _HANDOFFS,
        and_(
            _HANDOFFS.c.resident_id == _RESIDENTS.c.id,
            or_(*(_HANDOFFS.c.state == state for state in sorted(OPEN))),
        ),
    )
)
WITH_OPEN_OF_ACCOUNT = Prepared(_WITH_OPEN.where(_RESIDENTS.c.telegram_id == bindparam("account")))
WITH_OPEN_OF_CONVERSATION = Prepared(
    _WITH_OPEN.where(_RESIDENTS.c.conversation_id == bindparam("conversation"))
)


async def request(
    session: AsyncSession,
    resident: Resident,
    shared: dict[str, Any],
    danger: str | None = None,
    *,
    reason: Reason = "words",
    told_before: Sequence[Line] = (),
) -> Handoff:
    """Asks for a human. Whoever is waiting or being served already goes on being so.

    Args:
        session: a transaction.
        resident: who asks.
        shared: what the moderator may see, as `summary` makes it.
        danger: kind of the danger they are in, where there is one: goes before all others. Marks
            the open handoff, too.
        reason: why a human is asked for.
        told_before: what was said with the bot, where the resident wants it to go along.

    Returns:
        The resident's open handoff, new or not.

    Raises:
        HandoffRefused: `blocked`, until `at`; what is open already goes on all the same.
    """
    await _hold(session, resident.id)
    handoff = await open_of(session, resident)
    if handoff is None:
        if until := await blocks.blocked_until(session, resident.id):
            raise HandoffRefused("blocked", at=until)
        handoff = Handoff(
            resident_id=resident.id,
            state=State.REQUESTED,
            danger=danger,
            shared=shared,
            reason=reason,
            told_before={"lines": list(told_before)} if told_before else None,
            topic_id=await _topic_of(session, resident),
            last_number=1,
        )
        session.add(handoff)
        await session.flush()
        _log(session, handoff, Move.REQUEST, None, RESIDENT)
    elif danger:
        handoff.danger = danger
        _ring(session, handoff.id)
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
    session: AsyncSession, *, account: int | None = None, conversation: str = ""
) -> tuple[Resident, Handoff | None] | None:
    """A resident and their open handoff at one go: every message of theirs asks for both.

    Args:
        session: a transaction.
        account: the resident's Telegram id, or
        conversation: their conversation.
    """
    if account is None:
        row = await WITH_OPEN_OF_CONVERSATION.first(session, conversation=conversation)
    else:
        row = await WITH_OPEN_OF_ACCOUNT.first(session, account=account)
    if row is None:
        return None
    resident, handoff = objects(session, row, Resident, Handoff)
    return resident, handoff


async def by_topic(session: AsyncSession, topic_id: int) -> Handoff | None:
    """The latest handoff of a topic in the moderators' group."""
    return await session.scalar(
        select(Handoff).where(Handoff.topic_id == topic_id).order_by(Handoff.id.desc()).limit(1)
    )


async def held_by(session: AsyncSession, moderator_id: int) -> list[Handoff]:
    """The talks that a moderator has, the one that was claimed last first."""
    return list(
        await session.scalars(
            select(Handoff)
            .where(Handoff.moderator_id == moderator_id, Handoff.state.in_(HELD))
            .order_by(Handoff.claimed_at.desc(), Handoff.id.desc())
        )
    )


async def queue(session: AsyncSession) -> list[Handoff]:
    """The handoffs that wait for a moderator: dangers, the escalated, the longest waits."""
    urgency = case(
        (Handoff.danger.is_not(None), 0), (Handoff.escalated_at.is_not(None), 1), else_=2
    )
    return list(
        await session.scalars(
            select(Handoff)
            .where(Handoff.state.in_(QUEUED))
            .order_by(urgency, Handoff.requested_at, Handoff.id)
        )
    )


async def going_on(session: AsyncSession) -> list[Handoff]:
    """The talks that moderators have, oldest first."""
    held = select(Handoff).where(Handoff.state.in_(HELD))
    return list(await session.scalars(held.order_by(Handoff.claimed_at, Handoff.id)))


async def moderators_known(session: AsyncSession) -> dict[int, str]:
    """Names of the moderators who have had a hand in anything of late, by Telegram id."""
    since = now() - KNOWN
    acted = await session.execute(
        select(HandoffMove.actor, HandoffMove.name)
        .where(
            HandoffMove.actor.startswith("moderator:"),
            HandoffMove.name.is_not(None),
            HandoffMove.moved_at > since,
        )
        .distinct()
    )
    known = {int(actor.partition(":")[2]): str(name) for actor, name in acted}
    shifts = await session.scalars(select(DutyShift).where(DutyShift.ends_at > since))
    return known | {shift.moderator_id: shift.moderator_name for shift in shifts}


async def untold(session: AsyncSession, handoff_id: int | None = None) -> list[HandoffMove]:
    """The moves that nobody has been told of yet, oldest first; of one handoff, or of all."""
    of = [HandoffMove.handoff_id == handoff_id] if handoff_id else []
    return list(
        await session.scalars(
            select(HandoffMove)
            .where(HandoffMove.told_at.is_(None), *of)
            .order_by(HandoffMove.id)
            .with_for_update(skip_locked=True)
        )
    )


# --- moves ----------------------------------------------------------------------------------


async def announce(session: AsyncSession, handoff_id: int) -> Handoff | None:
    """Notes that the moderators have been told of a request; nothing where that is past."""
    try:
        return await _move(session, handoff_id, Move.ANNOUNCE, BOT)
    except HandoffRefused:
        return None


async def claim(
    session: AsyncSession, handoff_id: int, moderator_id: int, moderator_name: str
) -> Handoff:
    """Gives a waiting handoff to a moderator. To claim one's own again is fine.

    Raises:
        HandoffRefused: `taken`, with the holder's name; `cancelled`, with the time; `over`.
    """
    handoff = await get(session, handoff_id)
    if handoff and handoff.state in HELD and handoff.moderator_id == moderator_id:
        return handoff
    return await _move(
        session,
        handoff_id,
        Move.CLAIM,
        moderator(moderator_id),
        name=moderator_name,
        **_held(moderator_id, moderator_name),
    )


async def answered(session: AsyncSession, handoff: Handoff) -> Handoff:
    """Notes the holder's word to the resident: with the first, the talk begins."""
    if handoff.state == State.CLAIMED:
        handoff = await _move(
            session,
            handoff.id,
            Move.ANSWER,
            moderator(handoff.moderator_id or 0),
            name=handoff.moderator_name,
        )
        handoff.answered_at = handoff.answered_at or now()
    handoff.unanswered_since = None
    return handoff


async def release(
    session: AsyncSession, handoff_id: int, moderator_id: int, reason: str | None = None
) -> Handoff:
    """Puts a handoff back into the queue. Only its holder may.

    Raises:
        HandoffRefused: `taken`, with the holder's name, `not_claimed`, `cancelled` or `over`.
    """
    return await _release(
        session, handoff_id, moderator(moderator_id), reason, Handoff.moderator_id == moderator_id
    )


async def return_to_queue(session: AsyncSession, handoff: Handoff, reason: str) -> Handoff:
    """Takes a talk from a moderator who is silent or has gone.

    Raises:
        HandoffRefused: `taken`: it is another's by now; `not_claimed`, `cancelled` or `over`.
    """
    same = Handoff.moderator_id == handoff.moderator_id
    return await _release(session, handoff.id, BOT, reason, same)


async def _release(
    session: AsyncSession,
    handoff_id: int,
    actor: str,
    reason: str | None,
    condition: ColumnElement[bool],
) -> Handoff:
    handoff = await get(session, handoff_id)
    return await _move(
        session,
        handoff_id,
        Move.RELEASE,
        actor,
        condition,
        name=handoff.moderator_name if handoff else None,
        reason=reason,
        moderator_id=None,
        moderator_name=None,
        claimed_at=None,
        unanswered_since=None,
    )


async def transfer(
    session: AsyncSession,
    handoff_id: int,
    moderator_id: int,
    to_id: int,
    to_name: str,
    reason: str | None = None,
) -> Handoff:
    """Gives a talk to another moderator. Only its holder may.

    Raises:
        HandoffRefused: `taken`, with the holder's name, `not_claimed`, `cancelled` or `over`.
    """
    handoff = await get(session, handoff_id)
    return await _move(
        session,
        handoff_id,
        Move.TRANSFER,
        moderator(moderator_id),
        Handoff.moderator_id == moderator_id,
        name=handoff.moderator_name if handoff else None,
        reason=reason,
        **_held(to_id, to_name),
    )


async def take_over(
    session: AsyncSession, handoff_id: int, moderator_id: int, moderator_name: str, holder_id: int
) -> Handoff:
    """Takes a talk from the moderator who has it: a step of its own, and told to both.

    Args:
        session: a transaction.
        handoff_id: which.
        moderator_id: who takes it.
        moderator_name: their name.
        holder_id: who had it when the other decided to take it.

    Raises:
        HandoffRefused: `taken`: it is a third's by now; `not_claimed`, `cancelled` or `over`.
    """
    return await _move(
        session,
        handoff_id,
        Move.TRANSFER,
        moderator(moderator_id),
        Handoff.moderator_id == holder_id,
        name=moderator_name,
        **_held(moderator_id, moderator_name),
    )


async def escalate(
    session: AsyncSession,
    handoff_id: int,
    actor: str,
    name: str | None = None,
    reason: str | None = None,
) -> Handoff:
    """Calls for more eyes: it goes before others, and whoever leads is told. Anybody may.

    Raises:
        HandoffRefused: `cancelled` or `over`.
    """
    return await _move(
        session,
        handoff_id,
        Move.ESCALATE,
        actor,
        name=name,
        reason=reason,
        escalated_at=now(),
    )


async def end(
    session: AsyncSession, handoff_id: int, actor: str, name: str | None = None
) -> Handoff:
    """Ends a talk. A moderator may only end their own; resident and bot may end any.

    Args:
        session: a transaction.
        handoff_id: which.
        actor: `states.RESIDENT`, `states.BOT`, or what `states.moderator` makes.
        name: the moderator's.

    Raises:
        HandoffRefused: `taken`, with the holder's name, `not_claimed`, `cancelled` or `over`.
    """
    moderator_id = actor.partition(":")[2]
    own = [Handoff.moderator_id == int(moderator_id)] if moderator_id else []
    return await _move(
        session, handoff_id, Move.END, actor, *own, name=name, ended_at=now(), unanswered_since=None
    )


async def time_out(session: AsyncSession, handoff_id: int) -> Handoff:
    """Ends what nobody has gone on with: the bot is better than silence.

    Raises:
        HandoffRefused: `cancelled` or `over`.
    """
    return await _move(
        session, handoff_id, Move.TIME_OUT, BOT, ended_at=now(), unanswered_since=None
    )


async def cancel(session: AsyncSession, handoff_id: int) -> Handoff:
    """Takes a request back that nobody has claimed yet.

    Raises:
        HandoffRefused: `taken`, with the holder's name, `cancelled` or `over`.
    """
    return await _move(session, handoff_id, Move.CANCEL, RESIDENT, ended_at=now())


async def reopen(
    session: AsyncSession, handoff_id: int, moderator_id: int, moderator_name: str
) -> Handoff:
    """Takes an ended talk up again, for some days.

    Raises:
        HandoffRefused: `open_already`: the resident has another one; `taken`, `not_ended`,
            `cancelled` or `over`.
    """
    handoff = await get(session, handoff_id)
    if handoff is None:
        raise HandoffRefused("over")
    await _hold(session, handoff.resident_id)
    others = select(Handoff.id).where(
        Handoff.resident_id == handoff.resident_id,
        Handoff.id != handoff_id,
        Handoff.state.in_(OPEN),
    )
    if await session.scalar(others):
        raise HandoffRefused("open_already")
    return await _move(
        session,
        handoff_id,
        Move.REOPEN,
        moderator(moderator_id),
        Handoff.ended_at > now() - REOPENS,
        name=moderator_name,
        ended_at=None,
        **_held(moderator_id, moderator_name),
    )


def holder_may_write(handoff: Handoff, moderator_id: int) -> None:
    """Checks that the handoff is this moderator's.

    Raises:
        HandoffRefused: `taken`, with the holder's name, `not_claimed`, `cancelled` or `over`.
    """
    if handoff.state not in HELD or handoff.moderator_id != moderator_id:
        raise _refusal(handoff)


def remind(handoff: Handoff) -> bool:
    """Whether to say once more that a human was asked for: not at every asking."""
    if handoff.reminded_at and now() - handoff.reminded_at < REMINDS:
        return False
    handoff.reminded_at = now()
    return True


async def _move(
    session: AsyncSession,
    handoff_id: int,
    move: Move,
    actor: str,
    *conditions: ColumnElement[bool],
    name: str | None = None,
    reason: str | None = None,
    **values: Any,
) -> Handoff:
    """Makes the move if the table of moves allows it and the conditions hold.

    Raises:
        HandoffRefused: why not.
    """
    before: str | None = None
    while True:
        handoff = await get(session, handoff_id)
        after = MOVES[move].get(State(handoff.state)) if handoff else None
        if handoff is None or after is None or handoff.state == before:
            raise _refusal(handoff, move)
        before = handoff.state
        moved: Handoff | None = await session.scalar(
            update(Handoff)
            .where(Handoff.id == handoff_id, Handoff.state == before, *conditions)
            .values(state=after, last_number=Handoff.last_number + 1, **values)
            .returning(Handoff),
            execution_options={"populate_existing": True},
        )
        if moved:
            _log(session, moved, move, State(before), actor, name, reason)
            return moved


def _log(
    session: AsyncSession,
    handoff: Handoff,
    move: Move,
    before: State | None,
    actor: str,
    name: str | None = None,
    reason: str | None = None,
) -> None:
    session.add(
        HandoffMove(
            handoff_id=handoff.id,
            number=handoff.last_number,
            move=move,
            before=before,
            after=handoff.state,
            actor=actor,
            name=name,
            holder=handoff.moderator_name,
            reason=reason,
        )
    )
    _ring(session, handoff.id)


def _ring(session: AsyncSession, handoff_id: int) -> None:
    ring(session, BELL, handoff_id)
    ring(session, MOVED, handoff_id)


def _held(moderator_id: int, moderator_name: str) -> dict[str, Any]:
    at: datetime = now()
    return {
        "moderator_id": moderator_id,
        "moderator_name": moderator_name,
        "claimed_at": at,
        "unanswered_since": at,
    }


def _refusal(handoff: Handoff | None, move: Move | None = None) -> HandoffRefused:
    if handoff is None or handoff.state == State.ENDED:
        return HandoffRefused("over")
    if handoff.state == State.CANCELLED:
        return HandoffRefused("cancelled", at=handoff.ended_at)
    if move == Move.REOPEN:
        return HandoffRefused("not_ended")
    if handoff.state in QUEUED:
        return HandoffRefused("not_claimed")
    return HandoffRefused("taken", handoff.moderator_name)


async def _hold(session: AsyncSession, resident_id: int) -> None:
    """Two requests at once would else both find that there is none."""
    await session.execute(
        select(Resident.id).where(Resident.id == resident_id).with_for_update(key_share=True)
    )


async def _topic_of(session: AsyncSession, resident: Resident) -> int | None:
    """The topic of the resident's earlier handoff, so that theirs stay in one place."""
    return await session.scalar(
        select(Handoff.topic_id)
        .where(Handoff.resident_id == resident.id, Handoff.topic_id.is_not(None))
        .order_by(Handoff.id.desc())
        .limit(1)
    )
