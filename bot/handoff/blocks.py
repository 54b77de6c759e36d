"""Residents who may not ask for a human for a time. They still get the helplines."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import Block, now

LONGEST = timedelta(days=365)


async def block(
    session: AsyncSession,
    resident_id: int,
    moderator_id: int,
    moderator_name: str,
    reason: str,
    until: datetime,
) -> Block:
    """Blocks a resident until a moment: with a reason and an end, always.

    Raises:
        ValueError: there is no reason, or the end is past or further off than `LONGEST`.
    """
    if not reason.strip():
        raise ValueError("a block needs a reason")
    if not now() < until <= now() + LONGEST:
        raise ValueError("a block ends in the future, within a year")
    made = Block(
        resident_id=resident_id,
        moderator_id=moderator_id,
        moderator_name=moderator_name,
        reason=reason.strip(),
        until=until,
    )
    session.add(made)
    await session.flush()
    return made


async def lift(session: AsyncSession, resident_id: int) -> int:
    """Ends the resident's blocks now. Returns how many there were."""
    standing = await blocks_of(session, resident_id, standing=True)
    for one in standing:
        one.lifted_at = now()
    return len(standing)


async def blocked_until(session: AsyncSession, resident_id: int) -> datetime | None:
    """Until when the resident is blocked; none when they are not."""
    return await session.scalar(
        select(func.max(Block.until)).where(
            Block.resident_id == resident_id, Block.lifted_at.is_(None), Block.until > now()
        )
    )


async def blocks_of(
    session: AsyncSession, resident_id: int | None = None, *, standing: bool = False
) -> list[Block]:
    """Blocks, the newest first: of one resident or of all, of all times or those that stand."""
    of = [Block.resident_id == resident_id] if resident_id is not None else []
    now_standing = [Block.lifted_at.is_(None), Block.until > now()] if standing else []
    return list(
        await session.scalars(select(Block).where(*of, *now_standing).order_by(Block.id.desc()))
    )
