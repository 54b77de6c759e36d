"""The numbers of the work with handoffs: how many, how fast, answered by whom."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median, quantiles

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.handoff.states import Move, State
from bot.safety.helplines import HELSINKI
from bot.store.tables import Handoff, HandoffMove


@dataclass(frozen=True)
class Spread:
    """How long something took. Half of the times are below the median, nine of ten below p90."""

    count: int
    median: timedelta | None
    p90: timedelta | None

    @classmethod
    def of(cls, times: list[timedelta]) -> "Spread":
        """Of some times."""
        seconds = sorted(one.total_seconds() for one in times)
        if not seconds:
            return cls(0, None, None)
        tail = quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
        return cls(len(seconds), timedelta(seconds=median(seconds)), timedelta(seconds=tail))


@dataclass(frozen=True)
class Load:
    """How much a moderator had to do."""

    name: str
    claimed: int
    answered: int
    talking: timedelta


@dataclass(frozen=True)
class Numbers:
    """The numbers of a time, days and hours in Helsinki.

    Attributes:
        requests: how many asked for a human.
        dangers: how many of them with a mark of danger.
        by_day: requests by day, each day of the time once.
        by_hour: requests by weekday (0 is Monday) and hour.
        to_claim: from the request to the first claim.
        to_answer: from the first claim to the moderator's first word.
        answered: share of the requests in which a moderator wrote, 0 to 1; none without requests.
        cancelled: how many the resident took back.
        timed_out: how many ended because nobody came or went on.
        feedback: how often each.
        outcomes: how often each.
        load: by moderator's id.
    """

    requests: int
    dangers: int
    by_day: dict[date, int]
    by_hour: dict[tuple[int, int], int]
    to_claim: Spread
    to_answer: Spread
    answered: float | None
    cancelled: int
    timed_out: int
    feedback: dict[str, int]
    outcomes: dict[str, int]
    load: dict[str, Load]


async def numbers(session: AsyncSession, since: date, until: date) -> Numbers:
    """The numbers of the requests made from one day to another, both included."""
    start = datetime.combine(since, datetime.min.time(), HELSINKI)
    stop = datetime.combine(until + timedelta(days=1), datetime.min.time(), HELSINKI)
    within = (Handoff.requested_at >= start, Handoff.requested_at < stop)
    handoffs = list(await session.scalars(select(Handoff).where(*within)))
    moves = list(
        await session.scalars(
            select(HandoffMove)
            .join(Handoff, Handoff.id == HandoffMove.handoff_id)
            .where(*within)
            .order_by(HandoffMove.id)
        )
    )
    requested = {one.id: one.requested_at for one in handoffs}
    claims = _firsts(moves, Move.CLAIM)
    answers = _firsts(moves, Move.ANSWER)
    local = [one.astimezone(HELSINKI) for one in requested.values()]
    days = Counter(one.date() for one in local)
    kinds = Counter(one.move for one in moves)
    return Numbers(
        requests=len(handoffs),
        dangers=sum(one.danger is not None for one in handoffs),
        by_day={
            day: days[day]
            for day in (since + timedelta(days=n) for n in range((until - since).days + 1))
        },
        by_hour=dict(Counter((one.weekday(), one.hour) for one in local)),
        to_claim=Spread.of([claims[one] - requested[one] for one in claims]),
        to_answer=Spread.of([answers[one] - claims[one] for one in answers if one in claims]),
        answered=len(answers) / len(handoffs) if handoffs else None,
        cancelled=kinds[Move.CANCEL],
        timed_out=kinds[Move.TIME_OUT],
        feedback=dict(Counter(one.feedback for one in handoffs if one.feedback)),
        outcomes=dict(Counter(one.outcome for one in handoffs if one.outcome)),
        load=_load(moves),
    )


def _firsts(moves: list[HandoffMove], move: Move) -> dict[int, datetime]:
    """When each handoff first made a move."""
    firsts: dict[int, datetime] = {}
    for one in moves:
        if one.move == move:
            firsts.setdefault(one.handoff_id, one.moved_at)
    return firsts


def _load(moves: list[HandoffMove]) -> dict[str, Load]:
    names: dict[str, str] = {}
    claimed: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    talking: dict[str, timedelta] = {}
    talks: dict[int, tuple[str, datetime]] = {}
    for one in moves:
        if one.move in {Move.CLAIM, Move.REOPEN, Move.ANSWER}:
            names[one.actor] = one.name or one.actor
        claimed[one.actor] += one.move in {Move.CLAIM, Move.REOPEN}
        answered[one.actor] += one.move == Move.ANSWER
        if one.move == Move.ANSWER:
            talks[one.handoff_id] = one.actor, one.moved_at
        elif one.after != State.ACTIVE and one.handoff_id in talks:
            who, since = talks.pop(one.handoff_id)
            talking[who] = talking.get(who, timedelta()) + (one.moved_at - since)
    return {
        actor: Load(name, claimed[actor], answered[actor], talking.get(actor, timedelta()))
        for actor, name in names.items()
    }
