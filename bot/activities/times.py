"""When an activity takes place.

`times` is a list of objects of two shapes:

    {start, minutes, rrule?, except?, holidays?, season?}    one time, or one that comes again
    {open}                                                   opening hours

`start` is Europe/Helsinki wall time ("2026-09-01T13:00"), `rrule` an iCalendar rule: a weekly one
at 13:00 stays at 13:00 on both sides of a clock change. `except` lists days or starts that are
left out ("2026-12-24", "2026-12-24T13:00"); `holidays: off` leaves out Finland's public holidays;
`season: ["05-01", "09-30"]` keeps to those days of each year. `open` is in the grammar of
OpenStreetMap's opening_hours: "Mo-Fr 10:00-16:00; PH off".
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from heapq import merge
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from opening_hours import OpeningHours, State
from opening_hours import ParserError as HoursError  # type: ignore[attr-defined]

HELSINKI = ZoneInfo("Europe/Helsinki")
STEPS = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(days=7)}
# A rule that gives nothing for this many times in a row (all exceptions, out of season) is over.
FRUITLESS = 400
# Opening hours are looked at this far ahead.
OPEN_WITHIN = timedelta(days=366)

_UNTIL = re.compile(r"(?<=UNTIL=)(\d{8})(?:T(\d{6}))?(?![\dTZ])")
_COUNT = re.compile(r"COUNT=(\d+)")


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
    return next(following(times, after), None)


def occurrences(
    times: Sequence[dict[str, Any]], after: datetime, until: datetime
) -> list[Occurrence]:
    """All that have not ended by `after` and begin before `until`, the earliest first."""
    return list(takewhile(lambda one: one.start < until, following(times, after)))


def following(times: Sequence[dict[str, Any]], after: datetime) -> Iterator[Occurrence]:
    """All that have not ended by `after`, the earliest first; may be endless."""
    return merge(*(_of_one(time, after) for time in times))


def last_end(times: Sequence[dict[str, Any]]) -> datetime | None:
    """A moment by which everything has ended; None when it goes on, or there are no times."""
    ends = [_end_of(time) for time in times]
    return max((end for end in ends if end), default=None) if all(ends) else None


def check_times(times: Sequence[dict[str, Any]]) -> None:
    """Reads every part of the times once.

    Raises:
        ValueError: what can't be read, in one sentence.
    """
    for time in times:
        try:
            next(_of_one(time, datetime.now(UTC)), None)
        except KeyError as error:
            raise ValueError(f"{error.args[0]} is missing in a time") from error
        except (AttributeError, TypeError) as error:
            raise ValueError(f"a time can't be read: {error}") from error


def local_start(time: dict[str, Any]) -> datetime:
    """The first start, with Europe/Helsinki's zone."""
    return datetime.fromisoformat(time["start"]).replace(tzinfo=HELSINKI)


def utc_rule(rule: str) -> str:
    """The rule with its UNTIL in UTC, as RFC 5545 wants it beside a start with a zone.

    An UNTIL without `Z` is taken as Helsinki time, one without a time as the whole of that day.
    """
    return _UNTIL.sub(_until_in_utc, rule.upper())


def left_out(time: dict[str, Any], until: datetime) -> list[datetime]:
    """The starts that the rule gives and that are left out, before `until`; Helsinki time."""
    if not time.get("rrule"):
        return []
    first = local_start(time)
    starts = takewhile(
        lambda start: start < until, rrulestr(utc_rule(time["rrule"]), dtstart=first)
    )
    return [start for start in starts if not _takes_place(time, start)]


def _until_in_utc(match: re.Match[str]) -> str:
    local = datetime.strptime(match[1] + (match[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    return f"{local.replace(tzinfo=HELSINKI).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _of_one(time: dict[str, Any], after: datetime) -> Iterator[Occurrence]:
    if "open" in time:
        yield from _open(time["open"], after)
        return
    length = timedelta(minutes=time["minutes"])
    for start in _starts(time, after - length):
        begins = start.astimezone(UTC)
        if begins + length > after:
            yield Occurrence(begins, begins + length)


def _starts(time: dict[str, Any], after: datetime) -> Iterator[datetime]:
    first = local_start(time)
    if not time.get("rrule"):
        starts: Iterator[datetime] = iter((first,))
    else:
        rule = utc_rule(time["rrule"])
        nearer = _nearer(first, rule, after)
        starts = rrulestr(rule, dtstart=nearer).xafter(after, inc=True)
    if not time.keys() & {"except", "holidays", "season"}:
        yield from starts
        return
    fruitless = 0
    for start in starts:
        if _takes_place(time, start):
            fruitless = 0
            yield start
        elif (fruitless := fruitless + 1) > FRUITLESS:
            return


def _nearer(first: datetime, rule: str, after: datetime) -> datetime:
    """A later start that gives the same times from `after` on.

    A rule is counted up from its start, which may lie years back. Whole steps of it may be left
    out, unless it says how often it takes place in all.
    """
    named = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    length = STEPS.get(named.get("FREQ", ""))
    if length is None or "COUNT" in named:
        return first
    step = length * int(named.get("INTERVAL", 1))
    steps = (after.astimezone(HELSINKI).replace(tzinfo=None) - first.replace(tzinfo=None)) // step
    return first + step * (steps - 1) if steps > 1 else first


def _takes_place(time: dict[str, Any], start: datetime) -> bool:
    day = start.date()
    exceptions: Container[str] = time.get("except") or ()
    if day.isoformat() in exceptions or f"{start:%Y-%m-%dT%H:%M}" in exceptions:
        return False
    if time.get("holidays") == "off" and is_holiday(day):
        return False
    season = time.get("season")
    if not season:
        return True
    begins, ends = season
    written = f"{day:%m-%d}"
    if begins <= ends:
        return bool(begins <= written <= ends)
    return bool(written >= begins or written <= ends)  # over the turn of the year


def is_holiday(day: date) -> bool:
    """Whether it is one of Finland's public holidays."""
    return day in _holidays(day.year)


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FI", years=year))


def _open(hours: str, after: datetime) -> Iterator[Occurrence]:
    local = after.astimezone(HELSINKI)
    for begin, end, state, _ in opening_hours(hours).intervals(local, local + OPEN_WITHIN):
        if state == State.OPEN:
            yield Occurrence(begin.astimezone(UTC), end.astimezone(UTC))


@lru_cache(maxsize=1024)
def opening_hours(hours: str) -> OpeningHours:
    """Reads opening hours in OpenStreetMap's grammar.

    Raises:
        ValueError: they can't be read.
    """
    try:
        return OpeningHours(hours, timezone=HELSINKI, country="FI")
    except HoursError as error:
        raise ValueError(f"opening hours can't be read: {hours}") from error


def _end_of(time: dict[str, Any]) -> datetime | None:
    if "open" in time:
        return None
    length = timedelta(minutes=time["minutes"])
    rule = utc_rule(time.get("rrule") or "")
    if not rule:
        return (local_start(time) + length).astimezone(UTC)
    counted = _COUNT.search(rule)
    if "UNTIL=" not in rule and not (counted and int(counted[1]) <= FRUITLESS):
        return None
    if counted:
        *_, last = islice(rrulestr(rule, dtstart=local_start(time)), FRUITLESS)
        ended: datetime = last + length
        return ended.astimezone(UTC)
    until = datetime.strptime(re.search(r"UNTIL=(\w+)", rule)[1], "%Y%m%dT%H%M%SZ")  # type: ignore[index]  # noqa: DTZ007
    return until.replace(tzinfo=UTC) + length
