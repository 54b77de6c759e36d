from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.conftest import NewTopic
from tests.end_to_end.people import Moderator, Person, Topic
from tests.end_to_end.stack import until
from tests.end_to_end.walk import QUESTIONS, go_on, walk_to

pytestmark = pytest.mark.end_to_end


def in_talk(anna: Person, aino: Moderator, new_topic: NewTopic) -> Topic:
    """A resident who asked for a human in the middle of the questions, and has one."""
    walk_to(anna, "environment")
    anna.asks_for_a_human()
    topic = new_topic()
    topic.hears("utter_topic_card")
    aino.taps(topic, "claim")
    topic.hears("utter_topic_claimed")
    anna.hears("utter_handoff_joined")
    return topic


def test_h6_a_human_asked_for_in_the_middle_talks_with_the_resident_and_leaves(
    anna: Person, aino: Moderator, new_topic: NewTopic
) -> None:
    walk_to(anna, "environment")
    anna.says("haluun puhua ihmiselle")
    [preview] = anna.hears("utter_ask_handoff")
    assert anna.words.label("shyness", "fi").lower() in preview
    anna.taps("/affirm")
    anna.hears("utter_handoff_requested")
    topic = new_topic()
    assert topic.name.endswith(anna.alias())
    [card] = topic.hears("utter_topic_card")
    assert anna.words.label("shyness", "fi").lower() in card
    anna.says("oletko jo siellä")
    [waiting] = topic.hears("utter_topic_resident")
    assert "oletko jo siellä" in waiting

    assert aino.taps(topic, "claim")
    topic.hears("utter_topic_claimed")
    [joined] = anna.hears("utter_handoff_joined")
    assert aino.name in joined
    until(lambda: topic.shows("utter_topic_card_claimed"), "the card tells who has it")
    aino.writes(topic, "Hei, täällä Aino. Mitä kuuluu?")
    assert anna.hears_a_human() == "Hei, täällä Aino. Mitä kuuluu?"
    aino.writes(topic, "// tämä jää meille")
    anna.says("en halua kävellä yksin")
    [answered] = topic.hears("utter_topic_resident")
    assert "en halua kävellä yksin" in answered

    aino.writes(topic, "/end")
    topic.hears("utter_topic_ended_by_moderator")
    anna.hears("utter_handoff_ended", "utter_resumed", QUESTIONS["environment"])
    until(lambda: topic.closed, "the topic is closed")
    until(lambda: topic.shows("utter_topic_card_over"), "the card tells that it is over")
    anna.taps("!feedback:good")
    anna.hears("utter_feedback_thanks")
    topic.hears("utter_topic_feedback")
    go_on(anna, "environment")


def test_of_two_moderators_who_claim_at_once_one_has_it_and_the_other_sees_who(
    anna: Person, aino: Moderator, eero: Moderator, new_topic: NewTopic
) -> None:
    walk_to(anna, "individual")
    anna.asks_for_a_human()
    topic = new_topic()
    topic.hears("utter_topic_card")
    with ThreadPoolExecutor() as side_by_side:
        taps = {who: side_by_side.submit(who.taps, topic, "claim") for who in (aino, eero)}
    told = {who: tap.result() for who, tap in taps.items()}
    [winner] = [who for who, text in told.items() if anna.words.is_text("utter_claim_yours", text)]
    [loser] = {aino, eero} - {winner}
    assert anna.words.is_text("utter_claim_taken", told[loser])
    assert winner.name in str(told[loser])
    topic.hears("utter_topic_claimed")
    [joined] = anna.hears("utter_handoff_joined")
    assert winner.name in joined
    loser.writes(topic, "minäkin sanon jotain")
    [refusal] = topic.hears("utter_topic_not_yours")
    assert winner.name in refusal
    winner.writes(topic, "Hei!")
    assert anna.hears_a_human() == "Hei!"


def test_an_outsider_can_neither_claim_nor_write(
    anna: Person, aino: Moderator, outsider: Moderator, new_topic: NewTopic
) -> None:
    walk_to(anna, "individual")
    anna.asks_for_a_human()
    topic = new_topic()
    topic.hears("utter_topic_card")
    assert anna.words.is_text("utter_claim_outsider", outsider.taps(topic, "claim"))
    outsider.writes(topic, "Hei, olen Ulla")
    topic.hears("utter_claim_outsider")
    aino.taps(topic, "claim")
    topic.hears("utter_topic_claimed")
    anna.hears("utter_handoff_joined")
    outsider.writes(topic, "Hei, olen Ulla")
    topic.hears("utter_claim_outsider")
    outsider.writes(topic, "/end")
    topic.hears("utter_claim_outsider")
    aino.writes(topic, "Hei!")
    assert anna.hears_a_human() == "Hei!"


