from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.dialogue.asked import before, lines_of, misunderstood, reason_of

AT = datetime(2026, 11, 3, 12, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=2)
SHOWN = {"event": "active_loop", "name": "handoff_form"}
REPAIR = {"event": "action", "name": "action_repair"}


def user(
    text: str, intent: str = "ask_human", at: datetime = AT, **entities: str
) -> dict[str, Any]:
    """A message of the resident, as Rasa keeps it."""
    found = [{"entity": name, "value": value} for name, value in entities.items()]
    read = {"intent": {"name": intent}, "entities": found}
    return {"event": "user", "text": text, "timestamp": at.timestamp(), "parse_data": read}


def bot(text: str | None, at: datetime = AT, **buttons: str) -> dict[str, Any]:
    """A message of the bot; `buttons` are payloads without their slash, and titles."""
    shown = [{"title": title, "payload": f"/{name}"} for name, title in buttons.items()]
    return {
        "event": "bot",
        "text": text,
        "timestamp": at.timestamp(),
        "data": {"buttons": shown or None},
    }


def label(name: str, value: str) -> str:
    return f"{value}!" if name == "factor" else ""


def said(events: list[dict[str, Any]], since: datetime = LONG_AGO) -> list[tuple[str, str]]:
    return [(line["by"], line["text"]) for line in lines_of(events, since, label)]


def test_what_was_said_goes_up_to_the_request_and_not_to_the_answer() -> None:
    events = [user("moi"), bot("Hei"), user("ihminen"), SHOWN, bot("Lähetänkö?"), user("joo")]
    assert before(events) == events[:3]


def test_of_several_requests_the_last_one_counts() -> None:
    events = [user("ihminen"), SHOWN, user("en"), bot("Selvä"), user("sittenkin"), SHOWN]
    assert before(events) == events[:5]


def test_where_nothing_was_shown_there_is_nothing_to_send_along() -> None:
    assert before([user("moi"), bot("Hei"), {"event": "active_loop", "name": None}]) == []


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], "words"),
        ([bot("Hei")], "words"),
        ([user("moi", "greet"), bot("Hei"), user("haluan ihmisen")], "words"),
        ([user("moi", "greet"), bot("Hei"), user("/ask_human")], "button"),
        ([*[user("öö", "nlu_fallback"), REPAIR] * 3, user("/ask_human")], "not_understood"),
        ([*[user("öö", "nlu_fallback"), REPAIR] * 3, user("no ihminen sitten")], "not_understood"),
        ([*[user("öö", "nlu_fallback"), REPAIR] * 2, user("/ask_human")], "button"),
        # Understood in between: it is not the misunderstanding that led to it.
        (
            [*[user("öö", "nlu_fallback"), REPAIR] * 3, user("moi", "greet"), user("/ask_human")],
            "button",
        ),
        # An answer in the resident's own words: it was taken, though no intent was likely.
        ([*[user("näin on", "nlu_fallback"), bot("?")] * 3, user("/ask_human")], "button"),
    ],
)
def test_why_a_human_was_asked_for_is_read_from_what_came_before(
    events: list[dict[str, Any]], reason: str
) -> None:
    assert reason_of(events) == reason


def test_the_message_that_is_being_repaired_counts_too() -> None:
    events = [user("öö", "nlu_fallback"), REPAIR, user("ää", "nlu_fallback")]
    assert (misunderstood(events), misunderstood(events, repairing=True)) == (1, 2)


def test_both_sides_are_told_in_order_and_a_tap_by_the_words_on_its_button() -> None:
    events = [
        user("moi", "greet"),
        {"event": "slot", "name": "mood", "value": "low"},
        bot("Kysynkö?", affirm="Kysy vain"),
        user("/affirm", "affirm"),
        bot(None),
        user('/factor{"factor": "money"}', "factor", factor="money"),
        user("/ask_human"),
    ]
    assert said(events) == [
        ("user", "moi"),
        ("bot", "Kysynkö?"),
        ("user", "Kysy vain"),
        ("user", "money!"),
    ]


def test_what_was_said_long_ago_is_left_out() -> None:
    events = [user("vanha", at=LONG_AGO), bot("vanha", at=LONG_AGO), user("uusi")]
    assert said(events, AT - timedelta(days=1)) == [("user", "uusi")]
    [line] = lines_of(events, AT - timedelta(days=1), label)
    assert line["at"] == AT.isoformat()
