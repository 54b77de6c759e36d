"""What a message means as an answer: a table of every intent at every question, and its laws."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from actions.answers import (
    BESIDES,
    DIMENSIONS,
    IN_OWN_WORDS,
    LIKELY_FACTOR,
    QUESTIONS,
    REQUESTS,
    STORY,
    Heard,
    Meaning,
    interpret,
)

DOMAIN = yaml.safe_load((Path(__file__).parents[2] / "domain.yml").read_text(encoding="utf-8"))
INTENTS = [*DOMAIN["intents"], "nlu_fallback"]

Slots = dict[str, str | None]
Answers = dict[str, tuple[Slots, str | None]]

TO_THE_SEARCH: Slots = dict.fromkeys(QUESTIONS[:-1], "not_asked")


def settles(slot: str, value: str | None, *intents: str, outcome: str | None = None) -> Answers:
    return {intent: ({slot: value}, outcome) for intent in intents}


def dimension(name: str) -> Answers:
    own_words = ("express_loneliness", "express_distress", "express_neutral", "want_company")
    return settles(name, "skipped", "deny", "skip") | settles(name, "own_words", *own_words)


# What settles a question, without any factor, interest or place in the message. Of what is not
# here, an interruption is left to the rules, and after anything else the question is asked again.
ANSWERS: dict[str, Answers] = {
    "mood": settles("mood", "low", "express_distress", "factor", "deny")
    | settles("mood", "so_so", "express_neutral", "inform_frequency", "skip")
    | settles("mood", "good", "express_positive", "affirm", outcome="glad")
    | {
        intent: ({"mood": "low", "loneliness": "told"}, None)
        for intent in ("express_loneliness", "want_company")
    },
    "loneliness": settles(
        "loneliness",
        "told",
        "inform_frequency",
        "affirm",
        "factor",
        "express_distress",
        "express_neutral",
        "express_loneliness",
        "want_company",
    )
    | settles("loneliness", "not_told", "deny", "skip", "express_positive", outcome="declined"),
    "permission": settles("permission", "given", "affirm")
    | settles("permission", "refused", "deny", "skip", outcome="no_questions"),
    **{name: dimension(name) for name in DIMENSIONS},
    "strengths": settles("strengths", "skipped", "deny", "skip")
    | settles(
        "strengths",
        "told",
        "inform_interest",
        "express_positive",
        "want_company",
        "factor",
        "out_of_scope",
        "nlu_fallback",
    ),
    "reflection": settles("reflection", "right", "affirm", "skip", "thank")
    | settles("reflection", "own_words", *IN_OWN_WORDS),
    "municipality": settles("municipality", "anywhere", "skip"),
}


def expected(question: str, intent: str) -> tuple[Slots, str | None]:
    if intent in ANSWERS[question]:
        return ANSWERS[question][intent]
    if intent == "ask_activities" and question != "municipality":
        return TO_THE_SEARCH, "ready"
    return ({}, None) if intent in REQUESTS | BESIDES else ({question: None}, None)


def test_the_table_asks_what_the_form_asks() -> None:
    assert DOMAIN["forms"]["walk_form"]["required_slots"] == list(QUESTIONS) == list(ANSWERS)


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_intent_means_this_at_the_question(question: str, intent: str) -> None:
    slots, outcome = expected(question, intent)
    assert interpret(question, Heard(intent)) == Meaning(slots, [], [], outcome)


@pytest.mark.parametrize(
    ("question", "heard", "slots"),
    [
        # Of loneliness told beside the mood nothing is asked.
        (
            "mood",
            Heard("express_distress", also=("express_loneliness",)),
            {"mood": "low", "loneliness": "told"},
        ),
        ("mood", Heard("express_positive", also=("want_company",)), {"mood": "good"}),
        # A factor answers a question about factors, in whatever message it is named.
        ("society", Heard("factor", factors=("money",)), {"society": "told"}),
        ("society", Heard("affirm", factors=("money",)), {"society": "told"}),
        ("society", Heard("express_distress", likely_factor=("money", 0.25)), {"society": "told"}),
        ("society", Heard("nlu_fallback", likely_factor=("money", 0.25)), {"society": "told"}),
        (
            "society",
            Heard("express_distress", likely_factor=("money", 0.24)),
            {"society": "own_words"},
        ),
        ("society", Heard("nlu_fallback", likely_factor=("money", 0.24)), {}),
        ("society", Heard("deny", likely_factor=("money", 0.9)), {"society": "skipped"}),
        # So does a story, or something that is liked.
        ("individual", Heard("nlu_fallback", words=STORY), {"individual": "own_words"}),
        ("individual", Heard("nlu_fallback", words=STORY - 1), {}),
        ("individual", Heard("out_of_scope", words=STORY), {}),
        (
            "individual",
            Heard("inform_interest", interests=("walking",)),
            {"individual": "own_words"},
        ),
        ("strengths", Heard("deny", interests=("walking",)), {"strengths": "told"}),
        ("strengths", Heard("greet", interests=("walking",)), {"strengths": "told"}),
        # The reflection is asked again when it was wrong, and with what was added.
        ("reflection", Heard("factor", factors=("money",)), {"reflection": None}),
        ("reflection", Heard("greet", factors=("money",)), {"reflection": None}),
        # A place is kept from any answer, and answers the question after it however it is put.
        (
            "mood",
            Heard("express_neutral", municipality="Jämsä"),
            {"mood": "so_so", "municipality": "Jämsä"},
        ),
        (
            "mood",
            Heard("ask_activities", municipality="Jämsä"),
            TO_THE_SEARCH | {"municipality": "Jämsä"},
        ),
        (
            "permission",
            Heard("inform_municipality", municipality="Jämsä"),
            {"permission": None, "municipality": "Jämsä"},
        ),
        ("municipality", Heard("ask_activities", municipality="Jämsä"), {"municipality": "Jämsä"}),
        ("municipality", Heard("nlu_fallback", municipality="Jämsä"), {"municipality": "Jämsä"}),
        ("municipality", Heard("greet", municipality="Jämsä"), {"municipality": "Jämsä"}),
        ("municipality", Heard("skip", municipality="Jämsä"), {"municipality": "Jämsä"}),
        # But a place in small talk is not where they live.
        ("mood", Heard("out_of_scope", municipality="Jämsä"), {}),
        ("loneliness", Heard("greet", municipality="Jämsä"), {}),
    ],
)
def test_what_else_is_in_a_message_counts(question: str, heard: Heard, slots: Slots) -> None:
    assert interpret(question, heard).slots == slots


def test_what_is_named_is_remembered_whatever_was_asked() -> None:
    named = Heard("express_distress", factors=("money", "moving"), interests=("walking",))
    meaning = interpret("loneliness", named)
    assert meaning.factors == ["money", "moving"]
    assert meaning.interests == ["walking"]


@st.composite
def messages(draw: st.DrawFn, intents: Any = None) -> Heard:
    names = st.sampled_from(INTENTS)
    keys = st.lists(st.text(max_size=8), max_size=3).map(tuple)
    return Heard(
        intent=draw(intents if intents is not None else names | st.text(max_size=8)),
        guess=draw(st.none() | names),
        also=draw(st.lists(names, max_size=3).map(tuple)),
        words=draw(st.integers(0, 500)),
        factors=draw(keys),
        likely_factor=draw(st.none() | st.tuples(st.text(max_size=8), st.floats(0, 1))),
        interests=draw(keys),
        municipality=draw(st.none() | st.text(min_size=1, max_size=8)),
    )


@given(question=st.sampled_from(QUESTIONS), heard=messages())
def test_any_message_settles_nothing_but_questions(question: str, heard: Heard) -> None:
    meaning = interpret(question, heard)
    assert set(meaning.slots) <= set(QUESTIONS)
    assert meaning.outcome in {None, "glad", "declined", "no_questions", "ready"}


@given(
    question=st.sampled_from(QUESTIONS), heard=messages(intents=st.sampled_from(sorted(REQUESTS)))
)
def test_a_question_or_wish_of_their_own_settles_nothing(question: str, heard: Heard) -> None:
    assert interpret(question, heard) == Meaning()


@given(
    question=st.sampled_from(QUESTIONS), heard=messages(intents=st.sampled_from(sorted(BESIDES)))
)
def test_small_talk_settles_the_question_or_nothing(question: str, heard: Heard) -> None:
    meaning = interpret(question, heard)
    assert not meaning.slots or question in meaning.slots
    assert set(meaning.slots) <= {question, "municipality", "loneliness"}
    assert meaning.slots.get("permission") is None
    assert meaning.outcome is None


@given(
    question=st.sampled_from(QUESTIONS),
    heard=messages(intents=st.sampled_from(sorted(set(INTENTS) - REQUESTS - BESIDES))),
)
def test_anything_else_is_an_answer_or_asked_again(question: str, heard: Heard) -> None:
    assert question in interpret(question, heard).slots


@given(question=st.sampled_from(DIMENSIONS), heard=messages())
def test_a_factor_is_remembered_only_from_the_message_itself(question: str, heard: Heard) -> None:
    likely, sureness = heard.likely_factor or ("", 0.0)
    possible = {*heard.factors, *([likely] if sureness >= LIKELY_FACTOR else [])}
    assert set(interpret(question, heard).factors) <= possible


def test_a_guess_that_answers_the_question_is_taken() -> None:
    heard = Heard(intent="nlu_fallback", guess="express_loneliness", also=("express_loneliness",))

    assert interpret("mood", heard).slots == {"mood": "low", "loneliness": "told"}


@pytest.mark.parametrize("guess", ["ask_human", "out_of_scope", "thank", "inform_interest", None])
def test_a_guess_that_does_not_answer_the_question_stays_not_understood(guess: str | None) -> None:
    assert not interpret("mood", Heard(intent="nlu_fallback", guess=guess)).is_answer


@pytest.mark.parametrize(
    ("question", "guess"),
    [
        ("permission", "affirm"),
        ("permission", "deny"),
        ("mood", "express_positive"),
        ("mood", "ask_activities"),
        ("loneliness", "deny"),
    ],
)
def test_nobody_consents_by_a_guess_and_none_ends_the_walk(question: str, guess: str) -> None:
    assert interpret(question, Heard(intent="nlu_fallback", guess=guess)) == Meaning()
