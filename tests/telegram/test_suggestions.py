from datetime import UTC, datetime, timedelta

import pytest

from bot.activities import catalogue
from bot.store.tables import Activity, ResidentActivity
from bot.telegram import suggestions
from tests.activities.making import activity
from tests.sandbox.driver import ANNA, GROUP
from tests.telegram.driver import Seura, beginning, button, labels_of, words

# A Tuesday, at noon in Helsinki.
TODAY = datetime(2026, 12, 1, 10, tzinfo=UTC)
TOMORROW = [{"start": "2026-12-02T13:00", "minutes": 60}]
PICK = {"save": 0, "calendar": 1, "remind": 2, "more": 3, "decline": 5}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time as the suggestions see it; set its only item to move it."""
    moment = [TODAY]
    monkeypatch.setattr(suggestions, "now", lambda: moment[0])
    return moment


async def shown(seura: Seura, **given: object) -> Activity:
    """A resident sees the card of an activity."""
    await seura.writes("hei")
    one = activity("kahvit", **({"times": TOMORROW} | given))
    async with seura.app.store.begin() as session:
        await catalogue.add(session, [one], seura.app.rooms.gazetteer, TODAY)
    seura.rasa.says_response(
        "tekemistä", "utter_activity", activity=one.id, title="t", details="d", reason="r", map=""
    )
    await seura.writes("tekemistä")
    return one


async def taps(seura: Seura, name: str) -> list[str]:
    """The resident taps a button of the card; gives what is said because of it."""
    before = (await seura.seen())[-1]["message_id"]
    await seura.taps(button("utter_activity", PICK[name]))
    return await seura.said(after=before)


async def row(seura: Seura) -> ResidentActivity:
    async with seura.app.store.begin() as session:
        resident = await seura.resident()
        return await session.get_one(ResidentActivity, (resident.id, 1))


async def test_why_it_is_not_for_them_is_asked_once_and_kept(seura: Seura) -> None:
    one = await shown(seura)
    assert await taps(seura, "decline") == [words("utter_declined")]
    await seura.taps(button("utter_declined", 0))
    assert (await seura.said())[-1] == words("utter_declined_why")
    kept = await row(seura)
    assert (kept.activity_id, kept.mark, kept.why) == (one.id, "declined", "too_far")


async def test_a_reminder_comes_the_evening_before_and_once(
    seura: Seura, clock: list[datetime]
) -> None:
    await shown(seura)
    promised, may_ask = await taps(seura, "remind")
    assert "tänään klo 18" in promised
    assert "huomenna klo 13" in promised
    assert may_ask == words("utter_may_ask_afterwards")
    before = len(await seura.said())
    await seura.app.suggestions.look()
    await seura.quiet()
    assert len(await seura.said()) == before
    clock[0] = TODAY.replace(hour=16, minute=1)
    for _ in range(2):
        await seura.app.suggestions.look()
    await seura.quiet()
    [reminder] = (await seura.said())[before:]
    assert reminder.startswith(beginning("utter_reminder"))
    assert "huomenna klo 13" in reminder


async def test_nobody_is_asked_afterwards_without_a_yes(
    seura: Seura, clock: list[datetime]
) -> None:
    await shown(seura)
    assert await taps(seura, "save") == [words("utter_saved"), words("utter_may_ask_afterwards")]
    await seura.taps(button("utter_may_ask_afterwards", 1))
    assert (await seura.said())[-1] == words("utter_will_not_ask")
    clock[0] = TODAY + timedelta(days=2)
    before = await seura.said()
    await seura.app.suggestions.look()
    await seura.quiet()
    assert await seura.said() == before


async def test_a_low_rating_reaches_staff_without_a_name(
    seura: Seura, clock: list[datetime]
) -> None:
    one = await shown(seura, title={"fi": "Neulekerho", "en": "Knitting"})
    await taps(seura, "save")
    await seura.taps(button("utter_may_ask_afterwards", 0))
    assert (await seura.said())[-1] == words("utter_will_ask_afterwards")
    clock[0] = TODAY + timedelta(days=1, hours=6)
    await seura.app.suggestions.look()
    await seura.quiet()
    assert (await seura.said())[-1].startswith(beginning("utter_did_you_go"))
    await seura.taps(button("utter_did_you_go", 0))
    assert (await seura.said())[-1] == words("utter_how_was_it")
    await seura.taps(button("utter_how_was_it", 4))
    assert (await seura.said())[-1] == words("utter_rated_low")
    [told] = await seura.said(GROUP)
    assert "Neulekerho" in told
    assert "1/5" in told
    assert str(ANNA) not in told
    kept = await row(seura)
    assert (kept.went, kept.rating) == (True, 1)
    async with seura.app.store.begin() as session:
        rated = await session.get_one(Activity, one.id)
    assert (rated.ratings, rated.rating_sum) == (1, 1)
    # Thinking again replaces the first answer.
    await seura.taps(button("utter_how_was_it", 0))
    assert (await seura.said())[-1] == words("utter_rated")
    async with seura.app.store.begin() as session:
        rated = await session.get_one(Activity, one.id)
    assert (rated.ratings, rated.rating_sum) == (1, 5)


async def test_who_did_not_go_is_not_blamed(seura: Seura, clock: list[datetime]) -> None:
    await shown(seura)
    await taps(seura, "save")
    await seura.taps(button("utter_may_ask_afterwards", 0))
    clock[0] = TODAY + timedelta(days=1, hours=6)
    await seura.app.suggestions.look()
    await seura.quiet()
    await seura.taps(button("utter_did_you_go", 1))
    assert (await seura.said())[-1] == words("utter_missed_it")
    assert (await row(seura)).went is False


async def test_who_is_in_danger_or_has_a_human_is_not_reminded(
    seura: Seura, clock: list[datetime]
) -> None:
    await shown(seura)
    await taps(seura, "remind")
    await seura.waits_for_a_human()
    clock[0] = TODAY.replace(hour=16, minute=1)
    before = await seura.said()
    await seura.app.suggestions.look()
    await seura.quiet()
    assert await seura.said() == before
    assert (await row(seura)).remind_at == clock[0] + suggestions.PUT_OFF


async def test_more_is_told_and_saved_ones_can_be_taken_off(
    seura: Seura, clock: list[datetime]
) -> None:
    await shown(
        seura,
        contact={"fi": "Soita ensin."},
        organiser="Kahviseura",
        attribution="Tapahtumakalenteri",
    )
    [told] = await taps(seura, "more")
    for expected in ("huomenna klo 13", "Soita ensin.", "Kahviseura", "Tapahtumakalenteri"):
        assert expected in told
    labels = labels_of((await seura.seen())[-1])
    assert button("utter_activity_more", 0) in labels
    assert button("utter_activity_more", 3) not in labels
    await taps(seura, "save")
    await seura.writes("/tallennetut")
    await seura.taps("kahvit")
    await seura.taps(button("utter_activity_more", 3))
    assert (await seura.said())[-1] == words("utter_unsaved")
    assert await seura.writes("/tallennetut") == [words("utter_no_saved")]


async def test_somebody_to_go_with_is_a_friend_service_or_a_human(seura: Seura) -> None:
    one = await shown(seura)
    seura.rasa.says_response("entä", "utter_after_suggestions")
    await seura.writes("entä")
    await seura.taps(button("utter_after_suggestions", 1))
    assert (await seura.said())[-1] == words("utter_together")
    async with seura.app.store.begin() as session:
        friend = activity("ystävä", kind="friend", contact={"fi": "Kirjoita meille."})
        await catalogue.add(session, [friend], seura.app.rooms.gazetteer)
    seura.rasa.says_response(
        "lisää", "utter_activity_more", activity=one.id, title="t", details="d", map=""
    )
    await seura.writes("lisää")
    await seura.taps(button("utter_activity_more", 2))
    assert "Kirjoita meille." in (await seura.said())[-1]


async def test_a_forged_button_does_nothing_bad(seura: Seura) -> None:
    await shown(seura)
    for payload in ("!rate:1:99", "!rate:x", "!more:", "!why:1:because", "!ask:999"):
        seura.rasa.says("nappi", {"text": "?", "buttons": [{"title": payload, "payload": payload}]})
        await seura.writes("nappi")
        await seura.taps(payload)
    assert (await row(seura)).rating is None
