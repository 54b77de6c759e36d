"""A resident and their conversation, which Rasa knows by a random id alone."""

import secrets
from datetime import timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.residents.aliases import Aliases
from bot.store.prepared import Prepared, one
from bot.store.tables import Resident, now, plain

# How exactly it is known when somebody was last there.
SEEN_AGAIN = timedelta(hours=1)
# Others may take the alias that was picked, or meet the same person, at the same moment.
MEETINGS = 20
RESIDENTS = plain(Resident)
BY_ACCOUNT = Prepared(select(RESIDENTS).where(RESIDENTS.c.telegram_id == bindparam("account")))
BY_CONVERSATION = Prepared(
    select(RESIDENTS).where(RESIDENTS.c.conversation_id == bindparam("conversation"))
)


async def meet(
    session: AsyncSession, telegram_id: int, client_language: str | None, aliases: Aliases
) -> tuple[Resident, bool]:
    """Finds or makes the resident of a Telegram account, and notes that they were seen.

    Args:
        session: a transaction.
        telegram_id: id of the account, which is also the id of its private chat.
        client_language: language of the Telegram client, an IETF tag such as `fi` or `en-GB`.
        aliases: where a new resident's alias comes from.

    Returns:
        The resident, and whether they are new.

    Raises:
        IntegrityError: nobody can be made of this, however often it is tried.
    """
    refused = 0
    while True:
        known = await by_telegram_id(session, telegram_id)
        if known:
            note_seen(known)
            return known, False
        taken = set(await session.scalars(select(Resident.alias)))
        resident = Resident(
            telegram_id=telegram_id,
            conversation_id=secrets.token_urlsafe(16),
            alias=aliases.pick(taken, secrets.SystemRandom()),
            language=first_language(client_language),
        )
        try:
            async with session.begin_nested():
                session.add(resident)
        except IntegrityError:
            refused += 1
            if refused == MEETINGS:
                raise
        else:
            return resident, True


def note_seen(resident: Resident) -> None:
    """Notes that somebody is there: to the hour, so that not every message is a change."""
    if now() - resident.seen_at > SEEN_AGAIN:
        resident.seen_at = now()
    resident.gone_at = None


def first_language(client_language: str | None) -> str:
    """The language to begin in: Finnish, unless the client speaks another one."""
    primary = (client_language or "fi").lower().partition("-")[0]
    return "fi" if primary == "fi" else "en"


async def find(session: AsyncSession, conversation_id: str) -> Resident | None:
    """The resident of a conversation; none when they have been erased."""
    row = await BY_CONVERSATION.first(session, conversation=conversation_id)
    return one(session, row, Resident)


async def by_telegram_id(session: AsyncSession, telegram_id: int) -> Resident | None:
    """The resident of a Telegram account; none when it never wrote or has been erased."""
    row = await BY_ACCOUNT.first(session, account=telegram_id)
    return one(session, row, Resident)


async def mark_gone(session: AsyncSession, telegram_id: int) -> None:
    """Notes that the account has blocked the bot or is no more. `meet` takes it back."""
    await session.execute(
        update(Resident).where(Resident.telegram_id == telegram_id).values(gone_at=now())
    )
