"""When the moderators answer: opening hours, Finnish holidays, and who is on duty."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import holidays
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import KnowledgeError
from bot.reading import read_mapping
from bot.safety.helplines import HELSINKI, Opening, openings
from bot.store.tables import DutyShift

AHEAD = 60  # days that are looked through for the next opening
LONGEST_SHIFT = timedelta(hours=24)


@dataclass(frozen=True)
class Hours:
    """The hours in which moderators answer; without any nothing is promised.

    Attributes:
        openings: by weekday, Helsinki time.
        closed_on_holidays: whether Finnish public holidays are closed.
        exceptions: by day, its own hours; none where it is closed.
    """

    openings: tuple[Opening, ...] = ()
    closed_on_holidays: bool = True
    exceptions: Mapping[date, tuple[time, time] | None] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Hours":
        """Reads the file.

        Raises:
            KnowledgeError: it can't be used; names the file and the cause.
        """
        content = read_mapping(path)
        try:
            return cls(
                openings(content["hours"]) or (),
                bool(content["closed_on_holidays"]),
                dict(_exception(row) for row in content["exceptions"] or ()),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise KnowledgeError(f"{path.name}: {error!r}") from error

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """From when to when it is open on a day."""
        if day in self.exceptions:
            hours = self.exceptions[day]
            spans = [hours] if hours else []
        elif self.closed_on_holidays and day in holidays.country_holidays("FI", years=day.year):
            spans = []
        else:
            spans = [
                (one.opens, one.closes)
                for one in self.openings
                if one.first <= day.weekday() <= one.last
            ]
        return sorted(
            (datetime.combine(day, opens, HELSINKI), datetime.combine(day, closes, HELSINKI))
            for opens, closes in spans
        )

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at a moment."""
        day = at.astimezone(HELSINKI).date()
        return any(opens <= at < closes for opens, closes in self.spans(day))

    def next_opening(self, at: datetime) -> datetime | None:
        """When it opens next; none where that is not known."""
        return next((opens for opens, _ in self._from(at) if opens > at), None)

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        today = at.astimezone(HELSINKI).date()
        for ahead in range(AHEAD if self.openings or self.exceptions else 0):
            yield from self.spans(today + timedelta(days=ahead))


@dataclass(frozen=True)
class Answering:
    """Whether somebody answers now.

    Attributes:
        now: whether; true also where no hours are known, for nothing is promised then.
        promised: whether hours are known, so that something can be said of them.
        opens_at: when somebody answers next, where nobody does now.
    """

    now: bool
    promised: bool
    opens_at: datetime | None = None


async def answering(session: AsyncSession, hours: Hours, at: datetime) -> Answering:
    """Whether moderators answer at a moment: in opening hours, or when somebody is on duty."""
    if hours.is_open(at) or await on_duty(session, at):
        return Answering(now=True, promised=True)
    upcoming = await session.scalar(
        select(DutyShift.starts_at)
        .where(DutyShift.starts_at > at)
        .order_by(DutyShift.starts_at)
        .limit(1)
    )
    opens = [moment for moment in (hours.next_opening(at), upcoming) if moment]
    if not opens:
        return Answering(now=True, promised=False)
    return Answering(now=False, promised=True, opens_at=min(opens))


async def on_duty(session: AsyncSession, at: datetime) -> list[DutyShift]:
    """The shifts that cover a moment, one for each moderator."""
    covering = await session.scalars(
        select(DutyShift)
        .where(DutyShift.starts_at <= at, DutyShift.ends_at > at)
        .order_by(DutyShift.ends_at)
    )
    return list({shift.moderator_id: shift for shift in covering}.values())


async def shifts(session: AsyncSession, since: datetime, until: datetime) -> list[DutyShift]:
    """The shifts within a time, in order."""
    within = select(DutyShift).where(DutyShift.ends_at > since, DutyShift.starts_at < until)
    return list(await session.scalars(within.order_by(DutyShift.starts_at, DutyShift.id)))


async def add_shift(
    session: AsyncSession,
    moderator_id: int,
    moderator_name: str,
    starts_at: datetime,
    ends_at: datetime,
    weeks: int = 1,
) -> list[DutyShift]:
    """Puts a moderator on duty, once or at the same time of several weeks.

    Raises:
        ValueError: it ends before it starts, is longer than a day, or there are no weeks.
    """
    if not starts_at < ends_at <= starts_at + LONGEST_SHIFT or not 1 <= weeks <= 53:
        raise ValueError("a shift ends after it starts, within a day")
    first, last = starts_at.astimezone(HELSINKI), ends_at.astimezone(HELSINKI)
    made = [
        DutyShift(
            moderator_id=moderator_id,
            moderator_name=moderator_name,
            # In local time: at the same hour also when the clocks have been changed.
            starts_at=first + timedelta(weeks=week),
            ends_at=last + timedelta(weeks=week),
        )
        for week in range(weeks)
    ]
    session.add_all(made)
    await session.flush()
    return made


async def end_duty(session: AsyncSession, moderator_id: int, at: datetime) -> bool:
    """Ends a moderator's shift that goes on. Returns whether there was one."""
    mine = [one for one in await on_duty(session, at) if one.moderator_id == moderator_id]
    for shift in mine:
        shift.ends_at = at
    return bool(mine)


async def remove_shift(session: AsyncSession, shift_id: int) -> None:
    """Takes a shift off the list."""
    await session.execute(delete(DutyShift).where(DutyShift.id == shift_id))


async def forget_shifts(session: AsyncSession, before: datetime) -> None:
    """Drops shifts that are long over."""
    await session.execute(delete(DutyShift).where(DutyShift.ends_at < before))


def _exception(row: Mapping[str, Any]) -> tuple[date, tuple[time, time] | None]:
    day = date.fromisoformat(str(row["date"]))
    if "opens" not in row:
        return day, None
    return day, (time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"]))
