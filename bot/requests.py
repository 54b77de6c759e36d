"""How HTTP requests leave: by aiohttp, on connections that are kept."""

from collections.abc import Mapping

import aiohttp


def open_session(
    headers: Mapping[str, str] | None = None, *, proxied: bool = False
) -> aiohttp.ClientSession:
    """A session that does nothing which nobody here needs: no cookies, nothing compressed.

    Args:
        headers: of every request.
        proxied: by the proxy that the environment names, where it names one.
    """
    return aiohttp.ClientSession(
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding"),
        trust_env=proxied,
    )
