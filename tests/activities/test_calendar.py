from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
from icalendar import Calendar, Timezone

from bot.activities.calendar import to_ics
from bot.activities.times import HELSINKI, occurrences
from tests.activities.making import activity

TIMES = [
    {"start": "2026-09-01T13:00", "minutes": 90, "rrule": "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20271130"},
    {"start": "2026-12-24T12:00", "minutes": 60},
]


def coffee(**given):
    texts = {"title": {"fi": "Kahvit; tule, jos jaksat", "en": "Coffee"}, "place": "Kauppakatu 1"}
    return activity("kahvit", **(texts | {"times": TIMES} | given))


def events(file: bytes, start: datetime, end: datetime):
    return sorted(
        (event.start.astimezone(UTC), event.end.astimezone(UTC))
        for event in recurring_ical_events.of(Calendar.from_ical(file)).between(start, end)
    )


def test_the_file_repeats_as_the_activity_does_across_both_clock_changes():
    start, end = datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    wanted = [(one.start, one.end) for one in occurrences(TIMES, start, end)]
    assert events(to_ics(coffee(), "fi"), start, end) == wanted
    assert len(wanted) > 100


def test_times_are_told_in_helsinkis_zone_which_the_file_explains():
    file = to_ics(coffee(), "fi").decode()
    assert "DTSTART;TZID=Europe/Helsinki:20260901T130000" in file
    assert "RRULE:FREQ=WEEKLY;UNTIL=20271130T215959Z;BYDAY=TU,TH" in file
    (zone,) = Calendar.from_ical(file).walk("VTIMEZONE")
    clock = Timezone.from_ical(zone.to_ical()).to_tz(lookup_tzid=False)
    for moment in (
        datetime(2027, 3, 28, 2, 59, tzinfo=HELSINKI),
        datetime(2027, 3, 28, 4, 1, tzinfo=HELSINKI),
        datetime(2027, 7, 1, tzinfo=HELSINKI),
        datetime(2027, 10, 31, 2, 59, tzinfo=HELSINKI),
        datetime(2027, 10, 31, 5, tzinfo=HELSINKI),
        datetime(2045, 1, 1, tzinfo=HELSINKI),
    ):
        assert moment.replace(tzinfo=clock).utcoffset() == moment.utcoffset()


def test_it_carries_the_words_of_the_language_and_the_place():
    first, second = Calendar.from_ical(to_ics(coffee(), "fi")).walk("VEVENT")
    assert first["SUMMARY"] == "Kahvit; tule, jos jaksat"
    assert first["LOCATION"] == "Kauppakatu 1, Äänekoski"
    assert second.duration == timedelta(hours=1)
    (english, _) = Calendar.from_ical(to_ics(coffee(), "en")).walk("VEVENT")
    assert english["SUMMARY"] == "Coffee"


def test_events_keep_their_ids_and_differ_from_one_another():
    ids = [e["UID"] for e in Calendar.from_ical(to_ics(coffee(), "fi")).walk("VEVENT")]
    assert len(set(ids)) == 2
    moved = coffee(times=[TIMES[0] | {"start": "2026-09-01T14:00"}, TIMES[1]])
    assert [e["UID"] for e in Calendar.from_ical(to_ics(moved, "en")).walk("VEVENT")] == ids
    assert to_ics(coffee(), "fi") == to_ics(coffee(), "fi")


def test_lines_end_and_break_as_the_standard_says():
    file = to_ics(coffee(text={"fi": "ä" * 200, "en": "a"}), "fi")
    assert file.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))


def test_without_times_there_is_nothing_for_a_calendar():
    with pytest.raises(ValueError, match="times"):
        to_ics(coffee(times=[]), "fi")
