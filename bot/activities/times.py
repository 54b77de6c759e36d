"""When an activity takes place.

Times are objects `{start, minutes, rrule?}`: `start` in Europe/Helsinki wall time
("2026-09-01T13:00"), `rrule` an iCalendar rule. A weekly one at 13:00 stays at 13:00 on both sides
of a clock change.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

HELSINKI = ZoneInfo("Europe/Helsinki")

_UNTIL = re.compile(r"(?<=UNTIL=)(\d{8})(?:T(\d{6}))?(?![\dTZ])")


@dataclass(frozen=True, order=True)
class Occurrence:
    """One time it takes place, in UTC."""

    start: datetime
    end: datetime


def next_occurrence(times: Sequence[dict[str, Any]], after: datetime) -> Occurrence | None:
    """The first occurrence that has not ended by `after`; one going on now counts.

    Raises:
        ValueError, KeyError: the times can't be read.
    """
    return next(_following(times, after), None)


def occurrences(
    times: Sequence[dict[str, Any]], after: datetime, until: datetime
) -> list[Occurrence]:
    """All that have not ended by `after` and begin before `until`, the earliest first."""
    return list(takewhile(lambda one: one.start < until, _following(times, after)))


def local_start(time: dict[str, Any]) -> datetime:
    """The first start, with Europe/Helsinki's zone."""
    return datetime.fromisoformat(time["start"]).replace(tzinfo=HELSINKI)


def utc_rule(rule: str) -> str:
    """The rule with its UNTIL in UTC, as RFC 5545 wants it beside a start with a zone.

    An UNTIL without `Z` is taken as Helsinki time, one without a time as the whole of that day.
    """
    return _UNTIL.sub(_until_in_utc, rule.upper())


def _until_in_utc(match: re.Match[str]) -> str:
    local = datetime.strptime(match[1] + (match[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    return f"{local.replace(tzinfo=HELSINKI).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _following(times: Sequence[dict[str, Any]], after: datetime) -> Iterator[Occurrence]:
    return merge(*(_of_one(time, after) for time in times))


def _of_one(time: dict[str, Any], after: datetime) -> Iterator[Occurrence]:
    length = timedelta(minutes=time["minutes"])
    for start in _starts(time, after - length):
        begins = start.astimezone(UTC)
        if begins + length > after:
            yield Occurrence(begins, begins + length)


def _starts(time: dict[str, Any], after: datetime) -> Iterator[datetime]:
    first = local_start(time)
    if not time.get("rrule"):
        return iter((first,))
    starts: Iterator[datetime] = rrulestr(utc_rule(time["rrule"]), dtstart=first).xafter(
        after, inc=True
    )
    return starts
