import pytest

from tests.end_to_end.conftest import NewTopic, Somebody
from tests.end_to_end.people import Person
from tests.end_to_end.stack import APP, RASA, Stack
from tests.end_to_end.walk import QUESTIONS, answer, go_on, walk_to

pytestmark = pytest.mark.end_to_end


def test_while_rasa_is_down_everybody_is_answered_and_afterwards_nothing_is_lost(
    stack: Stack, somebody: Somebody, new_topic: NewTopic
) -> None:
    typing, tapping, endangered, seeking = (somebody() for _ in range(4))
    for person in (typing, tapping, endangered, seeking):
        walk_to(person, "life_situation")
    stack.kill(RASA)

    typing.says("mieheni kuoli keväällä")
    typing.hears("utter_unavailable")
    answer(tapping, "life_situation")
    tapping.hears("utter_unavailable")
    endangered.says("en halua enää elää")
    endangered.hears("utter_crisis_suicide", "utter_crisis_human_called")
    new_topic().hears("utter_topic_card_danger")
    seeking.says("haluun puhua ihmiselle")
    seeking.hears("utter_unavailable")
    seeking.taps("!human")
    seeking.hears("utter_handoff_requested")
    new_topic().hears("utter_topic_card")

    stack.wait_for_rasa()
    typing.says("mieheni kuoli keväällä")
    typing.hears("utter_loss_heard", QUESTIONS["environment"])
    go_on(tapping, "life_situation")
    tapping.asks_for_a_human()
    preview = tapping.last_heard("utter_ask_handoff")["text"]
    assert tapping.words.label("shyness", "fi").lower() in preview  # told before
    assert tapping.words.label("moving", "fi").lower() in preview  # told twice
    endangered.taps("!safe")
    endangered.hears("utter_crisis_safe")
    endangered.taps("/resume")
    endangered.hears("utter_resumed", QUESTIONS["life_situation"])


def test_what_is_written_while_the_app_is_down_is_answered_once_it_is_back(
    stack: Stack, anna: Person
) -> None:
    walk_to(anna, "life_situation")
    stack.wait_until_all_is_sent()
    stack.kill(APP)
    anna.says("mieheni kuoli keväällä")
    anna.hears("utter_loss_heard", QUESTIONS["environment"])
    anna.says("bussit ei kulje täällä maalla")
    anna.hears(QUESTIONS["society"])
    go_on(anna, "society")


def test_what_was_being_answered_when_the_app_died_is_answered_once(
    stack: Stack, anna: Person
) -> None:
    walk_to(anna, "life_situation")
    stack.wait_until_all_is_sent()
    # Rasa has heard the message, and the app dies in the action that answers it.
    calls = stack.calls()
    stack.child(RASA).suspend()
    anna.says("mieheni kuoli keväällä")
    stack.wait_for_call("sendChatAction", after=len(calls))
    stack.child(APP).suspend()
    stack.child(RASA).resume()
    stack.wait_for_action()
    stack.kill(APP)
    anna.hears("utter_loss_heard", QUESTIONS["environment"])
    go_on(anna, "environment")
