from bot.dialogue.sayings import Button, Saying, saying_of


def test_a_saying_of_text_alone_has_no_more() -> None:
    assert saying_of({"text": "hei"}) == Saying("hei", (), {})


def test_buttons_and_custom_come_along_in_order() -> None:
    data = {
        "text": "?",
        "buttons": [{"title": "A", "payload": "/a"}, {"title": "B", "payload": "!b"}],
        "custom": {"options": "mine"},
    }
    assert saying_of(data) == Saying(
        "?", (Button("A", "/a"), Button("B", "!b")), {"options": "mine"}
    )


def test_what_is_null_is_as_if_it_were_missing() -> None:
    assert saying_of({"text": None, "buttons": None, "custom": None}) == Saying("")
