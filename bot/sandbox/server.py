"""The sandbox as a Starlette app, and a uvicorn server that does not wait for long polls."""

import asyncio
import inspect
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import SetupError
from bot.sandbox.bodies import read_parameters
from bot.sandbox.control import control_routes
from bot.sandbox.faults import Faults
from bot.sandbox.groups import file_at
from bot.sandbox.methods import played
from bot.sandbox.state import World
from bot.sandbox.table import ApiError, Json, MethodTable, Upload

_PAGE = Path(__file__).with_name("page")


def create_app(token: str, console: str = "", **options: Any) -> Starlette:
    """The sandbox for one bot.

    Args:
        token: the only token it takes, of the form digits, colon, text.
        console: the address of the bot's own web console, which the page leads to.
        options: as for `World`.

    Returns:
        An app whose `state.world` is the `World`; call `state.world.bell.close()` before
        the server stops, or use `SandboxServer`, so that no long poll holds it up.

    Raises:
        ValueError: the token has another form.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        world.bell.close()
        await world.updates.close()

    app = Starlette(
        routes=[
            Route("/", show_page, methods=["GET"]),
            Route("/console", show_console, methods=["GET"]),
            Mount("/sandbox/page", StaticFiles(directory=_PAGE)),
            *control_routes(),
            Route("/file/bot{token}/{path:path}", download, methods=["GET"]),
            Route("/bot{token}/{method}", call_method, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={ApiError: refuse},
        lifespan=lifespan,
    )
    world = World(token, **options)
    app.state.world = world
    app.state.table = MethodTable.read()
    app.state.faults = Faults()
    app.state.calls = []
    app.state.console = console
    return app


class SandboxServer(uvicorn.Server):
    """Serves the sandbox, or an app with the sandbox in it, and stops without waiting.

    Args:
        app: what to serve.
        world: the sandbox's `World`, told when the server stops.
        port: 0 takes any that is free.
        host: where to listen; the loopback interface, as the sandbox trusts everybody.
        beyond_loopback: let it listen elsewhere all the same.

    Raises:
        SetupError: it would listen beyond the loopback interface without being told to.

    Attributes:
        listening: set once it takes connections.
    """

    def __init__(
        self,
        app: ASGIApp,
        world: World,
        port: int,
        host: str = "127.0.0.1",
        *,
        beyond_loopback: bool = False,
    ) -> None:
        if not (beyond_loopback or ip_address(host).is_loopback):
            raise SetupError(
                f"The sandbox lets everybody be anybody: it does not listen on {host} unless "
                "beyond_loopback says so."
            )
        # As long as a client may keep a connection: none is to be cut off in the middle of a call.
        config = uvicorn.Config(
            app, host, port, ws="none", log_level="warning", timeout_keep_alive=75
        )
        super().__init__(config)
        self.listening = asyncio.Event()
        self._world = world

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then say so."""
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what waits, then stop as uvicorn does."""
        self._world.bell.close()
        await super().shutdown(sockets)

    @property
    def port(self) -> int:
        """The port it listens on, once it is listening."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


class SecurityHeaders:
    """The page loads nothing from elsewhere and runs nothing that stands inside it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers added."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = "default-src 'self'"
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Dropped(Response):
    """No answer: the connection breaks off in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body that never comes; uvicorn then closes the connection."""
        headers = [(b"content-length", b"100"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def show_page(request: Request) -> Response:
    """The page."""
    return FileResponse(_PAGE / "index.html")


async def show_console(request: Request) -> Response:
    """The way to the bot's web console, where there is one."""
    console = request.app.state.console
    return RedirectResponse(console) if console else Response(status_code=404)


async def download(request: Request) -> Response:
    """A file by its `file_path`."""
    _check_token(request)
    data = file_at(request.app.state.world, request.path_params["path"])
    return Response(data, media_type="application/octet-stream")


async def call_method(request: Request) -> Response:
    """One call of the Bot API: held against the table, noted, played."""
    _check_token(request)
    method = request.app.state.table.method(request.path_params["method"])
    given = await read_parameters(request)
    call = _note(request, method, given)
    fault = request.app.state.faults.take(method, given.get("chat_id"))
    try:
        if fault is None or fault.performed:
            result = await _perform(request, method, given)
        if fault:
            await request.app.state.world.bell.until(lambda: False, fault.hold)
            raise fault.refusal()
    except ApiError as refusal:
        call |= {"ok": False, "error_code": refusal.code, "description": refusal.description}
        if fault and fault.drop:
            return Dropped()
        raise
    call["ok"] = True
    return JSONResponse({"ok": True, "result": result})


async def _perform(request: Request, method: str, given: Json) -> object:
    play = played(method)
    parameters = request.app.state.table.parameters(method, given)
    result = play(request.app.state.world, parameters)
    return await result if inspect.isawaitable(result) else result


def _note(request: Request, method: str, given: Json) -> Json:
    """Put the call into the list of calls; whether it went well is added later."""
    calls, world = request.app.state.calls, request.app.state.world
    call = {
        "n": len(calls) + 1,
        "method": method,
        "params": {key: _readable(value) for key, value in given.items()},
        "time": world.clock(),
    }
    calls.append(call)
    world.bell.ring()
    return call


def _readable(value: object) -> object:
    """A parameter as the test would write it: objects that came as JSON in a form decoded."""
    if isinstance(value, Upload):
        return {"name": value.name, "size": len(value.data)}
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _check_token(request: Request) -> None:
    token = request.path_params["token"]
    digits, _, secret = token.partition(":")
    if not (digits.isdecimal() and secret):
        raise ApiError(404, "Not Found")
    if token != request.app.state.world.token:
        raise ApiError(401, "Unauthorized")


async def refuse(request: Request, error: Exception) -> Response:
    """A refusal as Telegram words one."""
    refusal = cast(ApiError, error)
    body: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return JSONResponse(body, status_code=refusal.code)
