import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.client import RasaClient, Requests
from bot.dialogue.sayings import Answer, Button, Saying
from bot.errors import DialogueUnavailable

ANSWER: dict[str, Any] = {
    "messages": [
        {"text": "hei", "buttons": [{"title": "Kyllä", "payload": "/affirm"}]},
        {"custom": {"options": "mine"}},
    ],
    "intent": {"name": "crisis", "leaf": "crisis/suicide", "confidence": 0.75},
}


class Scripted(Requests):
    """Answers by a function, and remembers what was asked."""

    def __init__(self, answer: Callable[[], tuple[int, bytes]]) -> None:
        super().__init__("http://rasa", "s3cret", 5)
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []

    async def make(
        self, method: str, path: str, body: dict[str, Any] | None = None, **more: Any
    ) -> tuple[int, bytes]:
        self.asked.append((method, path, body, more))
        return self.answer()


def client(content: bytes, status: int = 200) -> RasaClient:
    return RasaClient("http://rasa", "s3cret", 5, Scripted(lambda: (status, content)))


def answering(body: Any, status: int = 200) -> RasaClient:
    return client(json.dumps(body).encode(), status)


@pytest.fixture
async def served() -> AsyncIterator[tuple[str, list[web.Request]]]:
    """A server in Rasa's place: the address, and what it was asked."""
    seen: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        seen.append(request)
        if request.path == "/status" and request.query.get("token") != "s3cret":
            return web.json_response({}, status=401)
        return web.json_response(ANSWER)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/"), seen


async def listening(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> tuple[asyncio.Server, str]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


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


async def test_a_turn_is_asked_about_with_the_token_and_without_the_residents_identity(
    served: tuple[str, list[web.Request]],
) -> None:
    url, seen = served
    assert (await ask(RasaClient(url, "s3cret", 5), language="en", again=True)).intent == "crisis"
    [request] = seen
    assert (request.method, request.path_qs) == ("POST", "/webhooks/seura/webhook")
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert await request.json() == {
        "sender": "abc",
        "message": "moikka",
        "message_id": "17",
        "language": "en",
        "again": True,
    }


async def test_a_rasa_that_is_not_there_is_unavailable() -> None:
    assert await unavailable(RasaClient("http://127.0.0.1:9", "s3cret", 5)) == (
        "ClientConnectorError"
    )


async def test_a_rasa_that_hangs_up_is_unavailable() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server, url = await listening(hang_up)
    async with server:
        assert await unavailable(RasaClient(url, "s3cret", 5)) == "ServerDisconnectedError"


async def test_a_rasa_that_hangs_up_in_mid_answer_is_unavailable() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{")
        writer.close()

    server, url = await listening(hang_up)
    async with server:
        assert await unavailable(RasaClient(url, "s3cret", 5)) == "ClientPayloadError"


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"])
async def test_a_rasa_that_takes_too_long_is_unavailable(begun: bytes) -> None:
    """Whether it says nothing at all or never comes to an end."""
    enough = asyncio.Event()

    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(begun)
        await enough.wait()
        writer.close()

    server, url = await listening(dawdle)
    async with server:
        assert await unavailable(RasaClient(url, "s3cret", 0.2)) == "no answer in time"
        enough.set()


@pytest.mark.parametrize("status", [301, 401, 404, 409, 500, 503])
async def test_any_other_status_is_unavailable(status: int) -> None:
    assert await unavailable(answering(ANSWER, status)) == f"status {status}"


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b"\xff\xfe", b"nul\x00"])
async def test_rubbish_is_unavailable(content: bytes) -> None:
    assert await unavailable(client(content)) == "the answer can't be read"


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
    for rasa in (answering({"error": "moikka"}, 500), answering(["moikka"])):
        assert "moikka" not in await unavailable(rasa)


async def test_rasa_is_ready_when_it_says_so(served: tuple[str, list[web.Request]]) -> None:
    url, _ = served
    for token, ready in (("s3cret", True), ("another", False)):
        rasa = RasaClient(url, token, 5)
        assert await rasa.ready() is ready
        await rasa.close()


async def test_another_model_is_named_to_rasa(served: tuple[str, list[web.Request]]) -> None:
    url, seen = served
    rasa = RasaClient(url, "s3cret", 5)
    await rasa.use_model("/models/new.tar.gz")
    await rasa.close()
    [request] = seen
    assert (request.method, request.path_qs) == ("PUT", "/model?token=s3cret")
    assert await request.json() == {"model_file": "/models/new.tar.gz"}


async def test_a_model_that_rasa_does_not_take_is_told() -> None:
    with pytest.raises(DialogueUnavailable, match="status 400"):
        await answering({}, 400).use_model("/models/new.tar.gz")


async def test_a_rasa_that_is_not_there_is_not_ready() -> None:
    rasa = RasaClient("http://127.0.0.1:9", "s3cret", 1)
    assert not await rasa.ready()
    await rasa.close()
