"""What is said in a crisis: complete in both languages, short, with the lines, without cheer."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from bot.safety.helplines import Helplines
from bot.safety.screening import KINDS
from tests.safety.conftest import ROOT

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALL = {"fi", "en", "sv", "ru", "uk", "ar"}
FIRST = [f"utter_crisis_{kind}" for kind in KINDS] + ["utter_crisis_friend"]
WITH_LINES = [
    *FIRST,
    "utter_crisis_by_self",
    "utter_crisis_concern",
    "utter_crisis_waiting",
    "utter_crisis_still",
    "utter_crisis_stay",
    "utter_crisis_unclear",
    "utter_crisis_cannot_call",
    "utter_crisis_unsafe",
    "utter_crisis_safe",
]
FORBIDDEN = re.compile(r"!|täysin|understand|ymmärrän|lupaan|I promise", re.IGNORECASE)
METHODS = re.compile(
    r"köy|naru|ase\b|pilleri|lääk|junan|sillalta|ranne|rope|gun|pill|bridge|train|wrist|knife|veit",
    re.IGNORECASE,
)

wording = yaml.safe_load((ROOT / "stories/wording/crisis.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = wording["responses"]
SAID = [
    pytest.param(name, variation, id=f"{name}-{number}")
    for name, variations in RESPONSES.items()
    for number, variation in enumerate(variations)
]


def language_of(variation: dict[str, Any]) -> str:
    return str(variation["condition"][0]["value"]) if "condition" in variation else "fi"


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_stands_in_finnish_first_and_in_english(name: str) -> None:
    languages = [language_of(variation) for variation in RESPONSES[name]]
    assert languages[:2] == ["fi", "en"]
    assert len(languages) == len(set(languages))


@pytest.mark.parametrize("name", FIRST)
def test_a_first_answer_stands_in_every_language(name: str) -> None:
    assert {language_of(variation) for variation in RESPONSES[name]} == ALL


@pytest.mark.parametrize(("name", "variation"), SAID)
def test_it_is_short_even_with_the_lines(
    helplines: Helplines, name: str, variation: dict[str, Any]
) -> None:
    language = language_of(variation)
    shown = max(
        (
            "\n".join(
                helplines.render(line, language, NOW)
                for line in helplines.fitting(kind, language, NOW)
            )
            for kind in KINDS
        ),
        key=len,
    )
    assert len(variation["text"].replace("{helplines}", shown)) <= 500


@pytest.mark.parametrize(("name", "variation"), SAID)
def test_it_shows_the_lines_where_it_should(name: str, variation: dict[str, Any]) -> None:
    assert re.findall(r"{\w+}", variation["text"]) == ["{helplines}"] * (name in WITH_LINES)


@pytest.mark.parametrize(("name", "variation"), SAID)
def test_it_neither_cheers_nor_claims_to_understand_nor_names_means(
    name: str, variation: dict[str, Any]
) -> None:
    assert not FORBIDDEN.search(variation["text"])
    assert not METHODS.search(variation["text"])


@pytest.mark.parametrize(("name", "variation"), SAID)
def test_a_question_of_safety_can_be_answered_with_a_tap(
    name: str, variation: dict[str, Any]
) -> None:
    payloads = [button["payload"] for button in variation.get("buttons", ())]
    if name in WITH_LINES:
        assert "!human" in payloads
    if name not in {"utter_crisis_safe", "utter_crisis_unsafe"} and name in WITH_LINES:
        worse = "!thoughts" if name == "utter_crisis_concern" else "!unsafe"
        assert payloads == ["!safe", worse, "!human"]
    assert set(payloads) <= {"!safe", "!unsafe", "!thoughts", "!human", "/resume"}


@pytest.mark.parametrize("name", FIRST)
def test_a_first_answer_asks(name: str) -> None:
    assert all(re.search(r"[?؟]", variation["text"]) for variation in RESPONSES[name])
