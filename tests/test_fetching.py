import json
from pathlib import Path

import httpx
import pytest

from bot import fetching
from bot.errors import ImportFailed
from bot.fetching import fetch


def served(pages: dict[str, object], status: int = 200) -> httpx.AsyncClient:
    """A client for which the network has just these pages, by path and query."""

    def answer(request: httpx.Request) -> httpx.Response:
        content = pages[request.url.raw_path.decode()]
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return httpx.Response(status, content=raw)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def test_a_list_of_events_is_followed_to_its_last_page() -> None:
    pages = {
        "/v1/event/": {"meta": {"next": "https://api.example.org/v1/event/?page=2"}, "data": [1]},
        "/v1/event/?page=2": {"meta": {"next": None}, "data": [2]},
    }
    async with served(pages) as client:
        found = await fetch("https://api.example.org/v1/event/", "linked-events", client)
    assert [json.loads(page)["data"] for page in found] == [[1], [2]]


async def test_services_are_followed_by_their_page_numbers() -> None:
    pages = {
        f"/list{query}": {"pageNumber": number, "pageCount": 2, "itemList": [number]}
        for number, query in ((1, ""), (2, "?page=2"))
    }
    async with served(pages) as client:
        found = await fetch("https://api.example.org/list", "ptv", client)
    assert [json.loads(page)["itemList"] for page in found] == [[1], [2]]


async def test_a_source_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MOST_PAGES", 3)
    async with served({"/e": {"meta": {"next": "https://x.org/e"}, "data": []}}) as client:
        with pytest.raises(ImportFailed, match="goes on"):
            await fetch("https://x.org/e", "linked-events", client)


async def test_too_much_and_faults_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served({"/e": b"gone"}, status=404) as client:
        with pytest.raises(ImportFailed, match="404"):
            await fetch("https://x.org/e", "ical", client)
    with pytest.raises(ImportFailed, match="can't be read"):
        await fetch(str(tmp_path / "none.csv"), "table")
    monkeypatch.setattr(fetching, "MOST_BYTES", 3)
    (tmp_path / "big.csv").write_bytes(b"1234")
    with pytest.raises(ImportFailed, match="larger"):
        await fetch(str(tmp_path / "big.csv"), "table")
