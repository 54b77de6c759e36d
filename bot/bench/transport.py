"""How HTTP requests leave: httpx's interface over aiohttp, which takes half the time a request."""

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport


class Transport(AiohttpTransport):
    """Keeps its connections, and tells a request that never left from one that was cut off."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends it.

        Raises:
            httpx.ConnectError: there was no connection, so nothing has been sent.
            httpx.TransportError: anything else; the request may have arrived.
        """
        try:
            return await super().handle_async_request(request)
        except httpx.ConnectTimeout as error:
            # This is what the library makes of every lost connection.
            if isinstance(error.__cause__, aiohttp.ClientConnectorError):
                raise httpx.ConnectError(str(error)) from error.__cause__
            raise httpx.ReadError(str(error)) from error.__cause__
