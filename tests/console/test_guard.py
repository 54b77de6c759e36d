"""Every page stands behind the guard: permission, token, headers."""

import pytest

from bot.console.app import PAGES
from bot.console.house import PREFIX
from bot.console.visit import Page
from bot.people import audit
from bot.people.audit import Wanted
from bot.people.permissions import Permission, Role, allows
from bot.store.engine import Store
from tests.console.browser import SITE, Browser
from tests.console.conftest import SignIn


def inside(page: Page) -> str:
    """Its path, with a number where one belongs."""
    return "/".join("1" if part.startswith("{") else part for part in page.inside.split("/"))


async def ask(browser: Browser, page: Page) -> int:
    answer = await (
        browser.get(inside(page)) if page.method == "GET" else browser.post(inside(page))
    )
    return answer.status_code


@pytest.mark.parametrize("role", Role)
async def test_every_page_refuses_roles_without_its_permission_and_notes_it(
    signed_in: SignIn, role: Role, store: Store
) -> None:
    browser = await signed_in(role)
    guarded = [page for page in PAGES if page.permission and not allows(role, page.permission)]
    for page in guarded:
        assert await ask(browser, page) == 403, page
    async with store.begin() as session:
        noted = await audit.look(session, Wanted(act="refused"), limit=1000)
    assert [entry.about for entry in reversed(noted)] == [page.permission for page in guarded]


def test_every_permission_guards_a_page_of_ours() -> None:
    guarding = {page.permission for page in PAGES} - {None}
    # Those of the stories guard pages that are not here yet.
    assert set(Permission) - guarding <= {Permission.EDIT_STORIES, Permission.PUBLISH_STORIES}


async def test_every_form_is_refused_without_its_token(signed_in: SignIn, store: Store) -> None:
    browser = await signed_in(Role.ADMIN)
    forms = [page for page in PAGES if page.method != "GET"]
    for page in forms:
        path = PREFIX + inside(page)
        forged = await browser.http.post(path, data={"csrf": "x"}, headers={"origin": SITE})
        assert forged.status_code == 403, page
    async with store.begin() as session:
        assert len(await audit.look(session, Wanted(act="forged"), limit=1000)) == len(forms)


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
async def test_a_form_from_elsewhere_is_refused_even_with_the_token(
    signed_in: SignIn, headers: dict[str, str]
) -> None:
    browser = await signed_in(Role.ADMIN)
    data = {"csrf": await browser.token(), "language": "en"}
    path = f"{PREFIX}/account/language"
    assert (await browser.http.post(path, data=data, headers=headers)).status_code == 403
    assert "Käyttäjät" in (await browser.get("/people")).text


async def test_the_token_of_one_session_is_not_anothers(signed_in: SignIn) -> None:
    one, two = await signed_in(Role.ADMIN), await signed_in(Role.ADMIN)
    data = {"csrf": await one.token()}
    path = f"{PREFIX}/account/sign-out"
    assert (await two.http.post(path, data=data, headers={"origin": SITE})).status_code == 403


async def test_every_answer_has_a_strict_policy_and_is_not_kept(signed_in: SignIn) -> None:
    browser = await signed_in(Role.ADMIN)
    for path in ("/people", "/no-such-page", "/signed-out"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


async def test_no_page_has_a_script_or_a_style_inside_it(signed_in: SignIn) -> None:
    browser = await signed_in(Role.ADMIN)
    for page in PAGES:
        if page.method == "GET" and not page.inside.endswith("/events"):
            text = (await browser.get(inside(page))).text
            assert "<script>" not in text, page
            assert "style=" not in text, page
            assert "<style" not in text, page
            assert " onclick=" not in text, page


async def test_what_is_not_there_is_said_in_the_page(signed_in: SignIn) -> None:
    browser = await signed_in(Role.ADMIN)
    for path in ("/no-such-page", "/people/1/role"):
        found = await browser.get(path)
        assert found.status_code == 404
        assert "ei ole" in found.text


@pytest.mark.parametrize("language", ["fi", "en"])
async def test_every_page_can_be_read_in_both_languages(signed_in: SignIn, language: str) -> None:
    browser = await signed_in(Role.ADMIN, language=language)
    for page in PAGES:
        if page.method == "GET" and not page.inside.endswith(("/events", ".csv", ".json")):
            answer = await browser.get(inside(page), follow_redirects=True)
            assert answer.status_code in (200, 404), page
            if answer.text.startswith("<!doctype html>"):  # else it is a part of a page
                assert f'<html lang="{language}">' in answer.text, page
