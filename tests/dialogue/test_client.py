import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.client import RasaClient
from bot.dialogue.sayings import Answer, Button, Saying
from bot.errors import DialogueUnavailable

ANSWER: dict[str, Any] = {
    "messages": [
        {"text": "hei", "buttons": [{"title": "Kyllä", "payload": "/affirm"}]},
        {"custom": {"options": "mine"}},
    ],
    "intent": {"name": "crisis", "leaf": "crisis/suicide", "confidence": 0.75},
}


def client(answer: Callable[[httpx.Request], httpx.Response]) -> RasaClient:
    return RasaClient("http://rasa", "s3cret", 5, httpx.MockTransport(answer))


def answering(body: Any, status: int = 200) -> RasaClient:
    return client(lambda _: httpx.Response(status, content=json.dumps(body)))


async def ask(rasa: RasaClient, **more: Any) -> Answer:
    try:
        return await rasa.ask("abc", "moikka", "17", **more)
    finally:
        await rasa.close()


async def unavailable(rasa: RasaClient) -> str:
    with pytest.raises(DialogueUnavailable) as fault:
        await ask(rasa)
    return str(fault.value)


async def test_an_answer_becomes_plain_values() -> None:
    assert await ask(answering(ANSWER)) == Answer(
        sayings=(
            Saying("hei", (Button("Kyllä", "/affirm"),)),
            Saying("", (), {"options": "mine"}),
        ),
        intent="crisis",
        leaf="crisis/suicide",
        confidence=0.75,
    )


async def test_rasa_may_have_nothing_to_say() -> None:
    nothing = {"messages": [], "intent": {"name": None, "confidence": 0.0}}
    assert await ask(answering(nothing)) == Answer((), None, None, 0.0)


async def test_a_turn_is_asked_about_with_the_token_and_without_the_residents_identity() -> None:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=ANSWER)

    await ask(client(note), language="en", again=True)
    [request] = seen
    assert str(request.url) == "http://rasa/webhooks/seura/webhook"
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert json.loads(request.content) == {
        "sender": "abc",
        "message": "moikka",
        "message_id": "17",
        "language": "en",
        "again": True,
    }


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (httpx.ConnectError("x"), "ConnectError"),
        (httpx.ReadError("x"), "ReadError"),
        (httpx.RemoteProtocolError("x"), "RemoteProtocolError"),
        (httpx.ConnectTimeout("x"), "no answer in time"),
        (httpx.ReadTimeout("x"), "no answer in time"),
        (httpx.PoolTimeout("x"), "no answer in time"),
    ],
)
async def test_a_rasa_that_is_down_or_slow_is_unavailable(fault: Exception, reason: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise fault

    assert await unavailable(client(fail)) == reason


@pytest.mark.parametrize("status", [301, 401, 404, 409, 500, 503])
async def test_any_other_status_is_unavailable(status: int) -> None:
    assert await unavailable(answering(ANSWER, status)) == f"status {status}"


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"\xff\xfe", b"nul\x00"])
async def test_rubbish_is_unavailable(content: bytes) -> None:
    rasa = client(lambda _: httpx.Response(200, content=content))
    assert await unavailable(rasa) == "the answer can't be read"


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        "hei",
        {},
        {"messages": []},
        {"intent": ANSWER["intent"]},
        {**ANSWER, "messages": None},
        {**ANSWER, "messages": ["hei"]},
        {**ANSWER, "messages": [{"text": 5}]},
        {**ANSWER, "messages": [{"buttons": [{"title": "x"}]}]},
        {**ANSWER, "messages": [{"buttons": [{"title": 1, "payload": None}]}]},
        {**ANSWER, "messages": [{"custom": 5}]},
        {**ANSWER, "intent": None},
        {**ANSWER, "intent": {"name": "x"}},
        {**ANSWER, "intent": {"name": "x", "confidence": "high"}},
        {**ANSWER, "intent": {"name": ["x"], "confidence": 1}},
    ],
)
async def test_another_shape_is_unavailable(body: Any) -> None:
    assert await unavailable(answering(body)) == "the answer can't be read"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["messages", "intent", "text", "buttons", "title", "payload", "custom"])
            | st.sampled_from(["name", "confidence", "leaf"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON | st.fixed_dictionaries({"messages": JSON, "intent": JSON}))
async def test_whatever_rasa_answers_is_an_answer_of_strings_or_unavailable(body: Any) -> None:
    try:
        answer = await ask(answering(body))
    except DialogueUnavailable:
        return
    for saying in answer.sayings:
        assert isinstance(saying.text, str)
        assert all(
            isinstance(button.title, str) and isinstance(button.payload, str)
            for button in saying.buttons
        )


async def test_the_reason_never_holds_the_residents_words() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(request.content.decode())

    for rasa in (client(fail), answering({"error": "moikka"}, 500), answering(["moikka"])):
        assert "moikka" not in await unavailable(rasa)


async def test_rasa_is_ready_when_it_says_so() -> None:
    def status(request: httpx.Request) -> httpx.Response:
        right = request.url.path == "/status" and request.url.params["token"] == "s3cret"
        return httpx.Response(200 if right else 500, json={})

    for rasa, ready in ((client(status), True), (answering({}, 409), False)):
        assert await rasa.ready() is ready
        await rasa.close()


async def test_a_rasa_that_is_not_there_is_not_ready() -> None:
    rasa = RasaClient("http://127.0.0.1:9", "s3cret", 1)
    assert not await rasa.ready()
    await rasa.close()
