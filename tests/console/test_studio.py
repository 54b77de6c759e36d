"""The studio's pages without a socket: what they let in, save, refuse and show."""

import pytest
from starlette.applications import Starlette

from bot.console.house import House
from bot.people.permissions import Role
from bot.residents import teaching
from bot.store.engine import Store
from bot.store.tables import Resident, TaughtSentence
from tests.console.conftest import SignIn

HELLO = "stories/wording/hello.yml"


async def saved(browser, house: House, **fields: str):  # type: ignore[no-untyped-def]
    """Saves sentences of hello.yml."""
    return await browser.post("/stories/sentences", {"file": HELLO, **fields})


@pytest.mark.parametrize(
    "inside",
    ["/stories", "/stories/examples", "/stories/map", "/stories/try", "/stories/publish"],
)
async def test_a_moderator_has_no_studio(
    console: Starlette, signed_in: SignIn, inside: str
) -> None:
    browser = await signed_in(Role.MODERATOR)
    assert (await browser.get(inside)).status_code == 403


@pytest.mark.parametrize(
    "inside",
    ["text", "sentences", "check", "take-in", "discard", "examples", "examples/change",
     "examples/sentence", "try/start", "try/say", "try/again", "try/save", "publish",
     "rollback", "cancel", "approve"],
)  # fmt: skip
async def test_nothing_is_done_for_a_moderator(
    console: Starlette, signed_in: SignIn, house: House, inside: str
) -> None:
    browser = await signed_in(Role.MODERATOR)
    answer = await browser.post(f"/stories/{inside}", {"file": HELLO, "text": "x", "note": "x"})
    assert answer.status_code == 403
    assert house.studio.drafts.all() == []
    assert not house.studio.is_publishing


async def test_a_sentence_is_saved_to_ones_own_draft(
    console: Starlette, signed_in: SignIn, house: House
) -> None:
    browser = await signed_in(Role.STAFF)
    answer = await saved(browser, house, **{"text utter_ok.0": "Hyvä juttu."})
    assert answer.json()["problems"] == []
    [draft] = house.studio.drafts.all()
    assert draft.name.startswith("sirpa-")
    assert list(draft.changes()) == [HELLO]
    page = await browser.get(f"/stories?file={HELLO}")
    assert "Hyvä juttu." in page.text


async def test_what_is_wrong_is_told_in_the_readers_language(
    console: Starlette, signed_in: SignIn, house: House
) -> None:
    browser = await signed_in(Role.STAFF)
    answer = await saved(browser, house, **{"text utter_ok.0": "Ymmärrän täysin."})
    [problem] = answer.json()["problems"]
    assert problem["file"] == HELLO
    assert "ei ymmärrä niin kuin ihminen" in problem["what"]


async def test_a_text_that_is_not_saved_yet_is_checked_and_not_kept(
    console: Starlette, signed_in: SignIn, house: House
) -> None:
    browser = await signed_in(Role.STAFF)
    text = "rules:\n- rule: X\n  steps:\n  - intent: geet\n  - action: utter_ok\n"
    answer = await browser.post("/stories/check", {"file": "stories/walk.yml", "text": text})
    told = [(one["file"], one["line"]) for one in answer.json()["problems"]]
    assert ("stories/walk.yml", 4) in told
    [draft] = house.studio.drafts.all()
    assert draft.changes() == {}


@pytest.mark.parametrize("file", ["bot/cli.py", "../seura", "config.yml"])
async def test_no_other_file_is_written(
    console: Starlette, signed_in: SignIn, house: House, file: str
) -> None:
    browser = await signed_in(Role.STAFF)
    answer = await browser.post("/stories/text", {"file": file, "text": "x"})
    assert answer.status_code == 422


async def test_a_script_in_a_sentence_is_harmless(
    console: Starlette, signed_in: SignIn, house: House
) -> None:
    browser = await signed_in(Role.STAFF)
    evil = '"><script>alert(1)</script>'
    await saved(browser, house, **{"text utter_welcome.0": evil})
    for inside in (f"/stories?file={HELLO}", "/stories/map", "/stories/publish"):
        assert "<script>alert" not in (await browser.get(inside)).text


async def test_an_example_is_added_moved_and_told_when_another_intent_has_it(
    console: Starlette, signed_in: SignIn, house: House
) -> None:
    browser = await signed_in(Role.STAFF)
    given = {"intent": "thank", "example": "tuhannet kiitokset teille kaikille"}
    assert (await browser.post("/stories/examples", given)).status_code == 303
    moved = {**given, "to": "greet"}
    assert (await browser.post("/stories/examples/change", moved)).status_code == 303
    page = await browser.get("/stories/examples?intent=greet")
    assert given["example"] in page.text
    lost = {"intent": "greet", "example": given["example"]}
    for to in ("", "no_such_intent"):
        refused = await browser.post("/stories/examples/change", {**lost, "to": to})
        assert refused.status_code == 422
    page = await browser.get("/stories/examples?intent=greet")
    assert given["example"] in page.text
    again = await browser.post("/stories/examples", given)
    assert again.status_code == 422
    assert "greet" in again.text
    await browser.post("/stories/examples/change", {**lost, "to": "-"})
    page = await browser.get("/stories/examples?intent=greet")
    assert given["example"] not in page.text


