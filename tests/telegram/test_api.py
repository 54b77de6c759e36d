"""Other Bot API servers than Telegram's own: they may know less, and write it otherwise."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs
from telegram.error import BadRequest, InvalidToken, NetworkError, TimedOut

from bot.errors import SettingsError
from bot.supervisor import free_port
from bot.telegram import inbox
from bot.telegram.api import NEVER_LEFT, Api, answering
from bot.telegram.inbox import Lanes, Poller
from bot.telegram.meeting import check, meet
from bot.telegram.outbox import call
from tests.telegram.driver import Seura

GROUP = -100
MISSING = (404, {"ok": False, "error_code": 404, "description": "Not Found: method not found"})


class Other:
    """A Bot API server that answers as it is told to, and remembers what it was asked.

    Attributes:
        answers: status and body by method; of a method that is not here it knows nothing.
        asked: methods and parameters.
    """

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        app = web.Application()
        app.router.add_post("/bot1:x/{method}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.asked.append((method, dict(await request.post())))
        status, body = self.answers.get(method, MISSING)
        return web.json_response(body, status=status)

    def gives(self, method: str, result: Any) -> None:
        """What the method gives from now on."""
        self.answers[method] = 200, {"ok": True, "result": result}

    def bot(self) -> Api:
        """A bot at this server."""
        return Api("1:x", str(self.server.make_url("/")))


@pytest_asyncio.fixture
async def other() -> AsyncIterator[Other]:
    """One that runs."""
    server = Other()
    async with server.server:
        yield server


async def test_a_server_that_tells_less_of_bot_and_group_is_met_all_the_same(other: Other) -> None:
    other.gives("getMe", {"id": 1, "first_name": "Seura"})
    other.gives("getChat", {"id": GROUP})
    await check(other.bot(), "there", GROUP)


async def test_a_server_that_can_not_show_the_group_is_worked_with(other: Other) -> None:
    other.gives("getMe", {"id": 1})
    bot = other.bot()
    for answer in (MISSING, (500, {"message": "not supported"})):
        other.answers["getChat"] = answer
        with capture_logs() as logs:
            await meet(bot, GROUP)
        assert [one["event"] for one in logs] == ["the moderators' group can't be looked at"]
    await bot.close_connections()


@pytest.mark.parametrize("status", [200, 403])
async def test_a_refusal_is_understood_whatever_the_status_that_it_comes_with(
    other: Other, status: int
) -> None:
    other.gives("getMe", {"id": 1})
    refusal = {"ok": False, "error_code": 403, "description": "Forbidden: kicked"}
    other.answers["getChat"] = status, refusal
    with pytest.raises(SettingsError, match="Forbidden: kicked"):
        await check(other.bot(), "there", GROUP)


async def test_a_message_counts_as_sent_however_its_date_is_written(other: Other) -> None:
    other.gives("sendMessage", {"message_id": 7, "date": 1_790_000_000_000, "text": "hei"})
    bot = other.bot()
    assert await call(bot, "send_message", 5, {"text": "hei", **answering(3)}) == 7
    [(method, asked)] = other.asked
    assert (method, asked["chat_id"], asked["text"]) == ("sendMessage", "5", "hei")
    assert '"message_id": 3' in asked["reply_parameters"]
    await bot.close_connections()


async def test_ids_of_several_copies_and_of_none_are_understood(other: Other) -> None:
    bot = other.bot()
    other.gives("copyMessages", [{"message_id": 1}, {"message_id": 2}])
    assert await call(bot, "copy_messages", 5, {"message_ids": [8, 9]}) == [1, 2]
    other.gives("editMessageReplyMarkup", None)
    assert await call(bot, "edit_message_reply_markup", 5, {"message_id": 1}) is None
    await bot.close_connections()


async def test_whether_a_request_has_left_is_told_by_its_error(
    other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Api("1:x", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(NetworkError) as refused:
        await nobody.call("getMe")
    assert isinstance(refused.value.__cause__, NEVER_LEFT)

    async def never(_: Other, __: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Other, "_answer", never)
    slow = Other()
    async with slow.server:
        bot = slow.bot()
        with pytest.raises(TimedOut) as late:
            await bot.call("getMe", read_timeout=0.05)
        assert not isinstance(late.value.__cause__, NEVER_LEFT)
        await bot.close_connections()
    await nobody.close_connections()


async def test_methods_that_are_missing_and_bad_requests_differ(other: Other) -> None:
    bot = other.bot()
    with pytest.raises(InvalidToken):
        await bot.call("getMe")
    other.answers["sendMessage"] = 400, {"ok": False, "description": "Bad Request: chat not found"}
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.call("sendMessage", {"chat_id": 1, "text": "x"})
    await bot.close_connections()


@pytest.mark.parametrize(("scheme", "is_asked"), [("https", True), ("http", False)])
async def test_telegram_is_reached_by_the_proxy_and_a_server_on_this_machine_is_not(
    scheme: str, is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        bot = Api("1:x", f"{scheme}://127.0.0.1:{free_port()}")
        with pytest.raises(NetworkError):
            await bot.call("getMe")
        await bot.close_connections()
    assert bool(asked) == is_asked
    assert all(line.startswith(b"CONNECT 127.0.0.1:") for line in asked)


async def test_a_server_that_does_not_wait_for_updates_is_not_asked_without_a_pause(
    other: Other, asleep: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "AT_ONCE_SECONDS", 60.0)
    other.gives("getUpdates", [])
    app, bot = asleep.app, other.bot()
    lanes = Lanes(app.store, app._route, app.residents.give_up)
    lanes.recovered.set()
    polling = asyncio.create_task(Poller(app.store, bot, lanes, app.alarms).run())
    while not other.asked:
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert len(other.asked) == 1
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await bot.close_connections()
