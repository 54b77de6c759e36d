"""The map with tiles, in a real browser; console and tile server answer without a socket."""

import base64
import shutil
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Route, async_playwright, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.console.app import create_console
from bot.console.house import PREFIX, House
from bot.people.permissions import Role
from bot.store.engine import Store
from tests.activities.making import activity
from tests.console.browser import Browser
from tests.console.conftest import SignIn

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
# Chromium trusts a site without encryption on the own machine alone.
CONSOLE, TILES = "http://127.0.0.1:8122", "http://127.0.0.1:8123"


@pytest.mark.browser
async def test_tiles_are_shown_and_a_marker_leads_to_its_activity(
    house: House, store: Store, signed_in: SignIn
) -> None:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no Chromium here")
    async with store.begin() as session:
        session.add_all([activity("Shakki"), activity("Kuoro", latitude=62.24, longitude=25.72)])
    house.tiles = TILES + "/{z}/{x}/{y}.png"
    console = Browser(Starlette(routes=[Mount(PREFIX, create_console(house))]), "Firefox")
    console.http.cookies = (await signed_in(Role.STAFF)).http.cookies
    complaints: list[str] = []
    elsewhere: set[str] = set()

    async def answer(route: Route) -> None:
        # A request that the page's policy forbids never comes here.
        parts = urlsplit(route.request.url)
        if not route.request.url.startswith(CONSOLE):
            elsewhere.add(f"{parts.scheme}://{parts.netloc}")
            await route.fulfill(body=PIXEL, content_type="image/png")
        elif route.request.resource_type == "eventsource":
            await route.fulfill(status=204)  # a stream would never end
        else:
            found = await console.http.get(f"{parts.path}?{parts.query}")
            await route.fulfill(
                status=found.status_code, headers=dict(found.headers), body=found.content
            )

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        page.on("console", lambda line: complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.route("**/*", answer)
        await page.goto(f"{CONSOLE}{PREFIX}/activities")
        markers = page.locator("path.leaflet-interactive")
        await expect(markers).to_have_count(2)
        await expect(page.locator("img.leaflet-tile-loaded").first).to_be_visible()
        await expect(page.locator(".leaflet-zoom-anim")).to_have_count(0)
        await markers.first.click()
        await expect(page.locator(".leaflet-popup-content a")).to_have_attribute(
            "href", f"{PREFIX}/activities/1"
        )
        await browser.close()
    await console.http.aclose()
    assert elsewhere == {TILES}
    assert complaints == []
