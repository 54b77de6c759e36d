from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.wished_times import HELSINKI, HOURS, KEYS, WEEKDAYS, TimeWords, suits
from bot.settings import ROOT

WORDS = TimeWords.load(ROOT / "bot" / "knowledge" / "times.yml")
TUESDAY = datetime(2026, 11, 24, 12, tzinfo=HELSINKI)
MOMENTS = st.integers(0, 700 * 24).map(lambda hours: TUESDAY + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("onko lauantaina mitään menoa", ["saturday"]),
        ("Lauantai-iltana jotain?", ["saturday", "evening"]),
        ("mitä ens viikol vois tehä iltasin", ["next_week", "evening"]),
        ("tanaan illalla", ["today", "evening"]),
        ("ylihuomenna", ["day_after_tomorrow"]),
        ("the day after tomorrow", ["day_after_tomorrow"]),
        ("anything tonight", ["evening", "today"]),
        ("VIIKONLOPPUNA tai arkisin aamupäivällä", ["weekend", "weekdays", "morning"]),
        ("on sundays in the afternoon", ["sunday", "afternoon"]),
        # Good morning and good evening are greetings, and a dance is no time.
        ("huomenta", []),
        ("hyvää iltaa", []),
        ("tanssi-iltoja", []),
        ("maanantain jälkeen", ["monday"]),
        ("", []),
    ],
)
def test_times_are_found_as_people_write_them(text, keys):
    assert [key for key, _, _ in WORDS.find(text)] == keys


@given(st.text(), st.sampled_from(["lauantaina", "Ensi Viikolla", "ILTAISIN", "tomorrow"]))
def test_the_span_is_where_the_words_stand(before, words):
    text = f"{before} {words} "
    *_, (_, start, end) = WORDS.find(text)
    assert text[start:end] == words


def test_every_key_has_words_and_every_word_a_key_that_means_something():
    found = {key for phrase in WORDS._phrases for key in WORDS._keys[phrase]}
    assert found == set(KEYS)


@pytest.mark.parametrize(
    ("wished", "start", "suiting"),
    [
        ((), TUESDAY, True),
        (("today",), TUESDAY.replace(hour=23), True),
        (("today",), TUESDAY + timedelta(days=1), False),
        (("tomorrow",), TUESDAY + timedelta(days=1), True),
        (("this_week",), datetime(2026, 11, 29, 18, tzinfo=HELSINKI), True),
        (("next_week",), datetime(2026, 11, 29, 18, tzinfo=HELSINKI), False),
        (("next_week",), datetime(2026, 11, 30, 0, tzinfo=HELSINKI), True),
        (("next_month",), datetime(2026, 12, 1, 9, tzinfo=HELSINKI), True),
        (("next_month",), datetime(2027, 1, 1, 9, tzinfo=HELSINKI), False),
        (("saturday", "evening"), datetime(2026, 11, 28, 18, tzinfo=HELSINKI), True),
        (("saturday", "evening"), datetime(2026, 11, 28, 10, tzinfo=HELSINKI), False),
        (("saturday", "sunday"), datetime(2026, 11, 29, 10, tzinfo=HELSINKI), True),
        # In Helsinki it is Saturday already.
        (("saturday",), datetime(2026, 11, 27, 23, tzinfo=UTC), True),
    ],
)
def test_a_day_and_a_time_of_day_must_both_be_right(wished, start, suiting):
    assert suits(start, wished, TUESDAY) is suiting


@given(MOMENTS, MOMENTS)
def test_every_moment_is_on_one_weekday_and_either_at_the_weekend_or_not(start, now):
    seven = [
        key for key in WEEKDAYS if suits(start, [key], now) and key not in {"weekend", "weekdays"}
    ]
    assert len(seven) == 1
    assert suits(start, ["weekend"], now) != suits(start, ["weekdays"], now)


@given(MOMENTS, st.lists(st.sampled_from(sorted({*WEEKDAYS, *HOURS})), max_size=4))
def test_naming_a_time_of_day_as_well_never_lets_more_in(start, wished):
    if suits(start, [*wished, "evening"], TUESDAY) and not set(wished) & set(HOURS):
        assert suits(start, wished, TUESDAY)
