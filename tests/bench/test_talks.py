from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bench.talks import Step, Talk, load, programme
from bot.errors import KnowledgeError

TALKS = [
    Talk("fi", tuple(Step((1, n), "moi") for n in range(1, 4))),
    Talk("en", tuple(Step((2, n), "hi") for n in range(1, 6))),
]


def test_the_conversations_hold_both_languages_and_both_words_and_taps() -> None:
    talks = load()
    steps = [step for talk in talks for step in talk.steps]
    assert {talk.language for talk in talks} == {"fi", "en"}
    assert {step.tapped for step in steps} == {True, False}
    assert len({step.place for step in steps}) == len(steps)


def test_a_chip_is_sent_to_rasa_as_the_app_sends_it() -> None:
    assert Step((1, 1), "factor:shyness", tapped=True).for_rasa == '/factor{"factor": "shyness"}'
    interest = Step((1, 1), "interest:chess", tapped=True)
    assert interest.for_rasa == '/inform_interest{"interest": "chess"}'


@pytest.mark.parametrize("words", ["/affirm", '/inform_municipality{"municipality": "Jämsä"}'])
def test_a_button_of_rasas_own_is_sent_as_it_is(words: str) -> None:
    assert Step((1, 1), words, tapped=True).for_rasa == words


def test_typed_words_are_sent_as_they_are() -> None:
    assert Step((1, 1), "factor:shyness").for_rasa == "factor:shyness"


@given(st.integers(0, 10), st.integers(1, 60))
def test_a_programme_holds_as_many_steps_as_it_was_asked_for(first: int, turns: int) -> None:
    chosen = programme(TALKS, first, turns)
    assert sum(len(talk.steps) for talk in chosen) == turns
    assert all(talk.steps for talk in chosen)
    assert chosen[0].language == TALKS[first % 2].language


def test_a_conversation_begins_at_its_beginning_and_the_next_one_follows() -> None:
    chosen = programme(TALKS, 1, 7)
    assert [step.place for talk in chosen for step in talk.steps] == [
        *((2, n) for n in range(1, 6)),
        *((1, n) for n in range(1, 3)),
    ]


@pytest.mark.parametrize(
    "text", ["conversations: []", "conversations: [{language: fi}]", "conversations: [moi]", "[]"]
)
def test_a_file_without_conversations_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "conversations.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"conversations\.yml"):
        load(file)
