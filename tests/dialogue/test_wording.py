from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.rooms import KNOWLEDGE
from bot.dialogue.sayings import Button, Saying
from bot.dialogue.wording import Phrases, Wording
from bot.errors import KnowledgeError
from bot.settings import ROOT

ENGLISH = {"condition": [{"type": "slot", "name": "language", "value": "en"}]}
HARD = (
    "{x}",
    "{{x}}",
    "{",
    "}}",
    "{other}",
    "\\1",
    "\\g<0>",
    "%s",
    "שלום {x}",
    "\U0001f9d1\u200d\U0001f33e",
)
ANY_TEXT = st.text() | st.sampled_from(HARD)


def wording(**responses: object) -> Wording:
    return Wording(responses)  # type: ignore[arg-type]


# --- filling ---------------------------------------------------------------------------------


@given(ANY_TEXT, ANY_TEXT)
def test_whatever_fills_a_placeholder_stands_there_as_it_is(first: str, second: str) -> None:
    said = wording(
        utter_x=[
            {
                "text": "a {x} b {other} c",
                "buttons": [{"title": "{x}", "payload": '/say{{"x": "{other}"}}'}],
            }
        ]
    ).say("utter_x", "fi", x=first, other=second)
    assert said == Saying(f"a {first} b {second} c", (Button(first, f'/say{{"x": "{second}"}}'),))


@given(ANY_TEXT)
def test_a_phrase_is_filled_with_whatever_there_is(value: str) -> None:
    phrases = Phrases({"card": {"alias": {"fi": "Nimimerkki: {alias}."}}})
    assert phrases("card.alias", "fi", alias=value) == f"Nimimerkki: {value}."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{{ja}}", "{ja}"),
        ("{tuntematon} jää", "{tuntematon} jää"),
        ("{x}{x}", "11"),
        ("yksi { ja kaksi }", "yksi { ja kaksi }"),
        ("{{{x}}}", "{1}"),
    ],
)
def test_braces_mean_what_they_mean_to_rasa(written: str, said: str) -> None:
    assert wording(utter_x=[{"text": written}]).say("utter_x", "fi", x=1).text == said


def test_filling_leaves_the_wording_as_it_was() -> None:
    responses = {"utter_x": [{"text": "{x}", "custom": {"list": ["{x}"], "n": 1}}]}
    both = Wording(responses)  # type: ignore[arg-type]
    assert both.say("utter_x", "fi", x="a").custom == {"list": ["a"], "n": 1}
    assert both.say("utter_x", "fi", x="b").custom == {"list": ["b"], "n": 1}


# --- languages -------------------------------------------------------------------------------


def test_each_language_has_its_variation() -> None:
    both = wording(utter_x=[{"text": "hei"}, {"text": "hi", **ENGLISH}])
    assert both.say("utter_x", "fi").text == "hei"
    assert both.say("utter_x", "en").text == "hi"


def test_where_a_language_is_missing_english_is_said_before_finnish() -> None:
    both = wording(utter_x=[{"text": "hei"}, {"text": "hi", **ENGLISH}], utter_y=[{"text": "moi"}])
    assert both.say("utter_x", "ru").text == "hi"
    assert both.say("utter_y", "ru").text == "moi"
    assert both.say("utter_y", "en").text == "moi"


def test_of_several_variations_each_is_said_at_times() -> None:
    several = wording(utter_x=[{"text": "a"}, {"text": "b"}, {"text": "c", **ENGLISH}])
    assert {several.say("utter_x", "fi").text for _ in range(200)} == {"a", "b"}


def test_a_response_that_is_not_there_is_named() -> None:
    with pytest.raises(KnowledgeError, match="utter_missing"):
        wording().say("utter_missing", "fi")


# --- files -----------------------------------------------------------------------------------


def test_all_files_of_the_folder_are_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        text = f"responses:\n  utter_{name}:\n  - text: {name}\n"
        (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
    read = Wording.load(tmp_path)
    assert [read.say(f"utter_{name}", "fi").text for name in "ab"] == ["a", "b"]


@pytest.mark.parametrize("content", ["a: [", "- a\n", "version: '3.1'\n", "responses: 5\n"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "rikki.yml").write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeError, match="rikki"):
        Wording.load(tmp_path)


def test_every_response_that_staff_wrote_can_be_said_in_both_languages() -> None:
    read = Wording.load(ROOT / "stories" / "wording")
    assert len(read.responses) > 80
    for name in read.responses:
        for language in ("fi", "en"):
            said = read.say(name, language)
            assert said.text
            assert all(button.title and button.payload for button in said.buttons)


# --- phrases ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "finnish", "english"),
    [
        ([], "", ""),
        (["a"], "a", "a"),
        (["a", "b"], "a ja b", "a and b"),
        (["a", "b", "c"], "a, b ja c", "a, b and c"),
    ],
)
def test_an_enumeration_reads_well(parts: list[str], finnish: str, english: str) -> None:
    phrases = Phrases.load(KNOWLEDGE / "phrases.yml")
    assert (phrases.join(parts, "fi"), phrases.join(iter(parts), "en")) == (finnish, english)


def test_a_phrase_that_is_not_there_is_named() -> None:
    phrases = Phrases({"card": {"alias": {"fi": "x"}}})
    for name in ("card.missing", "missing.alias", "card"):
        with pytest.raises(KnowledgeError, match=name):
            phrases(name, "fi")


def test_a_phrase_in_a_language_that_it_lacks_is_finnish() -> None:
    assert Phrases({"card": {"alias": {"fi": "x"}}})("card.alias", "en") == "x"
