"""The page in a real browser."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.sandbox.server import create_app
from tests.sandbox.driver import ANNA, EERO, GROUP, TOKEN, Sandbox, running

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests here."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no Chromium here")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def opened(
    browser: Browser, width: int = 1280, height: int = 800
) -> AsyncIterator[tuple[Page, Sandbox]]:
    """The page of a fresh sandbox; whatever the browser complains of fails the test."""
    app = create_app(TOKEN)
    complaints: list[str] = []
    async with (
        running(app) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        page = await browser.new_page(
            viewport={"width": width, "height": height}, locale="fi-FI", reduced_motion="reduce"
        )
        page.on("console", lambda line: complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(address)
        await expect(page.locator("#group-title")).to_have_text("Seuran moderaattorit")
        yield page, Sandbox(app, client)
        await page.close()
    assert complaints == []


async def test_a_resident_writes_taps_and_sends_a_place_on_the_phone(browser: Browser) -> None:
    async with opened(browser) as (page, sandbox):
        phone = page.locator("#phone-pane")
        await phone.get_by_role("button", name="Aloita").click()
        [update] = await sandbox.updates(timeout=10)
        assert (update["message"]["text"], update["message"]["from"]["id"]) == ("/start", ANNA)

        await sandbox.result("sendChatAction", chat_id=ANNA, action="typing")
        await expect(phone.locator(".status")).to_have_text("kirjoittaa…")
        button = {"text": "Kyllä kiitos", "callback_data": "/affirm"}
        asked = await sandbox.result(
            "sendMessage",
            chat_id=ANNA,
            text="<b>Sopiiko</b>, että kysyn?",
            parse_mode="HTML",
            reply_markup={"inline_keyboard": [[button]]},
        )
        await expect(phone.locator("strong", has_text="Sopiiko")).to_be_visible()
        await expect(phone.locator(".status")).to_have_text("botti")

        await phone.get_by_role("button", name="Kyllä kiitos").click()
        [tap] = (await sandbox.updates(offset=update["update_id"] + 1, timeout=10))[-1:]
        assert tap["callback_query"]["data"] == "/affirm"
        await sandbox.result(
            "answerCallbackQuery", callback_query_id=tap["callback_query"]["id"], text="Hyvä"
        )
        await expect(phone.locator(".toast")).to_have_text("Hyvä")
        await sandbox.result(
            "editMessageText", chat_id=ANNA, message_id=asked["message_id"], text="Kysyn siis."
        )
        await expect(phone.locator(".foot", has_text="muokattu")).to_be_visible()

        where = {"keyboard": [[{"text": "Lähetä sijainti", "request_location": True}]]}
        await sandbox.result("sendMessage", chat_id=ANNA, text="Missä?", reply_markup=where)
        await phone.get_by_role("button", name="Lähetä sijainti").click()
        await page.get_by_role("button", name="Äänekoski").click()
        await expect(phone.get_by_role("link", name="Näytä kartalla")).to_be_visible()
        sent = (await sandbox.messages(ANNA))[-1]
        assert sent["location"] == {"latitude": 62.6045, "longitude": 25.7275}


async def test_moderators_write_in_topics_under_their_own_names(browser: Browser) -> None:
    async with opened(browser) as (page, sandbox):
        topic = await sandbox.topic("Kuusi")
        topics = page.locator("#topics")
        await topics.get_by_role("button", name="Kuusi").click()
        group = page.locator("#group-pane")
        await group.get_by_text("Eero").click()
        await group.get_by_role("textbox").fill("Otan tämän")
        await group.get_by_role("textbox").press("Enter")
        await expect(group.locator(".own", has_text="Otan tämän")).to_be_visible()
        written = (await sandbox.messages(GROUP))[-1]
        assert (written["from"]["id"], written["message_thread_id"]) == (EERO, topic)

        await sandbox.result("sendMessage", chat_id=GROUP, text="Kaikille")
        general = topics.get_by_role("button", name="Yleinen")
        await expect(general.locator(".dot")).to_be_visible()
        await general.click()
        await expect(group.locator(".other", has_text="Kaikille")).to_be_visible()
        await expect(general.locator(".dot")).to_have_count(0)

        await sandbox.result("closeForumTopic", chat_id=GROUP, message_thread_id=topic)
        await topics.get_by_role("button", name="Kuusi").click()
        await group.get_by_role("button", name="Avaa aihe uudelleen").click()
        await expect(group.get_by_role("textbox")).to_be_visible()


async def test_what_people_write_never_becomes_markup_and_a_bad_link_no_link(
    browser: Browser,
) -> None:
    async with opened(browser) as (page, sandbox):
        await sandbox.write(ANNA, "<img src=x onerror=alert(1)><b>&amp;")
        entity = {"type": "text_link", "offset": 0, "length": 5, "url": "javascript:alert(1)"}
        await sandbox.result("sendMessage", chat_id=ANNA, text="paina tästä", entities=[entity])
        log = page.locator("#phone-pane .log")
        await expect(log.get_by_text("<img src=x onerror=alert(1)><b>&amp;")).to_be_visible()
        await expect(log.get_by_text("paina tästä")).to_be_visible()
        assert await log.locator("img, b, a").count() == 0


async def test_a_narrow_screen_shows_one_half_at_a_time_and_works_by_keyboard(
    browser: Browser,
) -> None:
    async with opened(browser, 360, 740) as (page, sandbox):
        await sandbox.write(ANNA, "hei " * 200)
        await sandbox.topic("a" * 128)
        await expect(page.locator("#phone-pane .own")).to_be_visible()
        await expect(page.locator("#group")).to_be_hidden()
        await page.locator("#tab-phone").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.locator("#group")).to_be_visible()
        await expect(page.locator("#phone")).to_be_hidden()
        await expect(page.locator("#tab-group")).to_be_focused()
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        await page.get_by_role("button", name="English").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await expect(page.locator("#tab-group")).to_contain_text("Moderators")
