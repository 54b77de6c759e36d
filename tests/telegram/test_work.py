"""A moderator's work: giving talks on, asking for help, canned replies, shifts, one's own chat."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from bot.handoff import duty
from bot.handoff.duty import Hours
from bot.safety.helplines import Opening
from bot.store.tables import HandoffMove, now
from bot.telegram.moderators import SHIFT, _span
from tests.sandbox.driver import AINO, ANNA, BERTTA, EERO, GROUP
from tests.telegram.driver import Seura, button, labels_of, words
from tests.telegram.test_relay import in_group, ledger_of

TRANSFER, ESCALATE = (button("utter_topic_card_claimed", number) for number in (2, 3))


async def moves(seura: Seura) -> list[tuple[str, str | None]]:
    """The moves so far, and who made them."""
    async with seura.app.store.begin() as session:
        found = await session.scalars(select(HandoffMove).order_by(HandoffMove.id))
        return [(one.move, one.name) for one in found]


async def known(seura: Seura, who: int) -> None:
    """A moderator has had a hand in something, so that the others can be offered them."""
    async with seura.app.store.begin() as session:
        await duty.add_shift(session, who, "Eero", now(), now() + timedelta(hours=1))


# --- giving on, taking over, asking for help -------------------------------------------------


async def test_a_talk_is_given_to_another_whom_the_resident_is_told_of(anywhere: Seura) -> None:
    seura = anywhere
    await known(seura, EERO)
    await seura.has_a_human()
    await seura.claims(AINO, TRANSFER)
    asked = (await seura.seen(GROUP))[-1]
    assert asked["text"] == words("utter_topic_transfer")
    assert labels_of(asked) == ["Eero"]
    await seura.claims(AINO, "Eero")
    [handoff] = await seura.handoffs()
    assert (handoff.moderator_id, handoff.state) == (EERO, "claimed")
    assert (await seura.said())[-1] == words("utter_handoff_joined", moderator="Eero")
    await in_group(seura, "minä jatkan", EERO)
    assert (await seura.said())[-1] == "minä jatkan"


async def test_only_the_holder_gives_a_talk_on_and_only_to_a_member(seura: Seura) -> None:
    await known(seura, EERO)
    await seura.has_a_human()
    [handoff] = await seura.handoffs()
    taken = words("utter_claim_taken", moderator="Aino")
    assert await seura.forges(f"h:transfer:{handoff.id}", EERO, GROUP) == taken
    assert await seura.forges(f"h:to.{EERO}:{handoff.id}", EERO, GROUP) == taken
    gone = words("utter_topic_transfer_gone")
    assert await seura.forges(f"h:to.424242:{handoff.id}", AINO, GROUP) == gone
    await seura.people.act(f"chats/{GROUP}/members", user_id=EERO, status="left")
    await seura.quiet()
    assert await seura.forges(f"h:to.{EERO}:{handoff.id}", AINO, GROUP) == gone


async def test_c2_taking_over_is_a_second_confirmed_step(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    await in_group(seura, "/ota", EERO)
    asked = (await seura.seen(GROUP))[-1]
    assert asked["text"] == words("utter_topic_take_over", moderator="Aino")
    assert (await seura.handoffs())[-1].moderator_id == AINO
    await seura.claims(EERO, button("utter_topic_take_over"))
    assert (await seura.handoffs())[-1].moderator_id == EERO
    assert ("transfer", "Eero") in await moves(seura)
    assert (await seura.said())[-1] == words("utter_handoff_joined", moderator="Eero")


async def test_a_call_for_help_is_heard_in_the_group_and_by_those_who_lead(seura: Seura) -> None:
    seura.people.world.private_chat(EERO)
    seura.app.desk.leads = (EERO,)
    await seura.has_a_human()
    alias = (await seura.resident()).alias
    await in_group(seura, "/apua hän tarvitsee hoitajan")
    told = words(
        "utter_group_escalated", alias=alias, moderator="Aino", reason=" (hän tarvitsee hoitajan)"
    )
    assert told in [m["text"] for m in await seura.seen(GROUP) if "message_thread_id" not in m]
    assert await seura.said(EERO) == [told]
    assert (await seura.handoffs())[-1].moderator_id == AINO


async def test_a_talk_is_reopened_from_its_card(seura: Seura) -> None:
    await seura.has_a_human()
    await in_group(seura, "/end")
    await seura.claims(EERO, button("utter_topic_card_over"))
    assert (await seura.said())[-1] == words("utter_handoff_reopened", moderator="Eero")
    [handoff] = await seura.handoffs()
    assert (handoff.state, handoff.moderator_id) == ("claimed", EERO)
    await seura.writes("hei taas")
    assert (await seura.in_topic())[-1] == "💬 hei taas"


# --- canned replies --------------------------------------------------------------------------


async def test_a_canned_reply_goes_in_the_residents_language(seura: Seura) -> None:
    await seura.has_a_human()
    await in_group(seura, "/valmis")
    assert "hetki" in (await seura.in_topic())[-1]
    await in_group(seura, "/canned hei")
    said = (await seura.said())[-1]
    assert said.startswith("Hei, olen Aino.")
    assert (await seura.in_topic())[-1] == words("utter_canned_sent", text=said)
    before = len(await seura.said())
    await in_group(seura, "/valmis hei", EERO)
    assert (await seura.in_topic())[-1] == words("utter_topic_not_yours", moderator="Aino")
    assert len(await seura.said()) == before


# --- shifts and hours ------------------------------------------------------------------------


async def test_a_moderator_goes_on_duty_and_off(seura: Seura) -> None:
    async def told(text: str) -> str:
        await seura.people.write(AINO, text, GROUP)
        await seura.quiet()
        return (await seura.said(GROUP))[-1]

    assert await told("/vuoro") == words("utter_duty_nobody")
    assert await told("/vuoro pois") == words("utter_duty_none")
    assert await told("/vuoro huomenna") == words("utter_duty_how")
    assert await told("/vuoro 25-26") == words("utter_duty_how")
    assert (await told("/vuoro 0-24")).startswith("Vuorossa:\nAino: ")
    assert await told("/duty off") == words("utter_duty_ended")


@pytest.mark.parametrize(
    ("written", "starts", "ends"),
    [
        ("17-20", "2026-11-24T17:00", "2026-11-24T20:00"),
        ("17.30–20:15", "2026-11-24T17:30", "2026-11-24T20:15"),
        ("22-2", "2026-11-24T22:00", "2026-11-25T02:00"),
        ("0-24", "2026-11-24T00:00", "2026-11-25T00:00"),
    ],
)
def test_a_shift_is_read_as_it_is_written(written: str, starts: str, ends: str) -> None:
    found = SHIFT.fullmatch(written)
    assert found
    span = _span(datetime(2026, 11, 24, 9, 41, 7, tzinfo=UTC), found)
    assert [one.isoformat(timespec="minutes")[:16] for one in span] == [starts, ends]


async def test_r4_outside_the_hours_the_resident_is_told_when_and_where_to_get_help(
    seura: Seura,
) -> None:
    tomorrow = (now().weekday() + 2) % 7
    opening = Opening(tomorrow, tomorrow, time(10), time(20))
    seura.app.desk.hours = Hours((opening,), closed_on_holidays=False)
    seura.rasa.fault = ConnectionError("asleep")
    await seura.writes("hei")
    await seura.taps(button("utter_unavailable"))
    [said] = [one for one in await seura.said() if "aikaisintaan" in one]
    assert "klo 10" in said
    assert "112" in said
    assert len(await seura.handoffs()) == 1


# --- one's own chat --------------------------------------------------------------------------


async def test_with_the_setting_the_claimer_talks_in_their_own_chat(anywhere: Seura) -> None:
    seura = anywhere
    seura.app.desk.private = True
    seura.people.world.private_chat(AINO)
    await seura.waits_for_a_human()
    await seura.writes("ennen")
    assert (await seura.in_topic())[-1] == "💬 ennen"
    await seura.claims(AINO)
    await seura.writes("hei Aino")
    assert (await seura.said(AINO))[-1] == "💬 hei Aino"
    assert "💬 hei Aino" not in await seura.in_topic()
    await seura.people.write(AINO, "hei Anna")
    await seura.quiet()
    assert (await seura.said())[-1] == "hei Anna"
    await seura.people.write(AINO, "// muista kysyä huomenna")
    await seura.people.write(AINO, "/paata")
    await seura.quiet()
    [handoff] = await seura.handoffs()
    assert handoff.state == "ended"
    assert [one.words for one in await ledger_of(seura)] == ["ennen", "hei Aino", "hei Anna"]
    # Without a talk the moderator is a person like any other to the bot.
    assert await seura.writes("hei botti", AINO) == ["Rasa: hei botti"]


async def test_of_two_talks_in_ones_own_chat_an_answer_finds_its_own(seura: Seura) -> None:
    seura.app.desk.private = True
    seura.people.world.private_chat(AINO)
    for who in (ANNA, BERTTA):
        await seura.has_a_human(who)
        await seura.writes(f"terveisin {who}", who)
    first = next(m for m in await seura.seen(AINO) if m.get("text") == f"💬 terveisin {ANNA}")
    await seura.people.write(AINO, "hei Anna", reply_to_message_id=first["message_id"])
    await seura.people.write(AINO, "hei Bertta")
    await seura.quiet()
    assert (await seura.said(ANNA))[-1] == "hei Anna"
    assert (await seura.said(BERTTA))[-1] == "hei Bertta"


async def test_a_moderator_who_never_started_the_bot_has_the_talk_in_the_group(
    seura: Seura,
) -> None:
    seura.app.desk.private = True
    seura.people.world.private_chat(AINO)
    await seura.people.act(f"users/{AINO}/block")
    await seura.has_a_human()
    await seura.writes("kuuleeko kukaan?")
    told = await seura.in_topic()
    assert words("utter_topic_unreachable", moderator="Aino") in told
    await seura.writes("haloo?")
    assert (await seura.in_topic())[-1] == "💬 haloo?"
    await in_group(seura, "kuulen kyllä")
    assert (await seura.said())[-1] == "kuulen kyllä"
