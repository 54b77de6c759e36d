from typing import Any

from bot.bench.timing import by_resident


def wrote(update_id: int, chat_id: int, time: float) -> dict[str, Any]:
    chat = {"id": chat_id, "type": "private" if chat_id > 0 else "supergroup"}
    return {"time": time, "update": {"update_id": update_id, "message": {"chat": chat}}}


def tapped(update_id: int, chat_id: int, time: float) -> dict[str, Any]:
    message = wrote(0, chat_id, 0)["update"]["message"]
    return {
        "time": time,
        "update": {"update_id": update_id, "callback_query": {"message": message}},
    }


def sent(chat_id: int, time: float, method: str = "sendMessage", **more: Any) -> dict[str, Any]:
    return {"method": method, "params": {"chat_id": chat_id}, "time": time, "ok": True, **more}


def test_a_turn_lasts_from_its_update_to_the_last_message_before_the_next_one() -> None:
    updates = [wrote(1, 5, 10.0), tapped(2, 5, 20.0)]
    calls = [sent(5, 10.5), sent(5, 11.0), sent(5, 20.25)]
    first, second = by_resident(updates, calls)[5]
    assert (first.update_id, first.first, first.last) == (1, 0.5, 1.0)
    assert (second.update_id, second.first, second.last) == (2, 0.25, 0.25)


def test_residents_are_kept_apart() -> None:
    turns = by_resident([wrote(1, 5, 1.0), wrote(2, 6, 2.0)], [sent(6, 3.0), sent(5, 4.0)])
    assert turns[5][0].last == 3.0
    assert turns[6][0].last == 1.0


def test_only_messages_that_were_taken_count() -> None:
    calls = [
        sent(5, 1.1, method="sendChatAction"),
        sent(5, 1.2, ok=False),
        sent(5, 1.3, params={"chat_id": "5"}),
        sent(5, 1.4, method="editMessageReplyMarkup"),
    ]
    [turn] = by_resident([wrote(1, 5, 1.0)], calls)[5]
    assert turn.sent == [1.3]


def test_what_happens_in_the_group_is_no_turn() -> None:
    assert by_resident([wrote(1, -100, 1.0)], [sent(-100, 2.0)]).get(-100, []) == []


def test_a_message_before_any_update_belongs_to_no_turn() -> None:
    [turn] = by_resident([wrote(1, 5, 10.0)], [sent(5, 9.0)])[5]
    assert turn.sent == []
