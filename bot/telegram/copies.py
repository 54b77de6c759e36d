"""Which Telegram message shows which message of a handoff."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import HandoffCopy


async def remember(
    session: AsyncSession, handoff_id: int, message_id: int | None, chat_id: int, telegram_id: int
) -> None:
    """Notes that a Telegram message shows a message of the handoff, or belongs to it otherwise."""
    session.add(
        HandoffCopy(
            handoff_id=handoff_id, message_id=message_id, chat_id=chat_id, telegram_id=telegram_id
        )
    )


async def of_telegram(
    session: AsyncSession, chat_id: int, telegram_id: int | None
) -> HandoffCopy | None:
    """What a Telegram message is a copy of; of several that were gathered into it, the last."""
    if telegram_id is None:
        return None
    return await session.scalar(
        select(HandoffCopy)
        .where(HandoffCopy.chat_id == chat_id, HandoffCopy.telegram_id == telegram_id)
        .order_by(HandoffCopy.id.desc())
        .limit(1)
    )


async def in_chat(session: AsyncSession, message_id: int | None, chat_id: int) -> Sequence[int]:
    """The Telegram messages that show a message in a chat, in order."""
    if message_id is None:
        return ()
    found = await session.scalars(
        select(HandoffCopy.telegram_id)
        .where(HandoffCopy.message_id == message_id, HandoffCopy.chat_id == chat_id)
        .order_by(HandoffCopy.telegram_id)
    )
    return found.all()