async def test_a_sentence_that_was_not_understood_becomes_an_example_or_goes(
    console: Starlette, signed_in: SignIn, house: House, store: Store
) -> None:
    async with store.begin() as session:
        somebody = Resident(
            telegram_id=1, conversation_id="c", alias="Sininen Lumme", language="fi"
        )
        session.add(somebody)
        await session.flush()
        for words in ("haluisin … kanssa geokätköillä", "jotain ihan outoa", "jotain ihan outoa"):
            session.add(TaughtSentence(resident_id=somebody.id, words=words))
    browser = await signed_in(Role.STAFF)
    page = await browser.get("/stories/examples")
    assert "Viestejä, joita botti ei ymmärtänyt: 2" in page.text
    assert "Sininen Lumme" not in page.text
    async with store.begin() as session:
        odd, wish = await teaching.waiting(session)

    given = {"sentence": str(wish.id), "example": wish.words, "to": "want_company"}
    refused = await browser.post("/stories/examples/sentence", given)
    assert refused.status_code == 422
    assert "Kirjoita merkin … tilalle" in refused.text
    no_intent = await browser.post(
        "/stories/examples/sentence", {**given, "example": "x y", "to": ""}
    )
    assert no_intent.status_code == 422
    assert 'value="x y"' in no_intent.text
    mended = {**given, "example": "haluisin kaverin kanssa geokätköillä"}
    assert (await browser.post("/stories/examples/sentence", mended)).status_code == 303
    dropped = {"sentence": str(odd.id), "example": "", "drop": "1"}
    assert (await browser.post("/stories/examples/sentence", dropped)).status_code == 303

    async with store.begin() as session:
        assert await teaching.waiting(session) == []
    page = await browser.get("/stories/examples?intent=want_company")
    assert mended["example"] in page.text
    assert "ei ymmärtänyt" not in page.text


async def test_a_version_needs_a_note(console: Starlette, signed_in: SignIn, house: House) -> None:
    browser = await signed_in(Role.STAFF)
    await saved(browser, house, **{"text utter_ok.0": "Hyvä juttu."})
    answer = await browser.post("/stories/publish", {"note": "  "})
    assert answer.status_code == 422
    assert not house.studio.is_publishing


async def test_a_second_person_says_yes_and_nobody_to_their_own(
    console: Starlette, signed_in: SignIn, house: House
) -> None:
    sirpa = await signed_in(Role.STAFF)
    await saved(sirpa, house, **{"text utter_ok.0": "Hyvä juttu."})
    [draft] = house.studio.drafts.all()
    own = await sirpa.post("/stories/approve", {"draft": draft.name, "yes": "1"})
    assert own.status_code == 404
    veikko = await signed_in(Role.ADMIN)
    assert "Hyvä juttu." in (await veikko.get("/stories/publish")).text
    await veikko.post("/stories/approve", {"draft": draft.name, "yes": "1", "comment": "Selkeä."})
    assert [(one.by, one.yes, one.comment) for one in draft.approvals()] == [
        ("Veikko", True, "Selkeä.")
    ]


async def test_a_file_that_is_not_there_and_one_that_is_broken_are_told_plainly(
    console: Starlette, signed_in: SignIn, house: House
) -> None:
    browser = await signed_in(Role.STAFF)
    assert (await browser.get("/stories?file=stories/nothing.yml")).status_code == 404
    broken = {"file": "nlu/bot.yml", "text": "nlu: [\n"}
    told = (await browser.post("/stories/text", broken)).json()["problems"]
    assert [one["file"] for one in told] == ["nlu/bot.yml"]
    assert (await browser.get("/stories/examples")).status_code == 409
    assert (await browser.get("/stories?file=nlu/bot.yml")).status_code == 200
    assert (await browser.get("/stories/map")).status_code == 200


async def test_when_a_publishing_is_over_the_page_shows_what_came_of_it(
    console: Starlette, signed_in: SignIn, house: House
) -> None:
    browser = await signed_in(Role.STAFF)
    with house.studio.board.held("publisher"):
        assert "hx-refresh" not in (await browser.get("/stories/progress")).headers
    assert (await browser.get("/stories/progress")).headers["hx-refresh"] == "true"
