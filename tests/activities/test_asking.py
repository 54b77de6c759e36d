from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.asking import Asked, AskingWords
from bot.activities.index import Fact
from bot.activities.when import When
from tests.activities.making import KNOWLEDGE

WORDS = AskingWords.load(KNOWLEDGE / "asking.yml", KNOWLEDGE / "times.yml")
# A Tuesday.
AT = datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("onko jossain shakkia torstaisin", Asked(when=When(weekdays=frozenset({3})))),
        ("jotain ilmaista Äänekoskella", Asked(only=Fact.FREE)),
        ("jotain ilmasta viikonloppuna", Asked(when=When(frozenset({5, 6})), only=Fact.FREE)),
        ("tekemista lauantai-iltana",
         Asked(when=When(frozenset({5}), frozenset({"evening"})))),
        ("mitä huomenna iltapäivällä", Asked(
            when=When(parts=frozenset({"afternoon"}), first=date(2026, 12, 2),
                      last=date(2026, 12, 2)))),
        ("something free this week", Asked(
            when=When(first=date(2026, 12, 1), last=date(2026, 12, 6)), only=Fact.FREE)),
        ("ensi viikolla", Asked(when=When(first=date(2026, 12, 7), last=date(2026, 12, 13)))),
        ("mikä on auki nyt", Asked(when=When(now=True))),
        ("esteetön paikka, pääsee pyörätuolilla", Asked(only=Fact.STEP_FREE)),
        ("jotain netissä 72-vuotiaalle", Asked(online=True, age=72)),
        ("mitä täällä voi tehdä", Asked()),
    ],
)  # fmt: skip
def test_times_and_terms_are_heard(text: str, asked: Asked) -> None:
    assert WORDS.hear(text, AT) == asked


@given(st.text())
def test_whatever_is_written_is_heard_and_remembered_alike(text: str) -> None:
    asked = WORDS.hear(text, AT, ["chess"])
    assert Asked.from_json(asked.as_json()) == asked
