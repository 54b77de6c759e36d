"""The web console in real browsers, against the whole of Seura.

With SEURA_SCREENSHOTS set to a folder, the pages that the README shows are photographed into it.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.end_to_end.browsing import (
    ADMIN,
    AINO,
    EERO,
    PHONE,
    STAFF,
    Open,
    photograph,
    scan,
    visit,
)
from tests.end_to_end.conftest import NewTopic, Somebody
from tests.end_to_end.people import GROUP, Person
from tests.end_to_end.stack import Stack, until

pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]

LINK = re.compile(r"(http://\S+/console/link/\S+)")


@pytest.fixture
def waiting(anna: Person, new_topic: NewTopic) -> Person:
    """Somebody who has asked for a human, and waits."""
    anna.asks_for_a_human()
    new_topic()
    return anna


def test_a_moderator_signs_in_with_the_link_from_the_bot_and_it_works_once(
    stack: Stack, opened: Open, somebody: Somebody
) -> None:
    chat = f"/sandbox/chats/{EERO}/messages"
    last = max((one["message_id"] for one in stack.sandbox.get(chat).json()["messages"]), default=0)
    written = {"user_id": EERO, "text": "/konsoli"}
    assert stack.sandbox.post(chat, json=written).status_code == 200

    def link() -> str | None:
        said = stack.sandbox.get(chat, params={"after": last}).json()["messages"]
        found = [LINK.search(one.get("text", "")) for one in said if one["from"]["is_bot"]]
        return next((one[1] for one in found if one), None)

    until(link, "the bot sends a link")
    page, other = opened(), opened()
    page.goto(str(link()))
    expect(page.get_by_role("heading", name="Hei, Eero")).to_be_visible()
    other.goto(str(link()))
    expect(other.get_by_role("heading", name="Linkki ei toimi")).to_be_visible()
    page.get_by_role("button", name="Kirjaudu sisään").click()
    expect(page.get_by_role("heading", name="Jono")).to_be_visible()
    page.goto(str(link()))
    expect(page.get_by_role("heading", name="Linkki ei toimi")).to_be_visible()


def test_a_request_appears_by_itself_and_of_two_who_claim_it_one_has_it(
    opened: Open, waiting: Person
) -> None:
    alias = waiting.alias()
    aino, eero = opened(AINO), opened(EERO)
    for page in (aino, eero):
        expect(page.get_by_role("link", name=alias)).to_be_visible()
    photograph(aino, "console-queue")
    buttons = [page.get_by_role("button", name=f"Otan tämän: {alias}") for page in (aino, eero)]
    aino.bring_to_front()
    # Eero's page is held where it is, so that he presses what is gone by then.
    eero.route("**/queue?*", lambda route: route.fulfill(status=204))
    buttons[0].click()
    expect(aino.get_by_role("heading", name=alias)).to_be_visible()
    buttons[1].click()
    expect(eero.get_by_role("alert")).to_contain_text("Aino ehti ensin")
    waiting.hears("utter_handoff_joined")


def test_both_sides_of_a_talk_are_live_and_the_draft_outlives_a_reload(
    opened: Open, waiting: Person, stack: Stack
) -> None:
    alias = waiting.alias()
    aino, admin = opened(AINO), opened(ADMIN)
    aino.get_by_role("button", name=f"Otan tämän: {alias}").click()
    waiting.hears("utter_handoff_joined")
    visit(admin, aino.url.partition("/console")[2])
    # It begins with what stays inside.
    expect(aino.get_by_role("radio", name="Muistiinpano tiimille")).to_be_checked()
    aino.get_by_text("Viesti asukkaalle", exact=True).click()
    field = aino.get_by_role("textbox", name="Viesti asukkaalle")
    field.fill("Hei, täällä Aino konsolista")
    aino.reload()
    expect(field).to_have_value("Hei, täällä Aino konsolista")
    field.press("Control+Enter")
    assert waiting.hears_a_human() == "Hei, täällä Aino konsolista"
    for page in (aino, admin):
        entry = page.locator(".entry", has_text="Hei, täällä Aino konsolista")
        expect(entry).to_contain_text("perillä")
    expect(field).to_have_value("")

    waiting.says("hei, kiva kun vastasit <b>siellä</b>")
    for page in (aino, admin):
        entry = page.locator(".entry.theirs", has_text="kiva kun vastasit <b>siellä</b>")
        expect(entry).to_be_visible()
    field.type("Kirjoitan", delay=30)
    expect(admin.locator("#typing")).to_have_text("Aino kirjoittaa…")
    photograph(aino, "console-talk")

    aino.get_by_text("Muistiinpano tiimille", exact=True).click()
    aino.get_by_role("textbox", name="Muistiinpano tiimille").fill("Tämä jää meille")
    aino.get_by_role("button", name="Tallenna muistiinpano").click()
    expect(admin.locator(".entry.note", has_text="Tämä jää meille")).to_be_visible()
    aino.get_by_role("button", name="Päätä keskustelu").click()
    waiting.hears("utter_handoff_ended")
    expect(aino.get_by_role("heading", name="Keskustelun jälkeen")).to_be_visible()


def test_what_is_said_in_the_topic_is_seen_in_the_console(
    opened: Open, waiting: Person, stack: Stack
) -> None:
    aino = opened(AINO)
    aino.get_by_role("button", name=f"Otan tämän: {waiting.alias()}").click()
    waiting.hears("utter_handoff_joined")
    topics = stack.sandbox.get(f"/sandbox/chats/{GROUP}/topics").json()["topics"]
    topic = next(one for one in topics if waiting.alias() in one["name"])
    given = {"user_id": AINO, "text": "Moi ryhmästä", "message_thread_id": topic["id"]}
    assert stack.sandbox.post(f"/sandbox/chats/{GROUP}/messages", json=given).status_code == 200
    assert waiting.hears_a_human() == "Moi ryhmästä"
    expect(aino.locator(".entry.own", has_text="Moi ryhmästä")).to_be_visible()


def test_who_may_not_is_told_so_and_shown_no_way_there(opened: Open) -> None:
    page = opened(STAFF)
    menu = page.get_by_role("navigation", name="Valikko")
    expect(menu.get_by_role("link", name="Toiminta")).to_be_visible()
    expect(menu.get_by_role("link", name="Jono")).to_have_count(0)
    for inside in ("/queue", "/people", "/audit", "/numbers"):
        visit(page, inside)
        expect(page.get_by_role("heading", name="Tämä ei kuulu rooliisi")).to_be_visible()


PAGES = ("/queue", "/review", "/review/assessments", "/numbers", "/duty", "/volunteers",
         "/activities", "/activities/1", "/activities/duplicates", "/activities/unmet", "/people",
         "/audit", "/account")  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(opened: Open, waiting: Person, scheme: str) -> None:
    page = opened(ADMIN, color_scheme=scheme)
    found = {}
    talk = page.get_by_role("link", name=waiting.alias()).get_attribute("href")
    assert talk
    for inside in (*PAGES, talk.removeprefix("/console")):
        visit(page, inside)
        found[inside] = scan(page)
    assert {inside: faults for inside, faults in found.items() if faults} == {}


def test_on_a_phone_nothing_is_wider_than_the_screen_and_the_menu_folds(
    opened: Open, waiting: Person
) -> None:
    page = opened(ADMIN, viewport=PHONE)
    expect(page.get_by_role("navigation", name="Valikko")).to_be_hidden()
    photograph(page, "console-phone")
    talk = page.get_by_role("link", name=waiting.alias()).get_attribute("href")
    assert talk
    for inside in (*PAGES, talk.removeprefix("/console")):
        visit(page, inside)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, inside
        assert scan(page) == [], inside
    page.get_by_text("Valikko", exact=True).click()
    page.get_by_role("link", name="Luvut").click()
    expect(page.get_by_role("heading", name="Luvut")).to_be_visible()


def test_everything_is_reached_with_the_keyboard(opened: Open, waiting: Person) -> None:
    page = opened(AINO)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Siirry sisältöön")).to_be_focused()
    page.keyboard.press("Enter")
    claim = page.get_by_role("button", name=f"Otan tämän: {waiting.alias()}")
    for _ in range(60):
        page.keyboard.press("Tab")
        if claim.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=waiting.alias())).to_be_visible()
    page.get_by_role("radio", name="Muistiinpano tiimille").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("textbox", name="Viesti asukkaalle")).to_be_focused()


def test_staff_mend_an_activity_and_see_the_card_change(opened: Open) -> None:
    page = opened(STAFF)
    visit(page, "/activities")
    photograph(page, "console-activities")
    page.get_by_role("link", name="Saarijärvi 7").click()
    expect(page.get_by_text("7 toimintaa")).to_be_visible()
    visit(page, "/activities/1")
    page.get_by_label("Otsikko suomeksi").fill("Aivan uusi nimi")
    expect(page.locator("#card")).to_contain_text("Aivan uusi nimi")
    page.get_by_role("button", name="Tallenna").click()
    expect(page.get_by_role("heading", name="Aivan uusi nimi")).to_be_visible()
    expect(page.locator("#notes")).to_contain_text("Tallennettu")


def test_numbers_are_pictured(opened: Open) -> None:
    page = opened(ADMIN)
    visit(page, "/numbers")
    expect(page.get_by_role("img", name="Pyynnöt päivittäin")).to_be_visible()
    photograph(page, "console-numbers")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
