import re
import struct

import pytest

from tests.end_to_end.conftest import NewTopic
from tests.end_to_end.people import Moderator, Person, topics
from tests.end_to_end.stack import Stack, until
from tests.end_to_end.walk import QUESTIONS, suggested, walk_to

pytestmark = pytest.mark.end_to_end

# Words that stand nowhere in Seura.
TO_THE_BOT, WAITING, TO_THE_HUMAN = "kvartsitiikeri", "purppuraviklo", "topaasihauki"
IN_PASSING, FROM_THE_HUMAN = "safiirilumikko", "opaalikottarainen"
LATITUDE, LONGITUDE = 62.0736195, 24.6129083


def test_an_erased_resident_is_forgotten_everywhere(
    stack: Stack, anna: Person, aino: Moderator, new_topic: NewTopic
) -> None:
    walk_to(anna, "individual")
    anna.says(f"oon ujo, niin kuin {TO_THE_BOT}")
    anna.hears(QUESTIONS["life_situation"])
    anna.asks_for_a_human()
    topic = new_topic()
    topic.hears("utter_topic_card")
    anna.says(f"täällä {WAITING}")
    topic.hears("utter_topic_resident")
    aino.taps(topic, "claim")
    topic.hears("utter_topic_claimed")
    anna.hears("utter_handoff_joined")
    anna.says(f"tuttuni on {TO_THE_HUMAN}")
    topic.hears("utter_topic_resident")
    aino.writes(topic, "/end")
    anna.hears("utter_handoff_ended", "utter_resumed", QUESTIONS["life_situation"])
    assert TO_THE_BOT in stack.conversations(), "it is kept"
    assert TO_THE_BOT.encode() not in stack.files(), "and encrypted"
    sealed = [stack.sealed(one) for one in (anna.alias(), str(anna.chat))]
    assert [one in stack.files() for one in sealed] == [True, True], "they are known"
    plain = (anna.alias().encode(), str(anna.chat).encode(), anna.chat.to_bytes(6, "big"))
    assert [one in stack.files() for one in plain] == [False] * 3, "but stand nowhere in plain"

    anna.says("poista kaikki mun tiedot")
    anna.hears("utter_ask_erase_form_erase_consent")
    anna.says("joo")
    anna.hears("utter_erased")
    words = (TO_THE_BOT, WAITING, TO_THE_HUMAN)
    # In plain, their number is looked for as SQLite writes it, too.
    traces = [*(word.encode() for word in words), *plain, *sealed]
    until(
        lambda: not any(trace in stack.files() for trace in traces),
        "no trace of them is left in any file",
    )
    assert TO_THE_BOT not in stack.conversations()
    until(
        lambda: topic.number not in {one["id"] for one in topics(stack.sandbox)},
        "their topic is gone",
    )
    anna.says("moi")
    anna.hears("utter_hello", QUESTIONS["mood"])
    anna.taps("/express_loneliness")
    anna.hears("utter_lonely_heard", QUESTIONS["permission"])


def test_whoever_thinks_better_of_it_is_not_erased(anna: Person) -> None:
    walk_to(anna, "life_situation")
    anna.says("poista kaikki mun tiedot")
    anna.hears("utter_ask_erase_form_erase_consent")
    anna.taps("/deny")
    anna.hears("utter_not_erased", QUESTIONS["life_situation"])
    anna.says("mitä musta tallennetaan")
    [kept] = anna.hears("utter_kept")[:1]
    assert anna.words.label("shyness", "fi").lower() in kept


def test_the_demo_leaves_the_operators_database_alone(stack: Stack, anna: Person) -> None:
    walk_to(anna, "loneliness")
    assert (stack.var / "demo" / "seura.db").exists()
    assert not (stack.var / "operator.db").exists()


def test_neither_words_nor_ids_nor_tokens_are_logged_even_at_debug(
    stack: Stack, anna: Person, aino: Moderator, new_topic: NewTopic
) -> None:
    walk_to(anna, "individual")
    anna.says(f"oon ujo, niin kuin {IN_PASSING}")
    anna.hears(QUESTIONS["life_situation"])
    anna.asks_for_a_human()
    topic = new_topic()
    topic.hears("utter_topic_card")
    aino.taps(topic, "claim")
    anna.hears("utter_handoff_joined")
    aino.writes(topic, FROM_THE_HUMAN)
    assert anna.hears_a_human() == FROM_THE_HUMAN
    anna.says(f"{IN_PASSING} täälläkin")
    aino.writes(topic, "/end")
    anna.hears("utter_handoff_ended", "utter_resumed", QUESTIONS["life_situation"])
    anna.says(f"en halua enää elää, {IN_PASSING}")
    anna.hears("utter_crisis_suicide", "utter_crisis_human_called")
    anna.taps("!safe")
    anna.hears("utter_crisis_safe")
    alias = anna.alias()
    logs = stack.logs()
    assert b"Rasa server is up and running" in logs
    assert b'"event": "taken up", "level": "debug"' in logs
    told = (IN_PASSING, FROM_THE_HUMAN, alias, str(anna.chat), *stack.tokens())
    assert [one for one in told if one.encode() in logs] == []


def test_a_location_is_used_for_the_search_and_kept_nowhere(stack: Stack, anna: Person) -> None:
    assert holds_place(f'{{"latitude":{LATITUDE}}}'.encode())
    assert holds_place(struct.pack(">d", round(LONGITUDE, 2)))
    walk_to(anna, "municipality")
    anna.sends_location(LATITUDE, LONGITUDE)
    suggested(anna)
    until(lambda: not holds_place(stack.databases()), "the place is in no database")


def holds_place(data: bytes) -> bool:
    """Whether the place is there: as text or as SQLite's number, as it came or rounded."""
    degrees = [round(d, digits) for d in (LATITUDE, LONGITUDE) for digits in (2, 7)]
    texts = [rf"(?<!\d)(?<!\d:){re.escape(str(d))}(?!\d)".encode() for d in degrees]
    numbers = [struct.pack(">d", d) for d in degrees]
    return any(re.search(t, data) for t in texts) or any(n in data for n in numbers)
