"""What staff do with activities: look, mend, preview, merge; and the map."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.activities import catalogue
from bot.activities.unmet import note_unmet
from bot.console.house import House
from bot.console.outline import outline_of
from bot.console.security import site_of
from bot.people.permissions import Role
from bot.store.engine import Store
from bot.store.tables import Activity, now
from tests.console.browser import Browser
from tests.console.conftest import SignIn

FORM = {
    "kind": "group",
    "title_fi": "Neulekahvila",
    "title_en": "Knitting café",
    "text_fi": "Kudotaan ja jutellaan.",
    "text_en": "We knit and chat.",
    "municipality": "Joutsa",
    "place": "Kirjasto",
    "start": "1.9.2099 klo 13.00",
    "minutes": "90",
    "rrule": "FREQ=WEEKLY",
    "languages": "fi",
    "needs": ["hands", "company"],
    "interests": [],
    "walk_in": "kyllä",
}


@pytest.fixture
async def staff(signed_in: SignIn) -> Browser:
    return await signed_in(Role.STAFF)


async def made(staff: Browser, store: Store, **other: object) -> Activity:
    answer = await staff.post("/activities/new", {**FORM, **other})
    assert answer.status_code == 303, answer.text
    async with store.begin() as session:
        [*_, newest] = await session.scalars(select(Activity).order_by(Activity.id))
    return newest


async def test_an_activity_is_added_found_and_mended(
    staff: Browser, store: Store, house: House
) -> None:
    activity = await made(staff, store)
    assert activity.title == {"fi": "Neulekahvila", "en": "Knitting café"}
    assert activity.times[0]["rrule"] == "FREQ=WEEKLY"
    assert (activity.walk_in, activity.needs) == (True, ["hands", "company"])
    for query, found in (
        ("words=neule", True),
        ("municipality=Joutsa", True),
        ("words=sauna", False),
    ):
        page = (await staff.get(f"/activities?{query}")).text
        assert page.count(f'href="/console/activities/{activity.id}"') == found
    form = (await staff.get(f"/activities/{activity.id}")).text
    assert "Kudotaan ja jutellaan." in form
    changed = {**FORM, "start": "2099-09-01T13:00", "title_fi": "Neulekerho"}
    assert (await staff.post(f"/activities/{activity.id}", changed)).status_code == 303
    async with store.begin() as session:
        fresh = await session.get_one(Activity, activity.id)
        assert fresh.title["fi"] == "Neulekerho"
        # Only what was changed is kept from imports.
        assert fresh.edited == ["title"]


async def test_what_the_form_does_not_show_stays(staff: Browser, store: Store) -> None:
    activity = await made(staff, store)
    times = [*activity.times, {"start": "2026-09-02T10:00", "minutes": 60}]
    async with store.begin() as session:
        await session.execute(
            update(Activity).values(times=times, title={**activity.title, "sv": "Stickkafé"})
        )
    changed = {**FORM, "start": "2099-09-01T13:00", "title_en": "Knitting club"}
    await staff.post(f"/activities/{activity.id}", changed)
    async with store.begin() as session:
        fresh = await session.get_one(Activity, activity.id)
    assert fresh.title == {"fi": "Neulekahvila", "en": "Knitting club", "sv": "Stickkafé"}
    assert len(fresh.times) == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"title_fi": "", "title_en": ""}, "Otsikko"),
        ({"start": "joskus"}, "Ensimmäinen kerta"),
        ({"price_euros": "halpa"}, "Hinta euroina"),
        ({"latitude": "62", "longitude": ""}, "latitude and longitude"),
        ({"rrule": "JOSKUS"}, "Ajat"),
    ],
)
async def test_what_can_not_be_is_told_at_its_field_and_nothing_is_lost(
    staff: Browser, store: Store, wrong: dict[str, str], told: str
) -> None:
    answer = await staff.post("/activities/new", {**FORM, **wrong})
    assert answer.status_code == 422
    assert told in answer.text
    assert "Kudotaan ja jutellaan." in answer.text
    async with store.begin() as session:
        assert list(await session.scalars(select(Activity))) == []


async def test_the_preview_is_the_card_in_both_languages_while_one_types(staff: Browser) -> None:
    card = (await staff.post("/activities/preview", FORM, partial=True)).text
    for told in ("Neulekahvila", "Knitting café", "Joutsa", "klo 13", "tekemistä käsille"):
        assert told in card
    attack = {**FORM, "text_fi": "<script>alert(1)</script>"}
    assert "<script>" not in (await staff.post("/activities/preview", attack, partial=True)).text
    assert "klo" in (await staff.post("/activities/preview", {**FORM, "minutes": ""})).text


async def test_what_was_not_checked_for_long_is_a_queue_of_its_own(
    staff: Browser, store: Store
) -> None:
    activity = await made(staff, store)
    link = f'href="/console/activities/{activity.id}"'
    assert link not in (await staff.get("/activities?queue=stale")).text
    async with store.begin() as session:
        await session.execute(update(Activity).values(checked_at=now() - timedelta(days=400)))
    assert link in (await staff.get("/activities?queue=stale")).text
    answer = await staff.post(f"/activities/{activity.id}/checked", {"list": "1"})
    assert answer.headers["location"] == "/console/activities?queue=stale"
    assert link not in (await staff.get("/activities?queue=stale")).text


async def test_proposed_needs_are_confirmed(staff: Browser, store: Store) -> None:
    activity = await made(staff, store, needs=[])
    async with store.begin() as session:
        await session.execute(update(Activity).values(proposed_needs=["hands", "quiet"]))
    assert "Ehdotetut tarpeet" in (await staff.get(f"/activities/{activity.id}")).text
    await staff.post(f"/activities/{activity.id}/needs", {"needs": ["hands", "no-such-need"]})
    async with store.begin() as session:
        fresh = await session.get_one(Activity, activity.id)
    assert (fresh.needs, fresh.proposed_needs) == (["hands"], [])


async def test_two_that_are_one_are_found_and_merged(staff: Browser, store: Store) -> None:
    one, other = await made(staff, store), await made(staff, store, title_fi="Neulekahvila!")
    assert "Säilytä tämä" in (await staff.get("/activities/duplicates")).text
    for pair in ({"keep": one.id, "other": one.id}, {"keep": one.id, "other": 99}):
        assert (await staff.post("/activities/duplicates", pair)).status_code == 404
    await staff.post("/activities/duplicates", {"keep": one.id, "other": other.id})
    async with store.begin() as session:
        found = await catalogue.get(session, other.id)
        assert found
        assert found.id == one.id
    assert "Kaksoiskappaleita ei löytynyt" in (await staff.get("/activities/duplicates")).text


async def test_what_nobody_found_is_counted_and_named(staff: Browser, store: Store) -> None:
    async with store.begin() as session:
        for _ in range(3):
            await note_unmet(session, ["any", "only:free"], "Joutsa", now())
    page = (await staff.get("/activities/unmet")).text
    for told in ("mitä tahansa tekemistä", "maksutonta", "Joutsa", ">3<"):
        assert told in page


async def test_what_is_not_there_is_not_found(staff: Browser) -> None:
    for inside in ("/activities/99", "/activities/99/checked"):
        assert (await staff.get(inside)).status_code == 404


# --- the map ----------------------------------------------------------------------------------


def test_every_municipality_has_a_shape_around_its_centre(house: House) -> None:
    outline = outline_of(house.gazetteer.places)
    assert len(outline.shapes) == 22
    for shape in outline.shapes:
        assert shape.path.startswith("M")
        assert 0 < shape.x < outline.width
        assert 0 < shape.y < outline.height
    by_name = {shape.name: shape for shape in outline.shapes}
    assert by_name["Pihtipudas"].y < by_name["Jyväskylä"].y < by_name["Joutsa"].y
    assert by_name["Keuruu"].x < by_name["Hankasalmi"].x


async def test_without_tiles_nothing_is_asked_of_anybody_else(staff: Browser) -> None:
    page = await staff.get("/activities")
    assert "leaflet" not in page.text
    assert "https://" not in page.text
    assert "img-src 'self' data:;" in page.headers["content-security-policy"]


async def test_with_tiles_their_site_alone_is_allowed(
    store: Store, house: House, staff: Browser
) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from bot.console.app import create_console

    house.tiles = "https://{s}.tile.example/{z}/{x}/{y}.png"
    other = Browser(Starlette(routes=[Mount("/console", create_console(house))]), "Firefox")
    other.http.cookies = staff.http.cookies
    page = await other.get("/activities")
    assert "leaflet.js" in page.text
    policy = page.headers["content-security-policy"]
    assert "img-src 'self' data: https://*.tile.example;" in policy
    await other.http.aclose()


def test_a_tile_address_that_is_not_sheltered_is_no_site() -> None:
    assert site_of("http://tiles.example/{z}") == ""
    assert site_of("http://127.0.0.1.tiles.example/{z}") == ""
    assert site_of("ftp://127.0.0.1/{z}") == ""
    assert site_of("") == ""
    assert site_of("https://t.example/{z}/{x}/{y}.png; script-src *") == "https://t.example"


@pytest.mark.parametrize("site", ["http://127.0.0.1:8080", "http://localhost"])
def test_a_tile_server_on_this_machine_needs_no_encryption(site: str) -> None:
    assert site_of(site + "/{z}/{x}/{y}.png") == site


async def test_the_points_of_the_map_are_the_activities(staff: Browser, store: Store) -> None:
    activity = await made(staff, store, latitude="61,75", longitude="26,1")
    await made(staff, store, title_fi="Muualla")
    told = (await staff.get("/activities/points.json")).json()
    assert told == [{"id": activity.id, "title": "Neulekahvila", "at": [61.75, 26.1]}]
