"""Every example in the catalogue is tried: what must match, what must not, what is harmless."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.errors import KnowledgeError
from bot.safety.screening import KINDS, LEVELS, REPLIES, CrisisScreen, Pattern, Reply
from tests.safety.conftest import CATALOGUE

content: dict[str, Any] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
PATTERNS = CrisisScreen.load(CATALOGUE).patterns
HARMLESS = [
    pytest.param(example, id=f"{entry['id']}: {example}")
    for entry in content["harmless"]
    for example in entry["examples"]
]


def ids(screen: CrisisScreen, text: str) -> set[str]:
    return {hit.id for hit in screen.hits(text)}


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.id)
def test_a_pattern_finds_its_examples(screen: CrisisScreen, pattern: Pattern) -> None:
    assert pattern.must_match
    missed = [text for text in pattern.must_match if pattern.id not in ids(screen, text)]
    assert missed == []


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.id)
def test_a_pattern_leaves_its_counter_examples(screen: CrisisScreen, pattern: Pattern) -> None:
    found = [text for text in pattern.must_not_match if pattern.id in ids(screen, text)]
    assert found == []


@pytest.mark.parametrize("example", HARMLESS)
def test_a_harmless_example_is_no_alarm(screen: CrisisScreen, example: str) -> None:
    assert screen.assess(example) is None


def test_every_harmless_entry_has_an_example() -> None:
    assert all(entry["examples"] for entry in content["harmless"])


def test_ids_are_unique() -> None:
    names = [pattern.id for pattern in PATTERNS] + [entry["id"] for entry in content["harmless"]]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_kind_is_heard_in_every_language() -> None:
    heard = {(pattern.kind, language) for pattern in PATTERNS for language in pattern.languages}
    assert heard >= {
        (k, language) for k in KINDS for language in ("fi", "en", "sv", "ru", "uk", "ar")
    }


def test_every_level_is_used() -> None:
    assert {pattern.level for pattern in PATTERNS} == set(LEVELS)


def test_what_was_long_ago_is_told_from_what_goes_on(screen: CrisisScreen) -> None:
    assert all(screen.is_over(text) for text in content["over"]["examples"])
    assert not any(screen.is_over(text) for text in content["over"]["not_examples"])


@pytest.mark.parametrize("text", content["safe"]["examples"])
def test_a_word_of_safety_is_heard(screen: CrisisScreen, text: str) -> None:
    assert screen.is_safe(text)


@pytest.mark.parametrize("text", content["safe"]["not_examples"])
def test_what_is_no_word_of_safety_does_not_end_an_alarm(screen: CrisisScreen, text: str) -> None:
    assert not screen.is_safe(text)


@pytest.mark.parametrize("reply", REPLIES)
def test_an_answer_to_the_alarm_is_heard(screen: CrisisScreen, reply: Reply) -> None:
    entry = content["replies"][reply]
    assert {text: screen.reply(text) for text in entry["examples"]} == dict.fromkeys(
        entry["examples"], reply
    )
    assert [text for text in entry["not_examples"] if screen.reply(text) == reply] == []


@pytest.mark.parametrize("text", content["young"]["examples"])
def test_a_young_age_is_heard(screen: CrisisScreen, text: str) -> None:
    assert screen.says_young(text)


@pytest.mark.parametrize("text", content["young"]["not_examples"])
def test_another_number_is_no_young_age(screen: CrisisScreen, text: str) -> None:
    assert not screen.says_young(text)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("level: now", "level: sometime"), "fi_wish_to_die"),
        (("'<haluan><väli> <kuolla>'", "'(kuolla'"), "kuolla"),
        (("'<haluan><väli> <kuolla>'", "'<nosuch> kuolla'"), "nosuch"),
        (("selfharm:", "selfhram:"), "selfharm"),
    ],
)
def test_a_slip_in_the_catalogue_is_told(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    broken = tmp_path / "crisis_patterns.yml"
    text = CATALOGUE.read_text(encoding="utf-8")
    assert change[0] in text
    broken.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=rf"crisis_patterns\.yml.*{told}"):
        CrisisScreen.load(broken)
