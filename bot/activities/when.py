"""A time that is asked for: "lauantaina", "iltaisin", "huomenna", "nyt"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from bot.activities.index import PARTS, slot, slots_of
from bot.activities.times import HELSINKI, Occurrence, following

# How far ahead a time is looked for, and how many of the next times are looked through.
WITHIN = timedelta(days=62)
LOOKED_THROUGH = 62
WEEKDAYS = {
    "monday": {0}, "tuesday": {1}, "wednesday": {2}, "thursday": {3}, "friday": {4},
    "saturday": {5}, "sunday": {6}, "weekend": {5, 6}, "weekdays": {0, 1, 2, 3, 4},
}  # fmt: skip


@dataclass(frozen=True)
class When:
    """A time that is asked for; what is empty or None may be anything.

    Attributes:
        weekdays: Monday is 0.
        parts: keys of `PARTS`.
        first: the earliest day, in Helsinki.
        last: the latest day.
        now: it must be going on or open right now.
    """

    weekdays: frozenset[int] = frozenset()
    parts: frozenset[str] = frozenset()
    first: date | None = None
    last: date | None = None
    now: bool = False

    def __bool__(self) -> bool:
        return self != When()

    @classmethod
    def named(cls, keys: Iterable[str], at: datetime) -> "When":
        """The time that keys of `times.yml` name, said at `at`.

        Of several days, or of several parts of the day, any is right; a day and a part of the day
        must both be. "Saturday" is any Saturday, "next week" begins on the coming Monday.
        """
        said = set(keys)
        spans = _spans(at.astimezone(HELSINKI).date())
        meant = [span for key, span in spans.items() if key in said]
        return cls(
            weekdays=frozenset().union(*(WEEKDAYS[key] for key in said & WEEKDAYS.keys())),
            parts=frozenset(said & PARTS.keys()),
            first=min((first for first, _ in meant), default=None),
            last=max((last for _, last in meant), default=None),
        )

    def slots(self, at: datetime) -> int:
        """The bits of the parts of the week that it may be in; 0 when it may be in any."""
        if self.now:
            return slots_of([Occurrence(at, at + timedelta(minutes=1))])
        days = set(self.weekdays)
        if not days and self.first and self.last:
            length = (self.last - self.first).days
            days = {(self.first + timedelta(days=n)).weekday() for n in range(min(length, 6) + 1)}
        if not days and not self.parts:
            return 0
        return sum(slot(day, part) for day in days or range(7) for part in self.parts or PARTS)

    def takes(self, one: Occurrence, at: datetime) -> bool:
        """Whether an occurrence is at that time."""
        if self.now:
            return one.start <= at < one.end
        start = one.start.astimezone(HELSINKI)
        if self.weekdays and start.weekday() not in self.weekdays:
            return False
        if (self.first and start.date() < self.first) or (self.last and start.date() > self.last):
            return False
        wanted = sum(slot(start.weekday(), part) for part in self.parts)
        return not wanted or bool(slots_of([one]) & wanted)

    def next_of(self, times: Sequence[dict[str, Any]], at: datetime) -> Occurrence | None:
        """The first occurrence at that time, within the next two months."""
        latest = at + WITHIN
        coming = takewhile(lambda one: one.start < latest, following(times, at))
        fitting = (one for one in islice(coming, LOOKED_THROUGH) if self.takes(one, at))
        return next(fitting, None)


def _spans(today: date) -> dict[str, tuple[date, date]]:
    """The first and the last day that each name means."""
    one = timedelta(days=1)
    sunday = today + (6 - today.weekday()) * one
    month = (today.replace(day=1) + 32 * one).replace(day=1)
    return {
        "today": (today, today),
        "tomorrow": (today + one, today + one),
        "day_after_tomorrow": (today + 2 * one, today + 2 * one),
        "this_week": (today, sunday),
        "next_week": (sunday + one, sunday + 7 * one),
        "next_month": (month, (month + 32 * one).replace(day=1) - one),
    }
