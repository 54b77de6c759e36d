from datetime import datetime, timedelta

import pytest
import yaml

from bot.activities.cards import kilometres, repeats, text_in, when
from bot.activities.times import HELSINKI, Occurrence
from tests.activities.making import KNOWLEDGE

WORDS = yaml.safe_load((KNOWLEDGE / "when.yml").read_text(encoding="utf-8"))
NOON = datetime(2026, 11, 26, 12, tzinfo=HELSINKI)


def said(*start: int, language: str = "fi", at: datetime = NOON) -> str:
    begins = datetime(*start, tzinfo=HELSINKI)
    return when(Occurrence(begins, begins + timedelta(minutes=90)), at, language, WORDS)


@pytest.mark.parametrize(
    ("start", "fi", "en"),
    [
        ((2026, 11, 26, 18), "tänään klo 18", "today at 18:00"),
        ((2026, 11, 27, 13), "huomenna klo 13", "tomorrow at 13:00"),
        ((2026, 11, 27, 9, 5), "huomenna klo 9.05", "tomorrow at 9:05"),
        ((2026, 12, 1, 13), "tiistaina 1.12. klo 13", "on Tuesday 1 December at 13:00"),
        ((2027, 1, 3, 0, 30), "sunnuntaina 3.1. klo 0.30", "on Sunday 3 January at 0:30"),
        ((2026, 11, 26, 11), "nyt, klo 12.30 asti", "now, until 12:30"),
    ],
)
def test_a_time_is_said_as_people_say_it(start, fi, en):
    assert said(*start) == fi
    assert said(*start, language="en") == en


def test_tomorrow_begins_at_midnight_in_helsinki():
    late = datetime(2026, 11, 26, 23, 30, tzinfo=HELSINKI)
    assert said(2026, 11, 27, 0, 15, at=late) == "huomenna klo 0.15"
    assert said(2026, 11, 26, 23, 45, at=late) == "tänään klo 23.45"


def test_every_weekday_and_month_has_its_word_in_both_languages():
    for words in WORDS.values():
        assert len(set(words["weekdays"])) == 7
        assert len(set(words["months"])) == 12


@pytest.mark.parametrize(
    ("rule", "fi"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH", "joka viikko"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", "joka toinen viikko"),
        ("FREQ=DAILY", "joka päivä"),
        ("FREQ=MONTHLY;BYDAY=1MO", "joka kuukausi"),
        ("FREQ=WEEKLY;INTERVAL=3", None),
        (None, None),
    ],
)
def test_a_plain_rhythm_is_said(rule, fi):
    time = {"start": "2026-09-01T13:00", "minutes": 60, "rrule": rule}
    assert repeats([time], "fi", WORDS) == fi


def test_a_mixed_rhythm_and_no_times_are_not_said():
    week, once = {"rrule": "FREQ=WEEKLY"}, {}
    assert repeats([week, {"rrule": "FREQ=WEEKLY;BYDAY=FR"}], "en", WORDS) == "every week"
    assert repeats([week, once], "fi", WORDS) is None
    assert repeats([], "fi", WORDS) is None


def test_a_distance_is_whole_kilometres_and_at_least_one():
    assert [kilometres(km) for km in (0.0, 0.4, 1.4, 1.6, 38.7)] == [1, 1, 1, 2, 39]


def test_a_text_falls_back_on_the_language_there_is():
    assert text_in({"fi": "Kahvit", "en": "Coffee"}, "en") == "Coffee"
    assert text_in({"fi": "Kahvit"}, "en") == "Kahvit"
