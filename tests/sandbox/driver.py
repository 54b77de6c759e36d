"""What the sandbox's tests drive it with: the Bot API in one hand, people in the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.sandbox.server import SandboxServer, create_app
from bot.sandbox.state import World

TOKEN = "4242:sandbox"
GROUP = -1001000000001
AINO, EERO = 9001, 9002
ANNA, BERTTA = 1001, 1002

Json = dict[str, Any]


class Sandbox:
    """One sandbox and a client of it."""

    def __init__(self, app: Starlette, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client
        self.world: World = app.state.world

    async def call(self, method: str, **parameters: Any) -> httpx.Response:
        """Call the Bot API with a JSON body."""
        return await self.client.post(f"/bot{TOKEN}/{method}", json=parameters)

    async def result(self, method: str, **parameters: Any) -> Any:
        """The result of a call that must go well."""
        response = await self.call(method, **parameters)
        assert response.status_code == 200, response.text
        assert response.json()["ok"] is True
        return response.json()["result"]

    async def refusal(self, method: str, **parameters: Any) -> tuple[int, str]:
        """Code and description of a call that must be refused."""
        response = await self.call(method, **parameters)
        body = response.json()
        assert body["ok"] is False, body
        assert body["error_code"] == response.status_code
        return body["error_code"], body["description"]

    async def act(self, path: str, **body: Any) -> Json:
        """Something people do, which must go well."""
        response = await self.client.post(f"/sandbox/{path}", json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def denied(self, path: str, **body: Any) -> tuple[int, str]:
        """Something people cannot do, and why."""
        response = await self.client.post(f"/sandbox/{path}", json=body)
        assert response.json()["ok"] is False, response.text
        return response.status_code, response.json()["description"]

    async def write(self, user_id: int, text: str, chat_id: int | None = None, **more: Any) -> Json:
        """A person writes, in their own chat unless told otherwise."""
        path = f"chats/{chat_id or user_id}/messages"
        return await self.act(path, user_id=user_id, text=text, **more)

    async def messages(self, chat_id: int, **query: Any) -> list[Json]:
        """The messages of a chat."""
        response = await self.client.get(f"/sandbox/chats/{chat_id}/messages", params=query)
        assert response.status_code == 200, response.text
        return list(response.json()["messages"])

    async def updates(self, **parameters: Any) -> list[Json]:
        """What getUpdates gives."""
        return list(await self.result("getUpdates", **parameters))

    async def topic(self, name: str = "Anna") -> int:
        """A new topic in the moderators' group."""
        return int(
            (await self.result("createForumTopic", chat_id=GROUP, name=name))["message_thread_id"]
        )


@asynccontextmanager
async def running(app: Starlette) -> AsyncIterator[str]:
    """The app on a real port; gives its address."""
    server = SandboxServer(app, app.state.world, 0)
    serving = asyncio.create_task(server.serve())
    await server.listening.wait()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        await serving


def in_memory(**options: Any) -> Sandbox:
    """A sandbox reached without a socket."""
    app = create_app(TOKEN, **options)
    transport = httpx.ASGITransport(app)
    return Sandbox(app, httpx.AsyncClient(transport=transport, base_url="http://sandbox"))
