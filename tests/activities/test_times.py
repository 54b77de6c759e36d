from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.times import HELSINKI, Occurrence, next_occurrence, occurrences, utc_rule


def weekly(start: str, day: str, minutes: int = 90) -> list[dict[str, object]]:
    return [{"start": start, "minutes": minutes, "rrule": f"FREQ=WEEKLY;BYDAY={day}"}]


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)


def wall(*when: int) -> datetime:
    return datetime(*when, tzinfo=HELSINKI)


@pytest.mark.parametrize(
    ("after", "starts"),
    [
        # The clocks go forward on 28 March 2027 and back on 31 October 2027.
        (utc(2027, 3, 20), [utc(2027, 3, 21, 11), utc(2027, 3, 28, 10), utc(2027, 4, 4, 10)]),
        (utc(2027, 10, 23), [utc(2027, 10, 24, 10), utc(2027, 10, 31, 11), utc(2027, 11, 7, 11)]),
    ],
)
def test_a_weekly_hour_stays_on_the_wall_across_a_clock_change(after, starts):
    found = occurrences(weekly("2026-09-06T13:00", "SU"), after, after + timedelta(days=21))
    assert [one.start for one in found] == starts
    assert {one.start.astimezone(HELSINKI).hour for one in found} == {13}
    assert {one.end - one.start for one in found} == {timedelta(minutes=90)}


def test_an_hour_that_the_clocks_skip_is_counted_from_before_the_change():
    found = next_occurrence(weekly("2026-09-06T03:30", "SU", 60), utc(2027, 3, 27))
    assert found == Occurrence(utc(2027, 3, 28, 1, 30), utc(2027, 3, 28, 2, 30))


def test_an_hour_that_comes_twice_is_taken_the_first_time():
    found = next_occurrence(weekly("2026-09-06T03:30", "SU", 60), utc(2027, 10, 30))
    assert found == Occurrence(utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30))


def test_a_night_over_the_clock_change_lasts_as_long_as_it_says():
    once = [{"start": "2027-03-27T22:00", "minutes": 600}]
    found = next_occurrence(once, utc(2027, 3, 1))
    assert found == Occurrence(utc(2027, 3, 27, 20), utc(2027, 3, 28, 6))


def test_what_goes_on_now_counts_and_what_has_just_ended_does_not():
    once = [{"start": "2026-12-01T12:00", "minutes": 60}]
    assert next_occurrence(once, wall(2026, 12, 1, 12, 59)).start == wall(2026, 12, 1, 12)
    assert next_occurrence(once, wall(2026, 12, 1, 13)) is None


def test_a_weekly_one_that_goes_on_now_counts():
    times = weekly("2026-09-01T13:00", "TU", 120)
    assert next_occurrence(times, wall(2026, 12, 1, 14, 59)).start == wall(2026, 12, 1, 13)
    assert next_occurrence(times, wall(2026, 12, 1, 15)).start == wall(2026, 12, 8, 13)


def test_the_earliest_of_several_times_is_next():
    times = [
        *weekly("2026-09-03T18:00", "TH"),
        {"start": "2026-12-02T10:00", "minutes": 30},
        *weekly("2026-09-04T09:00", "FR"),
    ]
    found = occurrences(times, wall(2026, 12, 1), wall(2026, 12, 8))
    assert [one.start for one in found] == [
        wall(2026, 12, 2, 10),
        wall(2026, 12, 3, 18),
        wall(2026, 12, 4, 9),
    ]


def test_without_times_nothing_is_next():
    assert next_occurrence([], utc(2026, 12, 1)) is None
    assert occurrences([], utc(2026, 12, 1), utc(2027, 12, 1)) == []


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261215", wall(2026, 12, 15, 13)),
        ("20261215T130000", wall(2026, 12, 15, 13)),
        ("20261215T125959", wall(2026, 12, 8, 13)),
        ("20261215T110000Z", wall(2026, 12, 15, 13)),
        ("20261215T105959Z", wall(2026, 12, 8, 13)),
    ],
)
def test_until_is_the_last_day_or_moment_whichever_way_it_is_written(until, last):
    times = weekly("2026-09-01T13:00", "TU")
    times[0]["rrule"] += f";UNTIL={until}"
    assert occurrences(times, utc(2026, 9, 1), utc(2028, 1, 1))[-1].start == last


def test_a_rule_for_calendars_has_its_until_in_utc():
    assert utc_rule("freq=daily;until=20270701") == "FREQ=DAILY;UNTIL=20270701T205959Z"
    assert utc_rule("FREQ=DAILY;UNTIL=20270101T120000") == "FREQ=DAILY;UNTIL=20270101T100000Z"
    assert utc_rule("FREQ=DAILY;UNTIL=20270101T120000Z;COUNT=2").endswith("T120000Z;COUNT=2")


def test_every_second_week_keeps_its_own_weeks():
    times = [
        {"start": "2026-09-02T17:30", "minutes": 60, "rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE"}
    ]
    found = occurrences(times, wall(2026, 11, 20), wall(2026, 12, 31))
    assert [one.start.astimezone(HELSINKI).day for one in found] == [25, 9, 23]


@pytest.mark.parametrize(
    "broken",
    [
        {"start": "soon", "minutes": 60},
        {"start": "2026-12-01T12:00", "minutes": 60, "rrule": "EVERY TUESDAY"},
        {"minutes": 60},
        {"start": "2026-12-01T12:00"},
    ],
)
def test_times_that_cannot_be_read_are_refused(broken):
    with pytest.raises((ValueError, KeyError)):
        next_occurrence([broken], utc(2026, 1, 1))


MOMENTS = st.datetimes(
    utc(2026, 9, 1).replace(tzinfo=None),
    utc(2029, 1, 1).replace(tzinfo=None),
    timezones=st.just(UTC),
)


@given(
    after=MOMENTS,
    days=st.integers(0, 60),
    minutes=st.integers(1, 3000),
    hour=st.integers(0, 23),
    rule=st.sampled_from(
        ["FREQ=WEEKLY;BYDAY=MO,SU", "FREQ=DAILY", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=DAILY;COUNT=40"]
    ),
)
def test_occurrences_are_in_order_within_the_span_and_begin_with_the_next(
    after, days, minutes, hour, rule
):
    until = after + timedelta(days=days)
    times = [{"start": f"2026-09-06T{hour:02}:15", "minutes": minutes, "rrule": rule}]
    found = occurrences(times, after, until)
    assert found == sorted(found)
    assert all(one.end > after and one.start < until for one in found)
    following = next_occurrence(times, after)
    assert found[:1] == [one for one in [following] if one and one.start < until]
