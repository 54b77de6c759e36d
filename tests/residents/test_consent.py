from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.factors import profile
from bot.handoff import service
from bot.residents import consent, teaching
from bot.residents.identity import find
from bot.store.engine import Store
from bot.store.tables import Resident, TaughtSentence, now


async def _reread(store: Store, resident: Resident) -> Resident:
    async with store.begin() as session:
        found = await find(session, resident.conversation_id)
        assert found is not None
        return found


async def test_consent_is_noted_with_its_time(store: Store, resident: Resident) -> None:
    assert resident.consented_at is None
    async with store.begin() as session:
        await consent.give(session, resident)
    consented_at = (await _reread(store, resident)).consented_at
    assert consented_at is not None
    assert now() - consented_at < timedelta(minutes=1)


async def test_withdrawing_forgets_what_was_kept_but_not_a_request_for_a_human(
    store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        await consent.give(session, resident)
        await profile.add(session, resident, ["shyness"])
        await profile.add_interests(session, resident, ["chess"])
        await session.execute(update(Resident).values(municipality="Multia"))
        await service.request(session, resident, {})
        await teaching.begin(session, resident)
        session.add(TaughtSentence(resident_id=resident.id, words="jotain outoa"))
    async with store.begin() as session:
        await consent.withdraw(session, resident)
    again = await _reread(store, resident)
    assert again.consented_at is None
    assert again.municipality is None
    assert not teaching.is_teaching(again)
    async with store.begin() as session:
        assert await profile.factors_of(session, again) == []
        assert await profile.interests_of(session, again) == []
        assert await teaching.waiting(session) == []
        assert await service.open_of(session, again) is not None


async def test_loneliness_rests_for_some_weeks_after_a_no(store: Store, resident: Resident) -> None:
    assert consent.may_raise_loneliness(resident, now())
    async with store.begin() as session:
        await consent.rest_loneliness(session, resident, weeks=4)
    resting = await _reread(store, resident)
    assert not consent.may_raise_loneliness(resting, now() + timedelta(weeks=4, minutes=-1))
    assert consent.may_raise_loneliness(resting, now() + timedelta(weeks=4, minutes=1))


@pytest.mark.parametrize(("minutes", "may"), [(-1, False), (0, True), (1, True)])
def test_the_rest_ends_on_the_minute(minutes: int, may: bool) -> None:
    end = datetime(2027, 1, 4, 12, tzinfo=UTC)
    resident = Resident(loneliness_rests_until=end)
    assert consent.may_raise_loneliness(resident, end + timedelta(minutes=minutes)) is may
