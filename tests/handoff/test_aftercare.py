from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.errors import HandoffRefused
from bot.handoff import aftercare, service
from bot.handoff.states import RESIDENT
from bot.store.engine import Store
from bot.store.tables import Handoff, Resident, now
from tests.handoff.making import read, refused, taken


async def test_feedback_may_be_changed_for_some_days(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    assert await refused(store, lambda s: aftercare.give_feedback(s, handoff_id, "good")) == (
        "not_ended",
        None,
    )
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await aftercare.give_feedback(session, handoff_id, "bad")
    async with store.begin() as session:
        await aftercare.give_feedback(session, handoff_id, "okay")
    handoff = await read(store, handoff_id)
    assert (handoff.feedback, handoff.state) == ("okay", "ended")
    async with store.begin() as session:
        await session.execute(update(Handoff).values(ended_at=now() - timedelta(days=8)))
    assert await refused(store, lambda s: aftercare.give_feedback(s, handoff_id, "bad")) == (
        "over",
        None,
    )
    assert (await read(store, handoff_id)).feedback == "okay"


async def test_late_first_feedback_is_welcome(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await session.execute(update(Handoff).values(ended_at=now() - timedelta(days=60)))
        await aftercare.give_feedback(session, handoff_id, "good")
    assert (await read(store, handoff_id)).feedback == "good"


async def test_feedback_that_there_is_not_isrefused(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        with pytest.raises(ValueError, match="lovely"):
            await aftercare.give_feedback(session, handoff_id, "lovely")


async def test_a_word_is_taken_for_feedback_only_where_it_was_asked_for(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await aftercare.give_feedback(session, handoff_id, "good")
        assert await aftercare.give_words(session, resident, "moi") is None
        await aftercare.ask_for_words(session, handoff_id)
    async with store.begin() as session:
        about = await aftercare.give_words(session, resident, " Kiitos ")
        assert about
        assert about.id == handoff_id
        assert await aftercare.give_words(session, resident, "moi") is None
    assert (await read(store, handoff_id)).feedback_words == "Kiitos"


async def test_a_question_for_a_word_is_not_open_for_ever(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await session.execute(
            update(Handoff).values(feedback_asked_at=now() - timedelta(minutes=16))
        )
        assert await aftercare.give_words(session, resident, "moi") is None


async def test_r5_feedback_and_closing_do_not_reopen_a_talk(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    assert await refused(store, lambda s: aftercare.close(s, handoff_id, outcome="talked")) == (
        "not_ended",
        None,
    )
    follow_up = now() + timedelta(days=3)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await aftercare.give_feedback(session, handoff_id, "good")
        await aftercare.close(
            session, handoff_id, outcome="talked", note=" soittaa ", follow_up_at=follow_up
        )
    handoff = await read(store, handoff_id)
    assert (handoff.state, handoff.outcome, handoff.closing_note) == ("ended", "talked", "soittaa")
    async with store.begin() as session:
        with pytest.raises(ValueError, match="lovely"):
            await aftercare.close(session, handoff_id, outcome="lovely")


async def test_what_is_to_be_followed_up_is_due_until_somebody_has_seen_to_it(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    tomorrow = now() + timedelta(days=1)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await aftercare.close(session, handoff_id, outcome="follow_up", follow_up_at=tomorrow)
        assert await aftercare.due(session, now()) == []
        assert [one.id for one in await aftercare.due(session, tomorrow)] == [handoff_id]
        await aftercare.followed_up(session, handoff_id)
        assert await aftercare.due(session, tomorrow) == []
        await aftercare.close(
            session, handoff_id, outcome="follow_up", follow_up_at=tomorrow + timedelta(days=1)
        )
        later = tomorrow + timedelta(days=2)
        assert [one.id for one in await aftercare.due(session, later)] == [handoff_id]


async def test_a_cancelled_request_has_no_feedback(store: Store, resident: Resident) -> None:
    async with store.begin() as session:
        handoff = await service.request(session, resident, {})
        await service.cancel(session, handoff.id)
        with pytest.raises(HandoffRefused, match="over"):
            await aftercare.give_feedback(session, handoff.id, "good")
