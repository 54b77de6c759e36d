"""A sentence is changed where it stands, and nothing else in its file."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SetupError
from bot.settings import ROOT
from bot.stories.editing import (
    answers,
    examples,
    with_example,
    with_texts,
    without_example,
)

FILE = "stories/wording/x.yml"
TEXT = """\
# Alku.
responses:
  # Kun joku tulee.
  utter_hello:
  - text: "Hei 👋!"
    buttons:
    - {title: "Jutellaan", payload: "/start"}
  - text: |-
      Hi!

      Welcome.
    condition:
    - {type: slot, name: language, value: en}
    buttons:
    - {title: "Let's talk", payload: "/start"}

  utter_ok:  # lyhyt
  - text: Selvä.
"""
NLU = """\
nlu:
- intent: greet
  examples: |
    - hei
    - moi
- intent: thank
  examples: |
    - kiitos
"""


def test_answers_are_told_with_comment_languages_and_buttons() -> None:
    hello, ok = answers(FILE, TEXT)
    assert (hello.name, hello.comment) == ("utter_hello", "Kun joku tulee.")
    assert [(one.language, one.text) for one in hello.texts] == [
        ("fi", "Hei 👋!"),
        ("en", "Hi!\n\nWelcome."),
    ]
    assert [one.text for one in hello.buttons] == ["Jutellaan", "Let's talk"]
    assert ok.comment == ""


def test_a_changed_sentence_changes_nothing_else() -> None:
    changed = with_texts(FILE, TEXT, {"utter_hello.0": 'Moi "sinä"'})
    assert changed == TEXT.replace('"Hei 👋!"', '"Moi \\"sinä\\""')


def test_lines_stay_lines() -> None:
    changed = with_texts(FILE, TEXT, {"utter_hello.1": "Hi.\n\nCome in.", "utter_ok.0": "A\nB"})
    read = yaml.safe_load(changed)["responses"]
    assert read["utter_hello"][1]["text"] == "Hi.\n\nCome in."
    assert read["utter_hello"][1]["buttons"][0]["title"] == "Let's talk"
    assert read["utter_ok"][0]["text"] == "A\nB"
    assert "# lyhyt" in changed


def test_a_button_is_renamed() -> None:
    changed = with_texts(FILE, TEXT, {"utter_hello.0.0": "Aloitetaan"})
    assert changed == TEXT.replace('"Jutellaan"', '"Aloitetaan"')


words = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=40
).filter(lambda text: text.strip())


@given(words, words)
def test_whatever_is_written_is_what_is_read(first: str, second: str) -> None:
    wanted = f"{first.strip()}\n{second.strip()}"
    changed = with_texts(FILE, TEXT, {"utter_hello.0": first, "utter_hello.1": wanted})
    one, other = (
        variation["text"] for variation in yaml.safe_load(changed)["responses"]["utter_hello"]
    )
    assert one == first.strip()
    assert other.split() == wanted.split()
    assert yaml.safe_load(changed)["responses"]["utter_ok"] == [{"text": "Selvä."}]


@pytest.mark.parametrize("path", sorted((ROOT / "stories" / "wording").glob("*.yml")))
def test_the_real_files_can_be_edited_sentence_by_sentence(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text(encoding="utf-8")
    for answer in answers(path.name, text):
        for field in answer.texts:
            changed = with_texts(path.name, text, {field.key: f"{field.text} Lisää."})
            response, number = field.key.rsplit(".", 1)
            before = yaml.safe_load(text)["responses"]
            before[response][int(number)]["text"] = f"{field.text} Lisää."
            assert yaml.safe_load(changed)["responses"] == before
            break


def test_an_example_is_added_last_moved_and_taken_out() -> None:
    more = with_example("nlu/x.yml", NLU, "greet", " -  terve   vaan ")
    assert examples("nlu/x.yml", more)["greet"] == ["hei", "moi", "terve vaan"]
    less = without_example("nlu/x.yml", more, "greet", "moi")
    assert examples("nlu/x.yml", less) == {"greet": ["hei", "terve vaan"], "thank": ["kiitos"]}


@pytest.mark.parametrize(
    ("intent", "example", "said"),
    [("greet", "moi", "already"), ("greet", "  ", "words"), ("bye", "hei", "no examples")],
)
def test_an_example_that_can_not_be_added_is_refused(intent: str, example: str, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        with_example("nlu/x.yml", NLU, intent, example)


def test_the_last_example_stays() -> None:
    with pytest.raises(SetupError, match="needs"):
        without_example("nlu/x.yml", NLU, "thank", "kiitos")
