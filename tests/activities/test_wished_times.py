from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.when import When
from bot.activities.wished_times import TimeWords
from bot.settings import ROOT

WORDS = TimeWords.load(ROOT / "bot" / "knowledge" / "times.yml")


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


def test_every_word_means_some_time():
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert all(When.named([key], now) for keys in WORDS._keys.values() for key in keys)
