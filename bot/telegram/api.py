"""The client of the Bot API: what comes back stays as the server wrote it.

The methods of python-telegram-bot make an object of every result, and fail on one that lacks what
their version of the Bot API has: of an older server, or of one that writes a date in another way.
By then the message has been sent. Here its encoding of calls is used, and its errors.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp
from telegram import Bot
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.requests import open_session

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
NO_PREVIEW = {"link_preview_options": {"is_disabled": True}}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Before any of these the request had not left: it can be made again without harm.
NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Api(Bot):
    """A bot at a Bot API server; nothing is asked yet.

    Args:
        token: the bot's.
        address: of the server, `https://api.telegram.org`.
    """

    def __init__(self, token: str, address: str) -> None:
        base = address.rstrip("/")
        requests = Requests(proxied=base.startswith("https:"))
        super().__init__(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=requests,
            get_updates_request=requests,
        )

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        read_timeout: float = READ_SECONDS,
    ) -> Any:
        """Calls a method.

        Args:
            method: its name, `sendMessage` or `send_message`.
            params: its parameters; an `InputFile` is uploaded, none are left out.
            read_timeout: seconds until an answer must come.

        Returns:
            The result as the server wrote it.

        Raises:
            TelegramError: the call was refused. Where it is a NetworkError it may have arrived,
                unless its cause is one of `NEVER_LEFT`.
        """
        return await self._post(_camel(method), dict(params or {}), read_timeout=read_timeout)

    async def close_connections(self) -> None:
        """Gives back what calls were made by."""
        await self.request.shutdown()


class Requests(BaseRequest):
    """Makes the requests by aiohttp, which takes half the time that httpx takes.

    Args:
        proxied: by the proxy that `HTTPS_PROXY` names, where it names one.
    """

    def __init__(self, *, proxied: bool) -> None:
        self._proxied = proxied
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """How long an answer may take, in seconds."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Nothing; the first request opens the session, on the loop that it runs on."""

    async def shutdown(self) -> None:
        """Closes the connections."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One request; see `BaseRequest`.

        Returns:
            The status and the body.

        Raises:
            NetworkError: no answer; `TimedOut` where it took too long.
        """
        if self._session is None:
            self._session = open_session(proxied=self._proxied)
        wait = READ_SECONDS if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=wait)
        body, headers = _encoded(request_data)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=limits
            ) as response:
                return _as_told(response.status, await response.read())
        except TimeoutError as error:
            raise TimedOut from error
        except aiohttp.ClientConnectorError as error:
            raise NetworkError(str(error)) from error
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from error


def _encoded(data: RequestData | None) -> tuple[Any, dict[str, str] | None]:
    if data is None:
        return None, None
    if not data.contains_files:
        return urlencode(data.json_parameters).encode(), FORM
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in (data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form, None


def _as_told(status: int, body: bytes) -> tuple[int, bytes]:
    """Some servers refuse with status 200 and say in the body what is wrong."""
    if status == 200 and b'"ok":false' in body[:64].replace(b" ", b""):
        told = json.loads(body)
        return cast("int", told.get("error_code", 400)), body
    return status, body


def answering(message_id: int) -> dict[str, Any]:
    """The parameters with which a message answers another one, where that one is still there."""
    return {"reply_parameters": {"message_id": message_id, "allow_sending_without_reply": True}}


@cache
def _camel(method: str) -> str:
    first, *others = method.split("_")
    return first + "".join(one.capitalize() for one in others)
