import re

import pytest

from tests.end_to_end.conftest import Somebody
from tests.end_to_end.people import Person
from tests.end_to_end.walk import CHIPS, QUESTIONS, STEPS, begin, go_on, suggested, walk_to
from tests.end_to_end.words import Words

pytestmark = pytest.mark.end_to_end

GIBBERISH = "tuuli käänsi veneen"
INTERRUPTIONS = {
    "who_reads_this": ("kuka näitä lukee", "utter_kept"),
    "are_you_a_bot": ("ootko sä botti", "utter_bot_identity"),
    "what_do_you_mean": ("mitä tarkotat", "utter_clarify_{step}"),
    "something_cruel": ("oot ihan tyhmä", "utter_insulted"),
    "small_talk": ("millainen sää huomenna on", "utter_out_of_scope"),
    "thanks": ("kiitos", "utter_welcome"),
}
# As an answer to these questions the words mean something.
ANSWERS = {("small_talk", "strengths"), ("thanks", "reflection")}


def place_of(card: str, words: Words) -> str:
    """The municipality that a card names."""
    places = {activity["municipality"] for activity in words.activities} - {None}
    [found] = {place for place in places if re.search(rf"^📍 .*\b{place}\b", card, re.MULTILINE)}
    return str(found)


def test_a_first_visit_by_taps_leads_to_three_suggestions(anna: Person) -> None:
    walk_to(anna, "municipality")
    go_on(anna, "municipality")
    assert anna.taps_made < 12


def test_whoever_says_at_once_that_they_are_lonely_is_not_asked_it(anna: Person) -> None:
    begin(anna)
    anna.taps("/express_loneliness")
    anna.hears("utter_lonely_heard", QUESTIONS["permission"])


def test_a_first_visit_in_everyday_words_leads_to_what_is_near(anna: Person, words: Words) -> None:
    anna.says("moi")
    anna.hears("utter_hello", QUESTIONS["mood"])
    anna.says("no huonosti, oon aika yksin")
    anna.hears("utter_lonely_heard", QUESTIONS["permission"])
    anna.says("joo kysy vaan")
    anna.hears(QUESTIONS["individual"])
    anna.says("oon ujo ja tuntuu että en kelpaa kellekään")
    anna.hears(QUESTIONS["life_situation"])
    anna.says("mieheni kuoli keväällä ja muutin tänne")
    anna.hears("utter_loss_heard", QUESTIONS["environment"])
    anna.says("bussit ei kulje täällä maalla")
    anna.hears(QUESTIONS["society"])
    anna.says("rahat on ihan loppu")
    anna.hears(QUESTIONS["strengths"])
    anna.says("tykkään shakista ja kävelystä")
    anna.hears(QUESTIONS["reflection"])
    anna.says("joo")
    anna.hears(QUESTIONS["municipality"])
    anna.says("Äänekoskelta")
    first, *_ = suggested(anna)
    assert place_of(first, words) == "Äänekoski"


@pytest.mark.parametrize("kind", INTERRUPTIONS)
def test_an_interruption_is_answered_and_the_same_question_asked_again(
    anna: Person, kind: str
) -> None:
    said, response = INTERRUPTIONS[kind]
    begin(anna)
    for step in STEPS:
        if (kind, step) not in ANSWERS:
            anna.says(said)
            anna.hears(response.format(step=step), QUESTIONS[step])
        go_on(anna, step)


def test_the_language_can_be_changed_and_changed_back_at_every_question(anna: Person) -> None:
    begin(anna)
    for step in STEPS:
        anna.says("in english please")
        anna.language = "en"
        anna.hears("utter_language_changed_en", QUESTIONS[step])
        anna.says("suomeksi kiitos")
        anna.language = "fi"
        anna.hears("utter_language_changed_fi", QUESTIONS[step])
        go_on(anna, step)


def test_each_of_the_four_questions_and_those_after_them_can_be_skipped(anna: Person) -> None:
    walk_to(anna, "individual")
    for following in ("life_situation", "environment", "society", "strengths", "municipality"):
        anna.taps("/skip")
        anna.hears(QUESTIONS[following])
    anna.says("ohita")
    suggested(anna)


def test_not_saying_how_one_is_or_whether_one_is_lonely_is_respected(anna: Person) -> None:
    begin(anna)
    anna.says("en halua vastata")
    anna.hears(QUESTIONS["loneliness"])
    anna.taps("/skip")
    anna.hears("utter_respect_no")


def test_no_to_questions_is_respected(anna: Person) -> None:
    walk_to(anna, "permission")
    anna.says("en halua vastata")
    anna.hears("utter_no_questions")


def test_a_talk_that_was_stopped_goes_on_where_it_was(anna: Person) -> None:
    walk_to(anna, "environment")
    anna.says("lopetetaan")
    anna.hears("utter_stopped")
    anna.says("moi")
    anna.hears("utter_welcome_back", QUESTIONS["environment"])
    go_on(anna, "environment")


def test_a_talk_can_be_started_anew(anna: Person) -> None:
    walk_to(anna, "environment")
    anna.says("aloita alusta")
    anna.hears("utter_hello_again", QUESTIONS["mood"])
    go_on(anna, "mood")


def test_whoever_says_that_they_are_not_lonely_is_not_asked_again_on_their_next_visit(
    anna: Person,
) -> None:
    walk_to(anna, "loneliness")
    anna.says("en")
    anna.hears("utter_respect_no")
    anna.says("moi")
    anna.hears("utter_hello_again", QUESTIONS["mood"])
    anna.taps("/express_neutral")
    anna.hears("utter_offer_without_asking")


def test_what_is_not_understood_is_asked_again_then_with_buttons_then_a_human_is_offered(
    anna: Person,
) -> None:
    begin(anna)
    anna.says(GIBBERISH)
    anna.hears("utter_repair_first", QUESTIONS["mood"])
    anna.says(GIBBERISH)
    anna.hears("utter_repair_second_asking", QUESTIONS["mood"])
    anna.says(GIBBERISH)
    anna.hears("utter_repair_third")
    anna.taps("/resume")
    anna.hears("utter_resumed", QUESTIONS["mood"])


def test_what_is_not_understood_outside_the_questions_ends_in_the_offer_of_a_human(
    anna: Person,
) -> None:
    begin(anna)
    anna.taps("/express_positive")
    anna.hears("utter_glad")
    for responses in (
        ["utter_repair_first"],
        ["utter_repair_second", "utter_teaching_hint"],
        ["utter_repair_third"],
    ):
        anna.says(GIBBERISH)
        anna.hears(*responses)
    anna.taps("/ask_human")
    anna.hears("utter_ask_handoff")


def test_several_residents_who_write_at_once_are_each_answered_in_their_order(
    somebody: Somebody,
) -> None:
    residents = [somebody() for _ in range(4)]
    for said in ("moi", "oon tosi yksinäinen", "joo kysy vaan", "oon ujo"):
        for resident in residents:
            resident.says(said)
    for resident in residents:
        resident.hears("utter_hello", QUESTIONS["mood"])
        resident.hears("utter_lonely_heard", QUESTIONS["permission"])
        resident.hears(QUESTIONS["individual"])
        resident.hears(QUESTIONS["life_situation"])
        resident.chooses(CHIPS["life_situation"])
        resident.hears(QUESTIONS["environment"])
