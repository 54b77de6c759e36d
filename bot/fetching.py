"""Getting a source of activities: a file, or pages over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from bot.errors import ImportFailed

# Nothing that we know of is larger; what is may fill the memory.
MOST_PAGES = 500
MOST_BYTES = 100_000_000
TIMEOUT = httpx.Timeout(30, read=60)
HEADERS = {"User-Agent": "Seura/1 (activities)", "Accept": "*/*"}


async def fetch(address: str, kind: str, client: httpx.AsyncClient | None = None) -> list[bytes]:
    """The pages of a source, the first one first.

    Args:
        address: an http(s) address, or the path of a file.
        kind: as in `READERS`: it tells how pages follow one another.
        client: the way to the network.

    Raises:
        ImportFailed: it can't be had, or it is too much.
    """
    if not address.startswith(("http://", "https://")):
        return [await asyncio.to_thread(_read, Path(address))]
    own = client or httpx.AsyncClient(timeout=TIMEOUT, headers=HEADERS, follow_redirects=True)
    try:
        return [page async for page in _pages(own, address, kind)]
    finally:
        if client is None:
            await own.aclose()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ImportFailed(f"{path} is larger than {MOST_BYTES // 1_000_000} MB.")
        return path.read_bytes()
    except OSError as error:
        raise ImportFailed(f"{path} can't be read: {error.strerror}.") from error


async def _pages(client: httpx.AsyncClient, address: str, kind: str) -> AsyncIterator[bytes]:
    following: str | None = address
    size = 0
    for _ in range(MOST_PAGES):
        if following is None:
            return
        page = await _get(client, following)
        size += len(page)
        if size > MOST_BYTES:
            raise ImportFailed(f"{address} gives more than {MOST_BYTES // 1_000_000} MB.")
        yield page
        following = _next(page, following, kind)
    raise ImportFailed(f"{address} goes on after {MOST_PAGES} pages.")


async def _get(client: httpx.AsyncClient, address: str) -> bytes:
    try:
        response = await client.get(address)
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        raise ImportFailed(f"{address} answers {error.response.status_code}.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ImportFailed(f"{address} can't be reached: {type(error).__name__}.") from error
    return response.content


def _next(page: bytes, address: str, kind: str) -> str | None:
    """The address of the page after this one; none for the last."""
    if kind not in {"linked-events", "ptv"}:
        return None
    try:
        content: Any = json.loads(page)
    except ValueError:
        return None  # its reader says so
    if not isinstance(content, dict):
        return None
    if kind == "linked-events":
        told = (content.get("meta") or {}).get("next")
        return urljoin(address, told) if told else None
    number, count = content.get("pageNumber"), content.get("pageCount")
    if isinstance(number, int) and isinstance(count, int) and number < count:
        return str(httpx.URL(address).copy_set_param("page", str(number + 1)))
    return None
