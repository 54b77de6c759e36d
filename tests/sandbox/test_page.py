"""The page as it is served; test_browser.py uses it."""

import json
import re
from pathlib import Path

import httpx

from bot.sandbox import server
from bot.sandbox.server import create_app
from tests.sandbox.driver import TOKEN, Sandbox

PAGE = Path(server.__file__).with_name("page")


async def test_the_page_loads_nothing_from_elsewhere(sandbox: Sandbox) -> None:
    page = await sandbox.client.get("/")
    assert page.headers["content-security-policy"] == "default-src 'self'"
    addresses = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert len(addresses) >= 4
    for address in addresses:
        assert (await sandbox.client.get(address)).status_code == 200


def test_no_script_or_style_stands_in_the_markup_and_no_markup_is_made_of_text() -> None:
    markup = (PAGE / "index.html").read_text(encoding="utf-8")
    assert not re.search(r'\son\w+="|<style|\sstyle="|<script(?![^>]*src=)', markup)
    for script in PAGE.glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


def test_every_word_is_there_in_both_languages() -> None:
    words = json.loads((PAGE / "words.json").read_text(encoding="utf-8"))
    assert words["fi"].keys() == words["en"].keys()
    for key, finnish in words["fi"].items():
        placeholders = re.findall(r"\{\w+\}", finnish)
        assert sorted(placeholders) == sorted(re.findall(r"\{\w+\}", words["en"][key]))


def test_every_word_that_the_page_asks_for_is_there_and_none_is_left_over() -> None:
    words = json.loads((PAGE / "words.json").read_text(encoding="utf-8"))["fi"]
    scripts = "".join(one.read_text(encoding="utf-8") for one in PAGE.glob("*.js"))
    markup = (PAGE / "index.html").read_text(encoding="utf-8")
    asked = set(re.findall(r'\bword\(\s*"(\w+)"', scripts))
    asked |= set(re.findall(r'data-(?:word|label|placeholder)="(\w+)"', markup))
    assert asked <= words.keys()
    assert all(key in asked or f'"{key}"' in scripts or f"{key}:" in scripts for key in words)


async def test_the_page_leads_to_the_console_where_there_is_one() -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(TOKEN, console="http://127.0.0.1:1/console")),
        base_url="http://sandbox",
    ) as client:
        assert (await client.get("/console")).headers["location"] == "http://127.0.0.1:1/console"
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(TOKEN)), base_url="http://sandbox"
    ) as client:
        assert (await client.get("/console")).status_code == 404
