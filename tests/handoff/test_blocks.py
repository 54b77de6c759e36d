from datetime import timedelta

import pytest

from bot.errors import HandoffRefused
from bot.handoff import blocks, service
from bot.store.engine import Store
from bot.store.tables import Resident, now
from tests.handoff.making import AINO


async def test_who_is_blocked_may_not_ask_until_the_block_ends_or_is_lifted(
    store: Store, resident: Resident
) -> None:
    until = now() + timedelta(days=2)
    async with store.begin() as session:
        await blocks.block(session, resident.id, AINO, "Aino", "uhkaili", until)
        with pytest.raises(HandoffRefused) as refusal:
            await service.request(session, resident, {}, danger="suicide")
        assert (refusal.value.reason, refusal.value.at) == ("blocked", until)
    async with store.begin() as session:
        assert await blocks.lift(session, resident.id) == 1
        assert await blocks.blocked_until(session, resident.id) is None
        await service.request(session, resident, {})


async def test_a_block_does_not_break_off_what_goes_on(store: Store, resident: Resident) -> None:
    async with store.begin() as session:
        handoff = await service.request(session, resident, {})
        await blocks.block(
            session, resident.id, AINO, "Aino", "uhkaili", now() + timedelta(hours=1)
        )
        assert (await service.request(session, resident, {})).id == handoff.id


@pytest.mark.parametrize(
    ("reason", "days"), [("", 1), ("  ", 1), ("syy", 0), ("syy", -1), ("syy", 400)]
)
async def test_a_block_has_a_reason_and_an_end(
    store: Store, resident: Resident, reason: str, days: int
) -> None:
    async with store.begin() as session:
        with pytest.raises(ValueError, match="block"):
            await blocks.block(
                session, resident.id, AINO, "Aino", reason, now() + timedelta(days=days)
            )


async def test_past_blocks_are_still_listed(store: Store, resident: Resident) -> None:
    async with store.begin() as session:
        for _ in range(2):
            await blocks.block(
                session, resident.id, AINO, "Aino", "syy", now() + timedelta(hours=1)
            )
            await blocks.lift(session, resident.id)
        assert len(await blocks.blocks_of(session, resident.id)) == 2
        assert await blocks.blocks_of(session, standing=True) == []
