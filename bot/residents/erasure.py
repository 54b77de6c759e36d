"""Forgetting a resident."""

from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import Forgotten, Handoff, Outgoing, Resident, Update, now


@dataclass(frozen=True)
class Erased:
    """What of a forgotten resident lies outside the database, and is the caller's to remove.

    Attributes:
        conversation_id: the conversation in Rasa's tracker store.
        topic_ids: the topics in the moderators' group.
    """

    conversation_id: str
    topic_ids: tuple[int, ...]


async def erase(session: AsyncSession, resident: Resident) -> Erased:
    """Deletes the resident and everything that hangs on them, for good.

    Their Telegram updates stay as bare numbers that count as handled: without these Telegram's
    repeats of them would be answered, and the resident met anew.
    """
    handoffs = select(Handoff.id).where(Handoff.resident_id == resident.id)
    topic_ids = await session.scalars(
        select(Handoff.topic_id)
        .where(Handoff.resident_id == resident.id, Handoff.topic_id.is_not(None))
        .distinct()
        .order_by(Handoff.topic_id)
    )
    erased = Erased(resident.conversation_id, tuple(topic for topic in topic_ids if topic))
    await session.execute(
        delete(Outgoing).where(
            or_(Outgoing.chat_id == resident.telegram_id, Outgoing.handoff_id.in_(handoffs))
        )
    )
    await session.execute(
        update(Update)
        .where(Update.lane == f"resident:{resident.telegram_id}")
        .values(lane="erased", body=None, handled_at=now())
    )
    session.add(Forgotten(conversation_id=erased.conversation_id, topic_ids=list(erased.topic_ids)))
    await session.delete(resident)
    await session.flush()
    return erased
