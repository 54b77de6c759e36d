import pytest

from tests.end_to_end.conftest import NewTopic, Somebody
from tests.end_to_end.people import Moderator, Person
from tests.end_to_end.walk import QUESTIONS, go_on, walk_to

pytestmark = pytest.mark.end_to_end

DANGER = {"fi": "en halua enää elää", "en": "i want to die"}
PLANS = {"fi": "mitä tekemistä lähellä on", "en": "what is there to do nearby"}


def gives_lines(person: Person, text: str) -> bool:
    """Whether a text gives the emergency number."""
    [emergency] = [line for line in person.words.helplines if line["id"] == "emergency_number"]
    return f"{emergency['name'][person.language]} {emergency['number']}" in text


@pytest.mark.parametrize("language", ["fi", "en"])
def test_danger_in_the_middle_of_the_questions_comes_before_everything(
    somebody: Somebody, new_topic: NewTopic, language: str
) -> None:
    person = somebody(language)
    walk_to(person, "environment")
    person.says(DANGER[language])
    first, _ = person.hears("utter_crisis_suicide", "utter_crisis_human_called")
    assert gives_lines(person, first)
    topic = new_topic()
    topic.hears("utter_topic_card_danger")
    assert topic.name.startswith("🔴")

    person.says(PLANS[language])
    [stays] = person.hears("utter_crisis_stay")
    assert gives_lines(person, stays)
    person.says(DANGER[language])
    person.hears("utter_crisis_still")

    person.taps("!safe")
    person.hears("utter_crisis_safe")
    person.taps("/resume")
    person.hears("utter_resumed", QUESTIONS["environment"])
    go_on(person, "environment")


def test_whoever_is_not_safe_is_told_to_call_until_they_are(
    anna: Person, new_topic: NewTopic
) -> None:
    walk_to(anna, "individual")
    anna.says(DANGER["fi"])
    anna.hears("utter_crisis_suicide", "utter_crisis_human_called")
    new_topic().hears("utter_topic_card_danger")
    anna.taps("!unsafe")
    [call] = anna.hears("utter_crisis_unsafe")
    assert gives_lines(anna, call)
    anna.says("olen nyt turvassa")
    anna.hears("utter_crisis_safe")


def test_danger_written_to_a_human_is_marked_for_them_and_reaches_them(
    anna: Person, aino: Moderator, new_topic: NewTopic
) -> None:
    walk_to(anna, "individual")
    anna.asks_for_a_human()
    topic = new_topic()
    topic.hears("utter_topic_card")
    aino.taps(topic, "claim")
    topic.hears("utter_topic_claimed")
    anna.hears("utter_handoff_joined")
    anna.says(DANGER["fi"])
    [words, _] = topic.hears("utter_topic_resident", "utter_topic_danger")
    assert DANGER["fi"] in words
    aino.writes(topic, "Olen tässä.")
    assert anna.hears_a_human() == "Olen tässä."


def test_after_a_talk_about_danger_the_bot_suggests_nothing_before_they_are_safe(
    anna: Person, aino: Moderator, new_topic: NewTopic
) -> None:
    walk_to(anna, "municipality")
    anna.says(DANGER["fi"])
    anna.hears("utter_crisis_suicide", "utter_crisis_human_called")
    topic = new_topic()
    topic.hears("utter_topic_card_danger")
    aino.taps(topic, "claim")
    topic.hears("utter_topic_claimed")
    anna.hears("utter_handoff_joined")
    aino.writes(topic, "/end")
    topic.hears("utter_topic_ended_by_moderator")
    anna.hears("utter_handoff_ended", "utter_crisis_stay")
    anna.taps("!safe")
    anna.hears("utter_crisis_safe")
    anna.taps("/resume")
    anna.hears("utter_resumed", QUESTIONS["municipality"])
