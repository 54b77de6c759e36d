"""The studio in a real browser, against the whole of Seura: from a changed sentence to a talk."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.browsing import (
    ADMIN,
    PHONE,
    STAFF,
    Open,
    photograph,
    scan,
    visit,
)
from tests.end_to_end.people import Person
from tests.end_to_end.walk import QUESTIONS, go_on, walk_to

pytestmark = [pytest.mark.end_to_end, pytest.mark.browser]

NEW = "Ole hyvä, mukava jutella."
OLD = "Ole hyvä."
# A training on a machine that others use as well.
LONG = 600_000


def field_of(page: Page, response: str) -> str:
    """The Finnish text of a response in the editor."""
    return page.locator(f"#{response} [lang=fi] textarea").first.input_value()


def write(page: Page, response: str, text: str) -> None:
    """Writes a Finnish sentence and saves it to the draft."""
    visit(page, "/stories?file=stories/wording/hello.yml")
    answer = page.locator(f"#{response}")
    answer.locator("[lang=fi] textarea").first.fill(text)
    answer.get_by_role("button", name="Tallenna luonnokseen").click()
    expect(page.locator("#saved")).to_have_text("Tallennettu luonnokseen.", timeout=60_000)


def wait_until_live(page: Page) -> None:
    """Waits until what is being published is live."""
    live = page.locator("#progress .note", has_text="on käytössä")
    failed = page.locator("#progress [role=alert]")
    expect(live.or_(failed).first).to_be_visible(timeout=LONG)
    expect(live).to_be_visible(timeout=1_000)


PAGES = (
    "/stories", "/stories?file=stories/walk.yml", "/stories/examples", "/stories/map",
    "/stories/try", "/stories/publish",
)  # fmt: skip


@pytest.mark.parametrize(
    "look", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["light", "dark", "phone"]
)
def test_axe_finds_nothing_serious_in_the_studio(
    opened: Open,
    look: dict[str, Any],
) -> None:
    page = opened(STAFF, **look)
    write(page, "utter_welcome", "Ole hyvä!")  # so that there is something to publish
    found = {}
    for inside in PAGES:
        visit(page, inside)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found[inside] = scan(page) + (["wider than the screen"] if wider > 0 else [])
    page.get_by_role("button", name="Hylkää luonnos").click()
    assert {inside: faults for inside, faults in found.items() if faults} == {}


def test_s6_a_sentence_is_changed_published_heard_and_taken_back(
    opened: Open,
    anna: Person,
) -> None:
    walk_to(anna, "permission")
    sirpa, veikko = opened(STAFF), opened(ADMIN)
    write(veikko, "utter_goodbye", "Moikka. Voit kirjoittaa minulle milloin vain.")
    write(sirpa, "utter_welcome", NEW)
    photograph(sirpa, "studio-edit")

    visit(sirpa, "/stories/publish")
    own = sirpa.locator("section", has=sirpa.get_by_role("heading", name="Luonnoksesi"))
    change = own.locator(".changes li")
    expect(change.locator("del")).to_have_text(OLD)
    expect(change.locator("ins")).to_have_text(NEW)
    sirpa.get_by_label("Mitä muutit ja miksi").fill("Lämpimämpi vastaus kiitokseen")
    sirpa.get_by_role("button", name="Julkaise").click()
    began = time.monotonic()
    wait_until_live(sirpa)
    print(f"from publish to live: {time.monotonic() - began:.0f} s")  # noqa: T201
    photograph(sirpa, "studio-published")

    # Somebody in the middle of the questions goes on where they were.
    go_on(anna, "permission")
    anna.says("kiitos")
    assert anna.hears_a_human() == NEW
    anna.hears(QUESTIONS["individual"])

    # Another editor's draft takes in what was published, and keeps its own.
    visit(veikko, "/stories?file=stories/wording/hello.yml")
    veikko.get_by_role("button", name="Ota se mukaan").click()
    expect(veikko.get_by_role("button", name="Ota se mukaan")).to_have_count(0)
    visit(veikko, "/stories?file=stories/wording/hello.yml")
    assert field_of(veikko, "utter_welcome") == NEW
    assert field_of(veikko, "utter_goodbye").startswith("Moikka.")

    # And back, with one click.
    visit(sirpa, "/stories/publish")
    sirpa.get_by_role("button", name="Palauta versio: As in the project").first.click()
    wait_until_live(sirpa)
    expect(sirpa.locator("tbody tr").first).to_contain_text("Palautettu: As in the project")
    anna.says("kiitos")
    assert anna.hears_a_human() == OLD
    anna.hears(QUESTIONS["individual"])


def test_a_broken_story_is_told_by_line_and_mend_while_it_is_written(opened: Open) -> None:
    page = opened(STAFF)
    visit(page, "/stories?file=stories/walk.yml")
    editor = page.locator(".CodeMirror")
    expect(editor).to_be_visible()
    page.evaluate(
        """() => {
            const editor = document.querySelector(".CodeMirror").CodeMirror;
            editor.setValue(editor.getValue() + `
- rule: Kiitos toisin
  steps:
  - intent: thank
  - action: utter_ok
- rule: Lopuksi
  steps:
  - intent: geet
  - action: utter_ok
`);
        }"""
    )
    problems = page.locator("#problems li")
    unknown = problems.filter(has_text="Aihetta geet ei ole tiedostossa domain.yml.")
    expect(unknown).to_contain_text("stories/walk.yml:", timeout=60_000)
    expect(unknown).to_contain_text("Käytä jotakin siellä olevaa")
    contradiction = problems.filter(has_text="Ristiriita")
    expect(contradiction).to_contain_text("utter_ok")
    expect(contradiction).to_contain_text("utter_welcome")
    expect(contradiction).to_contain_text("stories/interruptions.yml:")
    page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setCursor(66, 0)")
    expect(page.locator(".CodeMirror-lint-marker-error").first).to_be_visible()
    page.evaluate("window.onbeforeunload = null")
    photograph(page, "studio-problems")

    # Nothing of it was saved, and it can't be published as it is.
    page.get_by_role("button", name="Tallenna luonnokseen").click()
    expect(page.locator("#saved")).to_have_text("Tallennettu luonnokseen.", timeout=60_000)
    visit(page, "/stories/publish")
    expect(page.get_by_text("Korjaa ensin nämä")).to_be_visible()
    expect(page.get_by_role("button", name="Julkaise")).to_have_count(0)
    page.get_by_role("button", name="Hylkää luonnos").click()
    visit(page, "/stories/publish")
    expect(page.get_by_text("Luonnoksessasi ei ole muutoksia.")).to_be_visible()


def test_a_save_in_another_window_is_not_written_over(opened: Open) -> None:
    first = opened(STAFF)
    visit(first, "/stories?file=stories/wording/hello.yml")
    second = first.context.new_page()
    second.goto(first.url)
    answer = first.locator("#utter_ok")
    answer.locator("[lang=fi] textarea").fill("Selvä homma.")
    answer.get_by_role("button", name="Tallenna luonnokseen").click()
    expect(first.locator("#saved")).to_have_text("Tallennettu luonnokseen.", timeout=60_000)
    answer = second.locator("#utter_ok")
    answer.locator("[lang=fi] textarea").fill("Juu.")
    answer.get_by_role("button", name="Tallenna luonnokseen").click()
    expect(second.locator("#saved")).to_contain_text("toisessa ikkunassa", timeout=60_000)
    second.close(run_before_unload=False)
    first.reload()
    assert field_of(first, "utter_ok") == "Selvä homma."
    visit(first, "/stories/publish")
    first.get_by_role("button", name="Hylkää luonnos").click()


def test_the_map_leads_to_what_it_shows_and_lights_a_path(opened: Open) -> None:
    page = opened(STAFF)
    visit(page, "/stories/map")
    page.get_by_label("Keskustelun reitti").select_option("Stopping, and coming back by a button")
    page.get_by_role("button", name="Näytä").click()
    expect(page.locator(".map g.lit").first).to_be_visible()
    photograph(page, "studio-map")
    page.locator(".map .says", has_text="utter_stopped").first.click()
    expect(page.locator("#file-name")).to_have_text("stories/activities.yml")


def test_the_examples_refuse_a_sentence_that_another_intent_has(opened: Open) -> None:
    page = opened(STAFF)
    visit(page, "/stories/examples?intent=thank")
    page.get_by_label("Uusi esimerkki").fill("Moikka!")
    page.get_by_role("button", name="Lisää").click()
    expect(page.get_by_role("alert")).to_contain_text("Sama lause on jo aiheessa")
    page.get_by_label("Uusi esimerkki").fill("kiitos kovasti juttelusta hei")
    page.get_by_role("button", name="Lisää").click()
    expect(page.locator(".example", has_text="kiitos kovasti juttelusta hei")).to_be_visible()
    visit(page, "/stories/publish")
    added = page.locator(".changes ins", has_text="kiitos kovasti juttelusta hei")
    expect(added).to_be_visible()
    page.get_by_role("button", name="Hylkää luonnos").click()


def test_what_was_not_understood_becomes_an_example_where_the_resident_allows_it(
    opened: Open,
    anna: Person,
) -> None:
    anna.says("/opeta")
    anna.hears("utter_ask_teaching")
    anna.taps("!teach:yes")
    anna.hears("utter_teaching_begun")
    anna.says("tuuli käänsi Pekan veneen")
    anna.hears("utter_repair_first")
    page = opened(STAFF)
    visit(page, "/stories/examples")
    sentence = page.locator(".waiting li")
    field = sentence.get_by_role("textbox")
    expect(field).to_have_value("… käänsi … veneen")
    photograph(page, "studio-not-understood")
    sentence.get_by_role("combobox").select_option("greet")
    sentence.get_by_role("button", name="Lisää esimerkiksi").click()
    expect(page.get_by_role("alert")).to_contain_text("Kirjoita merkin … tilalle")
    field.fill("aalto käänsi pienen veneen")
    sentence.get_by_role("combobox").select_option("greet")
    sentence.get_by_role("button", name="Lisää esimerkiksi").click()
    expect(page.locator(".example", has_text="aalto käänsi pienen veneen")).to_be_visible()
    expect(page.locator(".waiting")).to_have_count(0)
    visit(page, "/stories/publish")
    expect(page.locator(".changes ins", has_text="aalto käänsi pienen veneen")).to_be_visible()
    page.get_by_role("button", name="Hylkää luonnos").click()


def test_s3_the_draft_can_be_talked_to_and_the_talk_saved_as_a_test(opened: Open) -> None:
    page = opened(STAFF)
    visit(page, "/stories/try")
    page.get_by_role("button", name="Aloita kokeilu").click()
    message = page.get_by_label("Kirjoita viesti")
    expect(message).to_be_visible(timeout=LONG)
    message.fill("oletko sä botti")
    message.press("Enter")
    turn = page.locator(".turn").first
    expect(turn).to_contain_text("ask_bot_identity", timeout=60_000)
    expect(turn).to_contain_text("Olen botti")
    turn.locator("summary").click()
    expect(turn.get_by_role("link", name="Oletko botti?")).to_be_visible()
    photograph(page, "studio-try")
    page.get_by_label("Keskustelun nimi").fill("Botilta kysytään, onko se botti")
    page.get_by_role("button", name="Tallenna testiksi").click()
    expect(page.locator("#file-name")).to_have_text("tests/conversations/test_saved.yml")
    visit(page, "/stories/publish")
    page.get_by_role("button", name="Hylkää luonnos").click()
