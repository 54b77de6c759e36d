"""A browser for the console of the running stack."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.end_to_end.stack import WAIT_SECONDS, Stack

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AXE = Path(__file__).parent.parent / "console" / "axe" / "axe.min.js"
AINO, EERO, STAFF, ADMIN = 9001, 9002, 9003, 9004
PHONE = {"width": 390, "height": 844}

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of a module; its threads end with it."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no Chromium here")
    expect.set_options(timeout=WAIT_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, stack: Stack) -> Iterator[Open]:
    """Opens the console in a browser of its own: `opened(STAFF)`; `opened()` is not signed in."""
    complaints: list[str] = []
    contexts = []
    console = stack.sandbox.get("/console").headers["location"].partition("/demo")[0]

    def open_one(who: int | None = None, **options: Any) -> Page:
        settings = {"viewport": {"width": 1280, "height": 860}, "locale": "fi-FI", **options}
        context = chromium.new_context(reduced_motion="reduce", **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{console}/demo?as={who}" if who else f"{console}/signed-out")
        return page

    yield open_one
    for context in contexts:
        context.close()
    # A refusal is an answer like any other for us; the browser writes a line about each.
    assert [one for one in complaints if "responded with a status of" not in one] == []


def visit(page: Page, inside: str) -> None:
    """Goes to a page of the console."""
    page.goto(page.url.partition("/console")[0] + "/console" + inside)


def scan(page: Page) -> list[str]:
    """What axe-core finds of serious and critical faults."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', "
        "'wcag21aa', 'best-practice']})).violations"
    )
    return [
        f"{one['id']} at {node['target']} ({node['failureSummary']})"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def photograph(page: Page, name: str) -> None:
    """Keeps a picture in the folder of SEURA_SCREENSHOTS, where one is set."""
    if folder := os.environ.get("SEURA_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")
