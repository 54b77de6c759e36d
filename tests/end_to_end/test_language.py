import pytest

from tests.end_to_end.conftest import Somebody
from tests.end_to_end.people import Person
from tests.end_to_end.walk import QUESTIONS, begin, go_on, suggested, walk_to
from tests.end_to_end.words import titles_of

pytestmark = pytest.mark.end_to_end


def test_somebody_with_an_english_client_hears_nothing_but_english(somebody: Somebody) -> None:
    john = somebody(language="en")
    walk_to(john, "individual")
    john.says("i'm really shy")
    john.hears(QUESTIONS["life_situation"])
    john.says("who reads this")
    john.hears("utter_kept", QUESTIONS["life_situation"])
    john.says("skip this one")
    john.hears(QUESTIONS["environment"])
    john.says("what do you mean")
    john.hears("utter_clarify_environment", QUESTIONS["environment"])
    john.says("there are no buses here")
    john.hears(QUESTIONS["society"])
    go_on(john, "society")
    john.says("i like chess and walking")
    john.hears(QUESTIONS["reflection"])
    john.says("yes that's right")
    john.hears(QUESTIONS["municipality"])
    john.says("i live in jyväskylä")
    cards = suggested(john)
    titles = {activity["title"]["en"] for activity in john.words.activities}
    texts = {activity["text"]["en"] for activity in john.words.activities}
    for card in cards:
        title, text, *_ = card.splitlines()
        assert title in titles
        assert text in texts
    for _, message in john.heard:
        assert set(titles_of(message)) <= john.words.titles("en")


def test_a_client_of_another_language_is_greeted_in_english(somebody: Somebody) -> None:
    begin(somebody(language="en", client="de"))


def test_the_bot_follows_somebody_who_writes_english(somebody: Somebody) -> None:
    mary = somebody(language="en", client="fi")
    mary.says("hello, i have been feeling so lonely these days")
    mary.hears("utter_hello", "utter_lonely_heard", QUESTIONS["permission"])
    mary.says("yes you can ask me")
    mary.hears(QUESTIONS["individual"])


def test_the_bot_follows_somebody_who_turns_to_another_language(anna: Person) -> None:
    walk_to(anna, "individual")
    anna.says("i'm shy and i don't know how to talk to people")
    anna.language = "en"
    anna.hears(QUESTIONS["life_situation"])
    anna.says("mieheni kuoli keväällä ja olen nyt yksin")
    anna.language = "fi"
    anna.hears("utter_loss_heard", QUESTIONS["environment"])


def test_a_stray_english_word_changes_nothing(anna: Person) -> None:
    walk_to(anna, "permission")
    anna.says("ok")
    anna.hears(QUESTIONS["individual"])
    anna.says("mul on social anxiety ja oon tosi ujo")
    anna.hears(QUESTIONS["life_situation"])
    anna.says("skip")
    anna.hears(QUESTIONS["environment"])


def test_a_language_that_was_asked_for_stays(anna: Person) -> None:
    walk_to(anna, "individual")
    anna.says("in english please")
    anna.language = "en"
    anna.hears("utter_language_changed_en", QUESTIONS["individual"])
    anna.says("oon ujo ja jännitän uusia ihmisiä")
    anna.hears(QUESTIONS["life_situation"])


def test_a_language_that_is_not_spoken_is_answered_with_those_that_are(anna: Person) -> None:
    walk_to(anna, "individual")
    anna.says("saako tätä ruotsiksi")
    anna.hears("utter_language_unknown", QUESTIONS["individual"])
    anna.taps('/change_language{"language": "en"}')
    anna.language = "en"
    anna.hears("utter_language_changed_en", QUESTIONS["individual"])
