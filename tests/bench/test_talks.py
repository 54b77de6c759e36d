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
    talks = load().talks
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


def test_no_step_is_taken_for_another_one() -> None:
    script = load()
    crowds = [talk for crowd in script.crowds for talk in (crowd.talk, crowd.burst)]
    talks = [*script.talks, script.growth, *crowds]
    places = [step.place for talk in talks for step in talk.steps]
    assert len(set(places)) == len(places)


def test_a_long_talk_goes_on_with_the_same_messages_but_greets_once() -> None:
    talk = load().long_talk(30)
    greeting, *again = (step.words for step in talk.steps)
    assert len(talk.steps) == 30
    assert greeting not in again
    assert again[:5] == again[5:10]


def test_a_crowd_greets_and_then_either_types_or_taps() -> None:
    crowds = {crowd.kind: crowd for crowd in load().crowds}
    assert set(crowds) == {"typed", "button"}
    for kind, crowd in crowds.items():
        for greeting, *steps in (crowd.talk.steps, crowd.burst.steps):
            assert not greeting.tapped
            assert {step.tapped for step in steps} == {kind == "button"}
            assert len(steps) > 2


@pytest.mark.parametrize(
    "text",
    [
        "conversations: []",
        "conversations: [{language: fi}]",
        "conversations: [moi]",
        "[]",
        "conversations: [{steps: [moi]}]",
        "conversations: [{steps: [moi]}]\ngrowth: [moi]",
    ],
)
def test_a_file_without_conversations_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "conversations.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"conversations\.yml"):
        load(file)
