from datetime import timedelta

from sqlalchemy import select

from bot.store.tables import Handoff, Outgoing, Resident, now
from tests.sandbox.driver import AINO, ANNA, BERTTA
from tests.telegram.driver import Seura, button

DANGER = "haluan kuolla"


async def _days_later(seura: Seura, days: float) -> None:
    await seura.app.retention.look(now() + timedelta(days=days))
    await seura.quiet()


async def _talks_and_ends(seura: Seura) -> Handoff:
    await seura.writes(DANGER)
    await seura.claims(AINO, button("utter_topic_card_danger"))
    await seura.writes("salaisuus ihmiselle")
    await seura.moderates("/paata", AINO)
    await seura.quiet()
    [handoff] = await seura.handoffs()
    assert handoff.topic_id
    assert handoff.ended_at
    return handoff


async def test_what_was_said_with_a_human_is_forgotten_after_two_weeks(anywhere: Seura) -> None:
    before = await _talks_and_ends(anywhere)
    await _days_later(anywhere, 13)
    [kept] = await anywhere.handoffs()
    assert kept.topic_id == before.topic_id

    await _days_later(anywhere, 15)
    [after] = await anywhere.handoffs()
    assert after.topic_id is None
    async with anywhere.app.store.begin() as session:
        calls = select(Outgoing.id).where(Outgoing.handoff_id == before.id)
        assert list(await session.scalars(calls)) == []
    assert await anywhere.topics() == []


async def test_a_talk_that_goes_on_keeps_the_earlier_ones_in_its_topic(seura: Seura) -> None:
    await _talks_and_ends(seura)
    await seura.writes(DANGER)
    await _days_later(seura, 15)
    assert all(handoff.topic_id for handoff in await seura.handoffs())


async def test_whoever_does_not_write_for_half_a_year_is_forgotten(anywhere: Seura) -> None:
    await anywhere.writes("moi", ANNA)
    await _days_later(anywhere, 179)
    assert await anywhere.resident(ANNA)
    await _days_later(anywhere, 181)
    async with anywhere.app.store.begin() as session:
        assert list(await session.scalars(select(Resident.id))) == []


async def test_whoever_waits_for_a_human_is_not_forgotten(seura: Seura) -> None:
    await seura.writes(DANGER, BERTTA)
    await _days_later(seura, 181)
    assert await seura.resident(BERTTA)
