"""Ways in, and ways that are closed."""

from collections.abc import Callable

import httpx
import pytest

from bot.console.house import PREFIX
from bot.console.security import BROWSER_COOKIE, SESSION_COOKIE
from bot.people import audit, registry, sign_in
from bot.people.audit import Wanted
from bot.people.permissions import Role
from bot.store.engine import Store
from tests.console.browser import SITE, Browser
from tests.console.conftest import SignIn

Open = Callable[..., Browser]


@pytest.fixture
async def secret(store: Store) -> str:
    """A fresh link's."""
    async with store.begin() as session:
        person = await registry.add(session, 9001, "Aino", Role.ADMIN, "fi")
        return await sign_in.make_link(session, person)


async def acts(store: Store) -> list[str]:
    async with store.begin() as session:
        return [entry.act for entry in await audit.look(session, Wanted())]


async def test_without_a_session_one_is_told_how_to_sign_in(browser: Open) -> None:
    for inside in ("/", "/people", "/audit", "/account"):
        asked = await browser().get(inside)
        assert asked.status_code == 401
        assert "/konsoli" in asked.text


async def test_a_link_signs_in_with_a_click(browser: Open, secret: str, store: Store) -> None:
    somebody = browser()
    opened = await somebody.get(f"/link/{secret}")
    assert "Hei, Aino" in opened.text
    assert (await somebody.get("/account")).status_code == 401
    assert (await somebody.follow(secret)).status_code == 303
    assert "Aino" in (await somebody.get("/account")).text
    assert await acts(store) == ["sign_in"]


async def test_a_program_that_only_looks_at_a_link_does_not_use_it_up(
    browser: Open, secret: str
) -> None:
    looked = await browser("preview").http.head(f"{PREFIX}/link/{secret}")
    assert looked.status_code == 200
    assert (await browser().follow(secret)).status_code == 303


async def test_a_link_opened_twice_is_refused_and_noted(
    browser: Open, secret: str, store: Store
) -> None:
    await browser().follow(secret)
    again = await browser("another").follow(secret)
    assert again.status_code == 403
    assert "Linkki ei toimi" in again.text
    assert await acts(store) == ["link_refused", "sign_in"]


async def test_a_link_opened_elsewhere_first_is_refused(browser: Open, secret: str) -> None:
    await browser().get(f"/link/{secret}")
    other = browser("another")
    assert (await other.get(f"/link/{secret}")).status_code == 403
    used = await other.http.post(f"{PREFIX}/link/{secret}", headers={"origin": SITE})
    assert used.status_code == 403


async def test_another_site_can_not_press_the_button_of_a_link(browser: Open, secret: str) -> None:
    somebody = browser()
    await somebody.get(f"/link/{secret}")
    pressed = await somebody.http.post(
        f"{PREFIX}/link/{secret}", headers={"origin": "https://evil.example"}
    )
    assert pressed.status_code == 403


async def test_a_stolen_cookie_opens_nothing_in_another_browser(
    browser: Open, signed_in: SignIn
) -> None:
    owner = await signed_in(Role.ADMIN)
    thief = browser("Chrome")
    thief.http.cookies = httpx.Cookies(owner.http.cookies)
    assert (await thief.get("/people")).status_code == 401
    # The theft was noticed: nobody goes on with that session.
    assert (await owner.get("/people")).status_code == 401


async def test_a_stolen_session_without_the_browsers_own_secret_opens_nothing(
    browser: Open, signed_in: SignIn
) -> None:
    owner = await signed_in(Role.ADMIN)
    thief = browser()
    thief.http.cookies.set(SESSION_COOKIE, owner.http.cookies[SESSION_COOKIE], path=PREFIX)
    assert (await thief.get("/people")).status_code == 401


@pytest.mark.parametrize("name", [SESSION_COOKIE, BROWSER_COOKIE])
async def test_a_cookie_that_was_tampered_with_opens_nothing(signed_in: SignIn, name: str) -> None:
    somebody = await signed_in()
    value = somebody.http.cookies[name]
    somebody.http.cookies.clear()
    somebody.http.cookies.set(name, ("x" if value[0] != "x" else "y") + value[1:], path=PREFIX)
    assert (await somebody.get("/account")).status_code == 401


async def test_cookies_are_read_by_no_script_and_sent_by_no_other_site(
    browser: Open, secret: str
) -> None:
    somebody = browser()
    given = [
        *(await somebody.get(f"/link/{secret}")).headers.get_list("set-cookie"),
        *(await somebody.follow(secret)).headers.get_list("set-cookie"),
    ]
    assert {one.partition("=")[0] for one in given} == {SESSION_COOKIE, BROWSER_COOKIE}
    for cookie in given:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/console" in cookie


async def test_signing_out_everywhere_ends_the_sessions_of_all_browsers(signed_in: SignIn) -> None:
    one, two = await signed_in(), await signed_in()
    assert (await two.get("/account")).status_code == 200
    left = await one.post("/account/sign-out", {"everywhere": "yes"})
    assert left.headers["location"] == "/console/signed-out"
    for browser in (one, two):
        assert (await browser.get("/account")).status_code == 401


async def test_signing_out_here_leaves_the_others(signed_in: SignIn) -> None:
    one, two = await signed_in(), await signed_in()
    await one.post("/account/sign-out")
    assert (await one.get("/account")).status_code == 401
    assert (await two.get("/account")).status_code == 200


async def test_who_is_removed_is_out_at_the_next_click(signed_in: SignIn, store: Store) -> None:
    somebody = await signed_in(Role.STAFF, 5)
    async with store.begin() as session:
        await registry.remove(session, 5)
    assert (await somebody.get("/account")).status_code == 401


async def test_only_the_demo_lets_in_without_a_link(browser: Open, signed_in: SignIn) -> None:
    await signed_in(telegram_id=9001)
    assert (await browser().get("/demo?as=9001")).status_code == 404
