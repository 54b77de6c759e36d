import pytest

from bot.handoff import volunteers
from bot.store.engine import Store
from bot.store.tables import Resident
from tests.handoff.making import AINO, EERO

ANSWERS = {"what": "kahvittelua", "when": "iltaisin", "where": "Laukaa"}


async def test_who_offers_to_help_is_on_the_list_once(store: Store, resident: Resident) -> None:
    async with store.begin() as session:
        first = await volunteers.offer(session, resident, {"what": "en tiedä vielä"})
        again = await volunteers.offer(session, resident, ANSWERS)
        assert first.id == again.id
        assert (await volunteers.untold(session))[0].id == first.id
    async with store.begin() as session:
        [(volunteer, whose)] = await volunteers.volunteers(session)
    assert (volunteer.answers, volunteer.state) == (ANSWERS, "offered")
    assert whose.alias == resident.alias


async def test_the_first_review_counts(store: Store, resident: Resident) -> None:
    async with store.begin() as session:
        volunteer = await volunteers.offer(session, resident, ANSWERS)
        with pytest.raises(ValueError, match="offered"):
            await volunteers.review(session, volunteer.id, "offered", AINO, "Aino")
        reviewed = await volunteers.review(session, volunteer.id, "invited", AINO, "Aino")
        assert reviewed
        assert (reviewed.state, reviewed.reviewer_name) == ("invited", "Aino")
        assert await volunteers.review(session, volunteer.id, "declined", EERO, "Eero") is None
        assert await volunteers.review(session, 404, "declined", EERO, "Eero") is None
        assert await volunteers.volunteers(session, "offered") == []
        # Who was declined or invited may offer again: that is a new entry.
        assert (await volunteers.offer(session, resident, ANSWERS)).id != volunteer.id
