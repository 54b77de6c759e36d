"""Recurrences beside two libraries that others rely on, over both changes of the clock."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.calendar import HELSINKI_CLOCK, to_ics
from bot.activities.times import HELSINKI, check_times, last_end, next_occurrence, occurrences
from tests.activities.making import activity

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# Weeks around the changes: 28 March and 31 October 2027.
CHANGES = (datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC))


@st.composite
def recurring(draw) -> dict[str, object]:
    start = datetime(2025, 1, 1) + timedelta(  # noqa: DTZ001
        days=draw(st.integers(0, 700)), minutes=15 * draw(st.integers(20, 92))
    )
    rule = draw(
        st.sampled_from(
            [
                "FREQ=DAILY",
                "FREQ=DAILY;INTERVAL=3",
                f"FREQ=WEEKLY;BYDAY={draw(st.sampled_from(DAYS))}",
                f"FREQ=WEEKLY;INTERVAL=2;BYDAY={DAYS[start.weekday()]}",
                "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU;WKST=SU",
                "FREQ=MONTHLY;BYDAY=-1SU",
                f"FREQ=MONTHLY;BYDAY=2{draw(st.sampled_from(DAYS))}",
            ]
        )
    )
    if draw(st.booleans()):
        rule += f";UNTIL={draw(st.sampled_from(['20270328', '20271101T120000Z', '20300101']))}"
    return {
        "start": f"{start:%Y-%m-%dT%H:%M}",
        "minutes": draw(st.sampled_from([30, 120])),
        "rrule": rule,
    }


@given(recurring(), st.sampled_from(CHANGES))
def test_times_agree_with_the_calendar_library_over_the_changes_of_the_clock(
    time: dict[str, object], change: datetime
) -> None:
    after, until = change - timedelta(days=20), change + timedelta(days=20)
    ours = [one.start for one in occurrences([time], after, until) if one.start >= after]
    one = activity("a", times=[time], title={"fi": "a"})
    events = recurring_ical_events.of(icalendar.Calendar.from_ical(to_ics(one, "fi")))
    # The first start is an event of its own there, whether or not the rule has it.
    first = datetime.fromisoformat(str(time["start"])).replace(tzinfo=HELSINKI)
    theirs = sorted(
        event.start.astimezone(UTC)
        for event in events.between(after, until)
        if after <= event.start.astimezone(UTC) < until and event.start != first
    )
    assert [start for start in ours if start != first.astimezone(UTC)] == theirs


@given(recurring(), st.sampled_from(CHANGES))
def test_looking_from_years_later_gives_what_counting_from_the_start_gives(
    time: dict[str, object], change: datetime
) -> None:
    from bot.activities.times import utc_rule

    first = datetime.fromisoformat(str(time["start"])).replace(tzinfo=HELSINKI)
    counted = rrulestr(utc_rule(str(time["rrule"])), dtstart=first).xafter(change, inc=True)
    expected = [start.astimezone(UTC) for start, _ in zip(counted, range(5), strict=False)]
    ours = [one.start for one in occurrences([time], change, change + timedelta(days=400))]
    assert [start for start in ours if start >= change][: len(expected)] == expected


def test_exceptions_holidays_and_seasons_are_left_out_and_stay_out_of_the_calendar() -> None:
    time = {
        "start": "2026-12-03T13:00",
        "minutes": 60,
        "rrule": "FREQ=WEEKLY;BYDAY=TH",
        "except": ["2026-12-10", "2026-12-17T13:00"],
        "holidays": "off",
        "season": ["09-01", "01-10"],
    }
    after = datetime(2026, 12, 1, tzinfo=UTC)
    days = [f"{one.start:%m-%d}" for one in occurrences([time], after, after + timedelta(days=60))]
    assert days == ["12-03", "12-31", "01-07"]
    written = to_ics(activity("a", times=[time]), "fi").decode()
    assert "20261224T130000" in written
    assert HELSINKI_CLOCK.splitlines()[0] in written


def test_opening_hours_know_weekdays_and_holidays() -> None:
    hours = [{"open": "Mo-Fr 10:00-16:00; PH off"}]
    friday = datetime(2026, 12, 4, 12, tzinfo=HELSINKI)
    now_on = next_occurrence(hours, friday)
    assert now_on is not None
    assert (now_on.start, now_on.end.astimezone(HELSINKI).hour) == (friday, 16)
    christmas = next_occurrence(hours, datetime(2026, 12, 24, 9, tzinfo=HELSINKI))
    assert christmas is not None
    assert christmas.start.astimezone(HELSINKI).date().isoformat() == "2026-12-28"
    assert last_end(hours) is None


@pytest.mark.parametrize(
    "time",
    [
        {"open": "aina"},
        {"start": "huomenna", "minutes": 60},
        {"start": "2026-12-01T13:00"},
        {"start": "2026-12-01T13:00", "minutes": 60, "rrule": "FREQ=OFTEN"},
        {"start": 5, "minutes": 60},
    ],
)
def test_times_that_can_not_be_read_are_told(time: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        check_times([time])