def test_a_moderator_who_puts_it_back_leaves_it_to_the_others(
    anna: Person, aino: Moderator, eero: Moderator, new_topic: NewTopic
) -> None:
    topic = in_talk(anna, aino, new_topic)
    until(lambda: topic.shows("utter_topic_card_claimed"), "the card tells who has it")
    aino.taps(topic, "release")
    topic.hears("utter_topic_released")
    anna.hears("utter_handoff_released")
    until(lambda: topic.shows("utter_topic_card"), "the card can be claimed again")
    eero.taps(topic, "claim")
    topic.hears("utter_topic_claimed")
    [joined] = anna.hears("utter_handoff_joined")
    assert eero.name in joined


def test_the_resident_can_end_the_talk_and_the_questions_go_on(
    anna: Person, aino: Moderator, new_topic: NewTopic
) -> None:
    topic = in_talk(anna, aino, new_topic)
    anna.taps("!end")
    anna.hears("utter_handoff_ended", "utter_resumed", QUESTIONS["environment"])
    topic.hears("utter_topic_ended_by_resident")
    until(lambda: topic.closed, "the topic is closed")
    anna.says("bussit ei kulje täällä maalla")
    anna.hears(QUESTIONS["society"])


def test_a_resident_who_asks_again_comes_back_to_their_own_topic(
    anna: Person, aino: Moderator, eero: Moderator, new_topic: NewTopic
) -> None:
    topic = in_talk(anna, aino, new_topic)
    anna.taps("!end")
    anna.hears("utter_handoff_ended", "utter_resumed", QUESTIONS["environment"])
    topic.hears("utter_topic_ended_by_resident")
    until(lambda: topic.closed, "the topic is closed")
    anna.asks_for_a_human()
    topic.hears("utter_topic_card")
    assert not topic.closed
    eero.taps(topic, "claim")
    topic.hears("utter_topic_claimed")
    anna.hears("utter_handoff_joined")


def test_a_request_can_be_cancelled_while_waiting_and_the_questions_go_on(
    anna: Person, aino: Moderator, new_topic: NewTopic
) -> None:
    walk_to(anna, "environment")
    anna.asks_for_a_human()
    topic = new_topic()
    topic.hears("utter_topic_card")
    anna.taps("!cancel")
    anna.hears("utter_handoff_cancelled", "utter_resumed", QUESTIONS["environment"])
    topic.hears("utter_topic_cancelled")
    until(lambda: topic.closed, "the topic is closed")
    until(lambda: topic.shows("utter_topic_card_cancelled"), "nobody can claim it any more")
    go_on(anna, "environment")


@pytest.mark.parametrize("asking", ["haluun puhua ihmiselle", "/ihminen"])
def test_h7_a_human_can_be_asked_for_inside_every_kind_of_question(
    anna: Person, asking: str
) -> None:
    def asks_and_thinks_better_of_it(*after: str) -> None:
        anna.says(asking)
        anna.hears("utter_ask_handoff")
        anna.taps("/deny")
        anna.hears("utter_handoff_not_sent", *after)

    walk_to(anna, "permission")
    asks_and_thinks_better_of_it(QUESTIONS["permission"])
    anna.taps("/deny")
    anna.hears("utter_no_questions")
    anna.says("mitä tekemistä lähellä on")
    anna.hears(QUESTIONS["municipality"])
    asks_and_thinks_better_of_it()
    anna.says("poista kaikki mun tiedot")
    anna.hears("utter_ask_erase_form_erase_consent")
    asks_and_thinks_better_of_it()


@pytest.mark.parametrize("no", ["en sittenkään", "ei", "ohita"])
def test_whoever_does_not_send_the_request_is_asked_on(anna: Person, no: str) -> None:
    walk_to(anna, "environment")
    anna.says("haluun puhua ihmiselle")
    anna.hears("utter_ask_handoff")
    anna.says(no)
    anna.hears("utter_handoff_not_sent", QUESTIONS["environment"])
    go_on(anna, "environment")


def test_a_request_can_be_sent_without_the_answers(anna: Person, new_topic: NewTopic) -> None:
    walk_to(anna, "environment")
    anna.says("haluun puhua ihmiselle")
    anna.hears("utter_ask_handoff")
    anna.taps('/affirm{"rather_not"')
    anna.hears("utter_handoff_requested")
    [card] = new_topic().hears("utter_topic_card")
    assert anna.words.label("shyness", "fi").lower() not in card


def test_h9_what_was_said_goes_along_where_the_resident_chooses_that(
    anna: Person, new_topic: NewTopic
) -> None:
    walk_to(anna, "environment")
    anna.says("haluun puhua ihmiselle")
    anna.hears("utter_ask_handoff")
    anna.taps('/affirm{"send_along"')
    anna.hears("utter_handoff_requested")
    topic = new_topic()
    [card] = topic.hears("utter_topic_card")
    assert anna.words.phrases["reason_asked"]["words"]["fi"] in card
    [before] = topic.hears("utter_topic_before")
    assert before.rstrip().endswith("haluun puhua ihmiselle")
    assert "utter" not in before
    assert "/affirm" not in before
