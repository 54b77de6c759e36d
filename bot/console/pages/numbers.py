"""The numbers of the work with handoffs, in charts and as CSV."""

import contextlib
import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

from starlette.responses import Response

from bot.activities.times import HELSINKI
from bot.console import charts
from bot.console.visit import Page, Visit
from bot.handoff import numbers
from bot.handoff.numbers import Numbers
from bot.people import audit
from bot.people.permissions import Permission

USUAL = timedelta(days=29)
LONGEST = timedelta(days=366)


async def show(visit: Visit) -> Response:
    """Charts of a time, the last thirty days unless another is asked for."""
    since, until = _time(visit)
    found = await _read(visit, since, until)
    days = {f"{day.day}.{day.month}.": count for day, count in found.by_day.items()}
    return visit.show(
        "numbers.html",
        numbers=found,
        since=since,
        until=until,
        days=charts.bars(days),
        hours=charts.squares(found.by_hour, 7, 24),
        size=charts.SQUARE,
        left=charts.LEFT,
    )


async def as_csv(visit: Visit) -> Response:
    """The same numbers as a table that spreadsheets open."""
    since, until = _time(visit)
    found = await _read(visit, since, until)
    async with visit.house.store.begin() as session:
        audit.note(session, visit.person, "export", "numbers", since=str(since), until=str(until))
    out = io.StringIO()
    # With a byte order mark and semicolons, as Finnish spreadsheets expect.
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["what", "which", "value"])
    writer.writerows(_rows(found))
    name = f"seura-{since}-{until}.csv"
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _rows(found: Numbers) -> list[list[Any]]:
    spreads = (("to_claim", found.to_claim), ("to_answer", found.to_answer))
    return [
        ["requests", "", found.requests],
        ["dangers", "", found.dangers],
        ["answered_share", "", "" if found.answered is None else round(found.answered, 3)],
        ["cancelled", "", found.cancelled],
        ["timed_out", "", found.timed_out],
        *(
            [f"{name}_seconds", which, int(value.total_seconds())]
            for name, spread in spreads
            for which, value in (("median", spread.median), ("p90", spread.p90))
            if value is not None
        ),
        *(["requests_of_day", str(day), count] for day, count in found.by_day.items()),
        *(
            ["requests_of_hour", f"{weekday + 1} {hour:02}", count]
            for (weekday, hour), count in sorted(found.by_hour.items())
        ),
        *(["feedback", code, count] for code, count in sorted(found.feedback.items())),
        *(["outcome", code, count] for code, count in sorted(found.outcomes.items())),
        *(
            [what, _harmless(load.name), value]
            for load in found.load.values()
            for what, value in (
                ("claimed_by", load.claimed),
                ("answered_by", load.answered),
                ("minutes_of", int(load.talking.total_seconds() // 60)),
            )
        ),
    ]


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


async def _read(visit: Visit, since: date, until: date) -> Numbers:
    async with visit.house.store.begin() as session:
        return await numbers.numbers(session, since, until)


def _time(visit: Visit) -> tuple[date, date]:
    """The time that is asked for, in order and not too long."""
    today = datetime.now(HELSINKI).date()
    until = _day(visit.parameters.get("until", "")) or today
    since = _day(visit.parameters.get("since", "")) or until - USUAL
    since, until = sorted((since, until))
    return max(since, until - LONGEST), until


def _day(text: str) -> date | None:
    with contextlib.suppress(ValueError):
        return date.fromisoformat(text)
    return None


PAGES = (
    Page("/numbers", Permission.SEE_NUMBERS, show),
    Page("/numbers.csv", Permission.SEE_NUMBERS, as_csv),
)
