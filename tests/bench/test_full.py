"""A speaker of the full way, with a sandbox that only answers that it heard."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from bot.bench import BenchFailed
from bot.bench.full import FullWay, SandboxSpeaker
from bot.bench.talks import Step

TYPED, TAP = Step((1, 1), "moi"), Step((1, 2), "/affirm", tapped=True)


class Sandbox:
    """Notes what is asked of it; the bot's answers are heard while it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answer: Callable[[], None] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, json.loads(request.content)))
        self.answer()
        return httpx.Response(200, json={"ok": True})


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def way(sandbox: Sandbox) -> Iterator[FullWay]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE keyboards (token TEXT, options TEXT)")
    options = json.dumps([{"payload": "/deny"}, {"payload": "/affirm"}])
    database.execute("INSERT INTO keyboards VALUES ('abc', ?)", (options,))
    http = httpx.AsyncClient(base_url="http://x", transport=httpx.MockTransport(sandbox))
    yield FullWay((), 1.0, http, database)
    database.close()


def message(number: int, text: str, *, bot: bool = True, **more: Any) -> dict[str, Any]:
    return {"message_id": number, "from": {"is_bot": bot}, "text": text, **more}


async def speaker_of(way: FullWay) -> SandboxSpeaker:
    return await way.newcomer("fi")


async def test_a_turn_is_over_once_as_many_messages_came_as_in_the_warm_up(
    way: FullWay, sandbox: Sandbox
) -> None:
    speaker = await speaker_of(way)
    way.learn(TYPED, ("Hei!", "Mitä kuuluu?"))

    def answer() -> None:
        speaker.hear(message(1, "moi", bot=False))
        speaker.hear(message(2, "Hei!"))
        speaker.hear(message(3, "Mitä kuuluu?"))

    sandbox.answer = answer
    reply = await speaker.do(TYPED)
    assert reply.texts == ("Hei!", "Mitä kuuluu?")
    assert reply.turn == (speaker.user_id, 0)
    assert 0 < reply.first <= reply.last
    path, body = sandbox.asked[0]
    assert path == f"/sandbox/chats/{speaker.user_id}/messages"
    assert (body["text"], body["language_code"]) == ("moi", "fi")


async def test_a_button_is_found_by_what_it_means_and_tapped(
    way: FullWay, sandbox: Sandbox
) -> None:
    speaker = await speaker_of(way)
    rows = [[{"callback_data": "k:abc:0"}, {"callback_data": "k:abc:1"}], [{"url": "x"}]]
    speaker.hear(message(5, "Sopiiko?", reply_markup={"inline_keyboard": rows}))
    speaker.hear(message(6, "Vai?"))
    assert await speaker.act(TAP) is False
    path, body = sandbox.asked[0]
    assert path.endswith("/taps")
    assert (body["message_id"], body["button"]) == (5, "k:abc:1")


async def test_where_the_button_is_gone_its_meaning_is_written(
    way: FullWay, sandbox: Sandbox
) -> None:
    speaker = await speaker_of(way)
    rows = [[{"callback_data": "k:abc:1"}]]
    speaker.hear(message(5, "Sopiiko?", reply_markup={"inline_keyboard": rows}))
    speaker.hear(message(5, "Sopiiko?"))  # edited: the buttons were taken away
    assert await speaker.act(TAP) is True
    assert sandbox.asked[0][1]["text"] == "/affirm"


async def test_an_edited_message_is_no_new_one(way: FullWay) -> None:
    speaker = await speaker_of(way)
    speaker.hear(message(5, "Sopiiko?"))
    speaker.hear(message(5, "Sopiiko? ✓"))
    assert speaker.inbox.qsize() == 1


async def test_more_messages_than_in_the_warm_up_are_noticed_before_the_next_turn(
    way: FullWay,
) -> None:
    speaker = await speaker_of(way)
    speaker.hear(message(5, "Vielä yksi asia."))
    with pytest.raises(BenchFailed, match="More was said"):
        await speaker.do(TYPED)


async def test_the_accounts_of_the_sandbox_are_read_on_from_where_they_were() -> None:
    def tell(request: httpx.Request) -> httpx.Response:
        after, what = int(request.url.params["after"]), request.url.path.rpartition("/")[2]
        chat = {"id": 5, "type": "private"}
        told: dict[str, list[dict[str, Any]]] = {
            "updates": [
                {"time": float(n), "update": {"update_id": n, "message": {"chat": chat}}}
                for n in (1, 2)
            ],
            "calls": [
                {"method": "sendMessage", "ok": True, "time": n + 0.5, "params": {"chat_id": 5}}
                for n in (1, 2)
            ],
        }
        return httpx.Response(200, json={what: told[what][after : after + 1]})

    http = httpx.AsyncClient(base_url="http://x", transport=httpx.MockTransport(tell))
    way = FullWay((), 1.0, http, sqlite3.connect(":memory:"))
    assert [turn.update_id for turn in (await way.turns())[5]] == [1]
    assert [turn.last for turn in (await way.turns())[5]] == [0.5, 0.5]
    way.database.close()
