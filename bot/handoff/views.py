"""Lists of handoffs as moderators look at them: what waits, what goes on, what is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.handoff import ledger
from bot.handoff.states import HELD, OPEN, QUEUED, RESIDENT
from bot.store.tables import (
    Block,
    Handoff,
    HandoffMessage,
    HandoffMove,
    Resident,
    SafetyAssessment,
    now,
)

PAGE = 50


@dataclass(frozen=True)
class Filter:
    """What of a list is wanted; what is empty or none may be anything.

    Attributes:
        alias: a part of the resident's alias, in any case.
        language: `fi`, `en` …
        municipality: what the resident shared.
        marks: `danger`, `escalated`, `unanswered`, `mine`.
        held: only what somebody has, or only what nobody has.
    """

    alias: str = ""
    language: str | None = None
    municipality: str | None = None
    marks: frozenset[str] = frozenset()
    held: bool | None = None


@dataclass(frozen=True)
class Row:
    """One handoff in a list.

    Attributes:
        handoff: as it stands.
        resident_id: whose.
        alias: what the resident goes by.
        language: what they are written to in.
        municipality: what they shared; none where they did not.
        marks: `danger`, `escalated`, `unanswered`, `gone`, `blocked`, `reopened`, in this order.
        waited: how long nobody has taken it, or how long it took until somebody did.
        unread: how many of the resident's messages the moderator has not seen.
        last_at: when the resident said something last.
    """

    handoff: Handoff
    resident_id: int
    alias: str
    language: str
    municipality: str | None
    marks: tuple[str, ...]
    waited: timedelta
    unread: int
    last_at: datetime | None


@dataclass(frozen=True)
class Past:
    """One handoff that is over.

    Attributes:
        handoff: with its outcome, closing note, feedback.
        resident_id: whose.
        alias: what the resident goes by.
        to_claim: from the request until it was first claimed; none where it never was.
        to_answer: from that until the moderator's first word.
        messages: how many messages there were.
        last_move: what ended it: `end`, `time_out` or `cancel`.
        ended_by: `resident`, `bot` or `moderator:ID`.
    """

    handoff: Handoff
    resident_id: int
    alias: str
    to_claim: timedelta | None
    to_answer: timedelta | None
    messages: int
    last_move: str
    ended_by: str


async def queue(
    session: AsyncSession, moderator_id: int, wanted: Filter | None = None
) -> list[Row]:
    """What waits and what goes on: dangers, the escalated, what waits longest, then the rest.

    Args:
        session: a transaction.
        moderator_id: whose unread messages are counted.
        wanted: what of it.
    """
    wanted = wanted or Filter()
    urgency = case(
        (Handoff.danger.is_not(None), 0), (Handoff.escalated_at.is_not(None), 1), else_=2
    )
    found = list(
        await session.execute(
            select(Handoff, Resident)
            .join(Resident, Resident.id == Handoff.resident_id)
            .where(Handoff.state.in_(OPEN), *_conditions(wanted, moderator_id))
            .order_by(Handoff.state.in_(HELD), urgency, Handoff.requested_at, Handoff.id)
        )
    )
    unread = await ledger.unread(session, moderator_id, [handoff.id for handoff, _ in found])
    blocked = await _blocked(session, [resident.id for _, resident in found])
    at = now()
    rows = [
        Row(
            handoff=handoff,
            resident_id=resident.id,
            alias=resident.alias,
            language=str(handoff.shared.get("language") or resident.language),
            municipality=handoff.shared.get("municipality"),
            marks=_marks(handoff, resident, resident.id in blocked),
            waited=(handoff.claimed_at or at) - handoff.requested_at,
            unread=unread.get(handoff.id, 0),
            last_at=handoff.heard_at,
        )
        for handoff, resident in found
    ]
    return [row for row in rows if _fits(row, wanted)]


async def row(session: AsyncSession, handoff_id: int, moderator_id: int) -> Row | None:
    """One handoff as it would stand in the list, whatever its state."""
    found = await session.execute(
        select(Handoff, Resident)
        .join(Resident, Resident.id == Handoff.resident_id)
        .where(Handoff.id == handoff_id)
    )
    for handoff, resident in found:
        unread = await ledger.unread(session, moderator_id, [handoff.id])
        blocked = await _blocked(session, [resident.id])
        return Row(
            handoff=handoff,
            resident_id=resident.id,
            alias=resident.alias,
            language=str(handoff.shared.get("language") or resident.language),
            municipality=handoff.shared.get("municipality"),
            marks=_marks(handoff, resident, bool(blocked)),
            waited=(handoff.claimed_at or handoff.ended_at or now()) - handoff.requested_at,
            unread=unread.get(handoff.id, 0),
            last_at=handoff.heard_at,
        )
    return None


async def past(
    session: AsyncSession,
    *,
    alias: str = "",
    outcome: str | None = None,
    resident_id: int | None = None,
    before_id: int | None = None,
    limit: int = PAGE,
) -> list[Past]:
    """Handoffs that are over, the newest first.

    Args:
        session: a transaction.
        alias: a part of the resident's alias.
        outcome: only these.
        resident_id: only this resident's.
        before_id: only those before this one: the next page.
        limit: how many at the most.
    """
    conditions: list[ColumnElement[bool]] = [Handoff.state.not_in(OPEN)]
    if alias:
        conditions.append(Handoff.resident_id.in_(await _named(session, alias)))
    if outcome:
        conditions.append(Handoff.outcome == outcome)
    if resident_id is not None:
        conditions.append(Handoff.resident_id == resident_id)
    if before_id is not None:
        conditions.append(Handoff.id < before_id)
    found = list(
        await session.execute(
            select(Handoff, Resident)
            .join(Resident, Resident.id == Handoff.resident_id)
            .where(*conditions)
            .order_by(Handoff.id.desc())
            .limit(limit)
        )
    )
    ids = [handoff.id for handoff, _ in found]
    moves = await _moves(session, ids)
    messages = await _messages(session, ids)
    return [
        _past(handoff, resident, moves.get(handoff.id, []), messages.get(handoff.id, 0))
        for handoff, resident in found
    ]


async def assessments(
    session: AsyncSession, resident_id: int | None = None, limit: int = PAGE
) -> list[tuple[SafetyAssessment, Resident]]:
    """What was taken as danger, the newest first: of one resident, or of all."""
    of = [SafetyAssessment.resident_id == resident_id] if resident_id is not None else []
    found = await session.execute(
        select(SafetyAssessment, Resident)
        .join(Resident, Resident.id == SafetyAssessment.resident_id)
        .where(*of)
        .order_by(SafetyAssessment.id.desc())
        .limit(limit)
    )
    return [(assessment, resident) for assessment, resident in found]


async def _named(session: AsyncSession, part: str) -> list[int]:
    """Who of those who have had a human goes by such an alias: it lies sealed, and is opened."""
    named = await session.execute(
        select(Resident.id, Resident.alias).where(Resident.id.in_(select(Handoff.resident_id)))
    )
    return [number for number, alias in named if part.casefold() in alias.casefold()]


def _conditions(wanted: Filter, moderator_id: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.held is not None:
        conditions.append(Handoff.state.in_(HELD if wanted.held else QUEUED))
    if "danger" in wanted.marks:
        conditions.append(Handoff.danger.is_not(None))
    if "escalated" in wanted.marks:
        conditions.append(Handoff.escalated_at.is_not(None))
    if "unanswered" in wanted.marks:
        conditions.append(Handoff.unanswered_since.is_not(None))
    if "mine" in wanted.marks:
        conditions.append(Handoff.moderator_id == moderator_id)
    return conditions


def _fits(row: Row, wanted: Filter) -> bool:
    return (
        wanted.alias.casefold() in row.alias.casefold()
        and wanted.language in {None, row.language}
        and wanted.municipality in {None, row.municipality}
    )


def _marks(handoff: Handoff, resident: Resident, blocked: bool) -> tuple[str, ...]:
    marks = {
        "danger": handoff.danger,
        "escalated": handoff.escalated_at,
        "unanswered": handoff.unanswered_since,
        "gone": resident.gone_at,
        "blocked": blocked,
    }
    return tuple(mark for mark, is_so in marks.items() if is_so)


async def _blocked(session: AsyncSession, resident_ids: Sequence[int]) -> set[int]:
    return set(
        await session.scalars(
            select(Block.resident_id).where(
                Block.resident_id.in_(resident_ids),
                Block.lifted_at.is_(None),
                Block.until > now(),
            )
        )
    )


async def _moves(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[HandoffMove]]:
    moves: dict[int, list[HandoffMove]] = {}
    found = await session.scalars(
        select(HandoffMove).where(HandoffMove.handoff_id.in_(ids)).order_by(HandoffMove.id)
    )
    for one in found:
        moves.setdefault(one.handoff_id, []).append(one)
    return moves


async def _messages(session: AsyncSession, ids: Sequence[int]) -> dict[int, int]:
    counted = await session.execute(
        select(HandoffMessage.handoff_id, func.count())
        .where(HandoffMessage.handoff_id.in_(ids))
        .group_by(HandoffMessage.handoff_id)
    )
    return {row[0]: row[1] for row in counted}


def _past(handoff: Handoff, resident: Resident, moves: list[HandoffMove], messages: int) -> Past:
    claimed = next((one.moved_at for one in moves if one.move == "claim"), None)
    answered = next((one.moved_at for one in moves if one.move == "answer"), None)
    last = moves[-1] if moves else None
    return Past(
        handoff=handoff,
        resident_id=resident.id,
        alias=resident.alias,
        to_claim=claimed - handoff.requested_at if claimed else None,
        to_answer=answered - claimed if claimed and answered else None,
        messages=messages,
        last_move=last.move if last else "end",
        ended_by=last.actor if last else RESIDENT,
    )
