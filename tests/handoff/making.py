"""Handoffs as far as a test needs them."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import HandoffRefused
from bot.handoff import service
from bot.store.engine import Store
from bot.store.tables import Handoff, Resident

AINO, EERO = 9001, 9002


async def asked(store: Store, resident: Resident) -> int:
    """A resident asks for a human."""
    async with store.begin() as session:
        return (await service.request(session, resident, {"language": "fi"})).id


async def taken(store: Store, resident: Resident) -> int:
    """A resident asks for a human, and Aino takes it."""
    handoff_id = await asked(store, resident)
    async with store.begin() as session:
        await service.claim(session, handoff_id, AINO, "Aino")
    return handoff_id


async def read(store: Store, handoff_id: int) -> Handoff:
    """The handoff as it is now."""
    async with store.begin() as session:
        handoff = await service.get(session, handoff_id)
        assert handoff is not None
        return handoff


async def refused(
    store: Store, move: Callable[[AsyncSession], Awaitable[object]]
) -> tuple[str, str | None]:
    """Why a move was refused, and who has the handoff."""
    async with store.begin() as session:
        with pytest.raises(HandoffRefused) as refusal:
            await move(session)
    return refusal.value.reason, refusal.value.holder
