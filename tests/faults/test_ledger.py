from typing import Any

import pytest

from bot.faults.ledger import Ledger, Queued, Seen, Sent

GROUP, ANNA, BERTTA, TOPIC = -100, 1, 2, 7


def ledger(*sent: Sent, seen: list[Seen], queued: list[Queued], **more: Any) -> Ledger:
    made = Ledger(GROUP, list(sent), seen=seen, queued=queued, **more)
    made.topics[ANNA].add(TOPIC)
    return made


def ends(made: Ledger) -> list[str]:
    return [end for (_, end), number in made.ends().items() for _ in range(number)]


def asked(update: int, chat: int = ANNA) -> Sent:
    return Sent("to the bot", update, chat)


def answer(update: int, message: int, chat: int = ANNA) -> tuple[Seen, Queued]:
    row = Queued(f"update:{update}:0:0", chat, "send_message", "sent", message)
    return Seen(chat, None, message, "vastaus"), row


def test_what_was_answered_has_arrived() -> None:
    seen, row = answer(10, 5)
    made = ledger(asked(10), seen=[seen], queued=[row])
    assert ends(made) == ["arrived"]
    assert made.faults() == []


@pytest.mark.parametrize("gone", ["row", "message"])
def test_what_nobody_answered_is_lost(gone: str) -> None:
    seen, row = answer(10, 5)
    made = ledger(
        asked(10), seen=[] if gone == "message" else [seen], queued=[] if gone == "row" else [row]
    )
    assert ends(made) == ["lost"]


def test_what_is_answered_in_another_chat_is_misdirected() -> None:
    seen, row = answer(10, 5, BERTTA)
    assert ends(ledger(asked(10), seen=[seen], queued=[row])) == ["misdirected"]


def test_answers_that_change_places_are_out_of_order() -> None:
    (one, first), (two, second) = answer(10, 6), answer(11, 5)
    made = ledger(asked(10), asked(11), seen=[one, two], queued=[first, second])
    assert sorted(ends(made)) == ["arrived", "out of order"]


def test_a_message_that_no_row_knows_was_said_twice() -> None:
    seen, row = answer(10, 5)
    again = Seen(ANNA, None, 6, "vastaus")
    made = ledger(asked(10), seen=[seen, again], queued=[row])
    assert made.unclaimed() == [again]
    assert made.faults()[0] == "1 said twice by the bot"


WORDS = Sent("to a human", 10, ANNA, "m1m")
RELAY = Queued("update:10:topic:0", GROUP, "send_message", "sent", 5)


@pytest.mark.parametrize(
    ("seen", "end"),
    [
        ([Seen(GROUP, TOPIC, 5, "x m1m")], "arrived"),
        ([Seen(GROUP, TOPIC, 5, "m1m"), Seen(GROUP, TOPIC, 6, "m1m")], "doubled"),
        ([Seen(GROUP, 8, 5, "m1m")], "misdirected"),
        ([Seen(BERTTA, None, 5, "m1m")], "misdirected"),
        ([Seen(GROUP, TOPIC, 5, "m11m")], "lost"),
    ],
)
def test_a_persons_words_are_looked_for_where_they_are_seen(seen: list[Seen], end: str) -> None:
    assert ends(ledger(WORDS, seen=seen, queued=[RELAY])) == [end]


@pytest.mark.parametrize("told", [True, False])
def test_words_in_doubt_are_owned_up_to_only_when_their_sender_was_told(told: bool) -> None:
    said = Sent("to a resident", 10, ANNA, "m1m")
    row = Queued("said:3:1:0", ANNA, "send_message", "unknown", None)
    notice = Queued("said:3:1:0:undelivered:topic:0", GROUP, "send_message", "sent", 9)
    other = Sent("to a resident", 11, ANNA, "m2m")
    made = ledger(said, other, seen=[], queued=[row, notice] if told else [row])
    assert sorted(ends(made)) == (["lost", "unknown, told"] if told else ["lost", "lost"])


def test_a_tap_has_arrived_when_it_was_handled() -> None:
    taps = [Sent("a tap", 10, ANNA), Sent("a tap", 11, ANNA)]
    made = ledger(*taps, seen=[], queued=[], handled=frozenset({10}))
    assert sorted(ends(made)) == ["arrived", "lost"]
