"""Who may sign in, by an admin's hand; and the audit of it."""

import pytest

from bot.console.house import PREFIX
from bot.people.permissions import Role
from tests.console.browser import SITE
from tests.console.conftest import SignIn


async def test_an_admin_adds_changes_and_removes_somebody(signed_in: SignIn) -> None:
    admin = await signed_in(Role.ADMIN)
    added = await admin.post("/people", {"name": "Liisa", "telegram_id": "77", "role": "staff"})
    assert added.status_code == 303
    assert "Liisa" in (await admin.get("/people")).text
    await admin.post("/people/77/role", {"role": "moderator"})
    await admin.post("/people/77/remove")
    assert "Liisa" not in (await admin.get("/people")).text
    log = (await admin.get("/audit")).text
    for act in ("lisäsi henkilön", "vaihtoi roolin", "poisti henkilön"):
        assert act in log


async def test_what_is_wrong_is_said_and_what_was_written_stays(signed_in: SignIn) -> None:
    admin = await signed_in(Role.ADMIN)
    for given, told in (
        ({"name": "Liisa", "telegram_id": "x", "role": "staff"}, "Telegram-tunnus on numero"),
        ({"name": "", "telegram_id": "77", "role": "staff"}, "Kirjoita henkilön nimi"),
        ({"name": "Liisa", "telegram_id": "77", "role": "king"}, "Valitse rooli"),
    ):
        answer = await admin.post("/people", given)
        assert answer.status_code == 422
        assert told in answer.text
        assert f'value="{given["name"]}"' in answer.text
    last = await admin.post("/people/9002/remove")
    assert "Ainakin yhden" in last.text


async def test_a_name_with_markup_in_it_is_only_text(signed_in: SignIn) -> None:
    admin = await signed_in(Role.ADMIN)
    name = '"><script>alert(1)</script>'
    await admin.post("/people", {"name": name, "telegram_id": "77", "role": "staff"})
    text = (await admin.get("/people")).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


async def test_the_language_is_everybodys_own(signed_in: SignIn) -> None:
    admin, moderator = await signed_in(Role.ADMIN), await signed_in()
    await admin.post("/account/language", {"language": "en"})
    assert "Sign out everywhere" in (await admin.get("/account")).text
    assert "Kirjaudu ulos kaikkialta" in (await moderator.get("/account")).text


async def test_the_audit_is_filtered(signed_in: SignIn) -> None:
    admin = await signed_in(Role.ADMIN)
    await admin.post("/people", {"name": "Liisa", "telegram_id": "77", "role": "staff"})
    found = (await admin.get("/audit?act=person_add&since=2020-01-01&until=2099-01-01")).text
    assert "<td>lisäsi henkilön</td>" in found
    assert "<td>kirjautui</td>" not in found
    assert "Ei tapahtumia" in (await admin.get("/audit?until=2020-01-01")).text


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        (f"{SITE}/console/audit?act=claim", "/console/audit"),
        ("https://evil.example/?console.example/console/", "/console/"),
        ("https://evil.example//evil.example/", "/console/"),
        ("", "/console/"),
    ],
)
async def test_after_choosing_a_language_one_stays_on_a_page_of_ours(
    signed_in: SignIn, referer: str, back: str
) -> None:
    browser = await signed_in()
    data = {"csrf": await browser.token(), "language": "en"}
    path = f"{PREFIX}/account/language"
    answer = await browser.http.post(path, data=data, headers={"referer": referer})
    assert answer.headers["location"] == back
