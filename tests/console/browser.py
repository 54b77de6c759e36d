"""What a browser does for somebody, without one: keeps cookies, sends forms with their token."""

import re
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.console.house import PREFIX

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
SITE = "http://console.example"


class Browser:
    """Somebody's browser.

    Attributes:
        http: what it sends with; its cookies are those of the browser.
    """

    def __init__(self, console: Starlette, agent: str) -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(console),
            base_url=SITE,
            headers={"user-agent": agent, "accept-language": "fi"},
        )

    async def get(self, inside: str, **options: Any) -> httpx.Response:
        """Opens a page of the console."""
        return await self.http.get(PREFIX + inside, **options)

    async def token(self) -> str:
        """The token of this session's forms."""
        found = TOKEN.search((await self.get("/account")).text)
        assert found, "nobody is signed in"
        return found[1]

    async def post(
        self, inside: str, data: dict[str, Any] | None = None, *, partial: bool = False
    ) -> httpx.Response:
        """Sends a form, as a page of the console would; `partial`, as htmx does."""
        given = {"csrf": await self.token(), **(data or {})}
        headers = {"origin": SITE, **({"hx-request": "true"} if partial else {})}
        return await self.http.post(PREFIX + inside, data=given, headers=headers)

    async def follow(self, secret: str) -> httpx.Response:
        """Opens a link from the bot, and presses its button."""
        opened = await self.get(f"/link/{secret}")
        if opened.is_error:
            return opened
        return await self.http.post(f"{PREFIX}/link/{secret}", headers={"origin": SITE})
