"""Signing in: a link that opens once, for one browser, and the session that it begins.

The bot gives the link to somebody whom it knows by their Telegram account. The first browser that
opens it has it; whoever opens it after that is turned away. Only hashes of secrets are kept.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SignInRefused
from bot.store.tables import ConsoleSession, Person, SignInLink, now

LINK_LIVES = timedelta(minutes=5)
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
# How exactly the time of somebody's last click is known: it saves a write for each.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """A session that is good, and whose it is."""

    person: Person
    session: ConsoleSession


async def make_link(session: AsyncSession, person: Person) -> str:
    """Gives the secret of a new link. The person's earlier ones open nothing any more."""
    await session.execute(delete(SignInLink).where(SignInLink.person_id == person.id))
    secret = secrets.token_urlsafe(32)
    session.add(
        SignInLink(secret_hash=_hash(secret), person_id=person.id, expires_at=now() + LINK_LIVES)
    )
    return secret


async def open_link(session: AsyncSession, secret: str, browser: str) -> Person:
    """Binds a link to the browser that opens it, unless another one has.

    Args:
        session: a transaction.
        secret: the link's.
        browser: tells this browser from all others.

    Raises:
        SignInRefused: `link`: it is not known, used, too old, or another browser's.
    """
    bound = await session.scalar(
        update(SignInLink)
        .where(*_good(secret, browser, or_none=True))
        .values(browser=_hash(browser))
        .returning(SignInLink.person_id)
    )
    return await _person(session, bound)


async def use_link(session: AsyncSession, secret: str, browser: str) -> tuple[str, SignedIn]:
    """Uses a link up, in the browser that opened it. Gives the new session's secret, and it.

    Raises:
        SignInRefused: as `open_link`.
    """
    used = await session.scalar(
        update(SignInLink)
        .where(*_good(secret, browser))
        .values(used_at=now())
        .returning(SignInLink.person_id)
    )
    return await begin(session, await _person(session, used), browser)


async def begin(session: AsyncSession, person: Person, browser: str) -> tuple[str, SignedIn]:
    """Begins a session. Gives its secret, and it."""
    secret = secrets.token_urlsafe(32)
    begun = ConsoleSession(secret_hash=_hash(secret), person_id=person.id, browser=_hash(browser))
    session.add(begun)
    await session.flush()
    return secret, SignedIn(person, begun)


async def find(session: AsyncSession, secret: str, browser: str) -> SignedIn | None:
    """The session with that secret, if it is good and this browser's.

    A secret that comes from another browser has been stolen: its session ends.
    """
    found = (
        await session.execute(
            select(ConsoleSession, Person)
            .join(Person, Person.id == ConsoleSession.person_id)
            .where(
                ConsoleSession.secret_hash == _hash(secret),
                ConsoleSession.ended_at.is_(None),
                ConsoleSession.seen_at > now() - IDLE,
                ConsoleSession.began_at > now() - LONGEST,
                Person.removed_at.is_(None),
            )
        )
    ).first()
    if found is None:
        return None
    open_session, person = found
    if open_session.browser != _hash(browser):
        open_session.ended_at = now()
        return None
    if open_session.seen_at < now() - SEEN_EVERY:
        open_session.seen_at = now()
    return SignedIn(person, open_session)


async def sign_out(session: AsyncSession, signed_in: SignedIn) -> None:
    """Ends this session."""
    (await session.get_one(ConsoleSession, signed_in.session.id)).ended_at = now()


async def sign_out_everywhere(session: AsyncSession, person: Person) -> None:
    """Ends all the sessions of a person, and takes back a link that was not used."""
    await session.execute(
        update(ConsoleSession)
        .where(ConsoleSession.person_id == person.id, ConsoleSession.ended_at.is_(None))
        .values(ended_at=now())
    )
    await session.execute(delete(SignInLink).where(SignInLink.person_id == person.id))


async def sessions_of(session: AsyncSession, person: Person) -> list[ConsoleSession]:
    """The person's sessions that are good, the last seen first."""
    found = await session.scalars(
        select(ConsoleSession)
        .where(
            ConsoleSession.person_id == person.id,
            ConsoleSession.ended_at.is_(None),
            ConsoleSession.seen_at > now() - IDLE,
            ConsoleSession.began_at > now() - LONGEST,
        )
        .order_by(ConsoleSession.seen_at.desc())
    )
    return list(found)


async def forget_old(session: AsyncSession) -> None:
    """Drops links and sessions that open nothing any more."""
    await session.execute(
        delete(SignInLink).where(
            or_(SignInLink.expires_at < now(), SignInLink.used_at.is_not(None))
        )
    )
    await session.execute(
        delete(ConsoleSession).where(
            or_(
                ConsoleSession.ended_at < now() - LONGEST,
                ConsoleSession.seen_at < now() - IDLE,
                ConsoleSession.began_at < now() - LONGEST,
            )
        )
    )


def _good(secret: str, browser: str, *, or_none: bool = False) -> Sequence[ColumnElement[bool]]:
    own = SignInLink.browser == _hash(browser)
    return (
        SignInLink.secret_hash == _hash(secret),
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > now(),
        or_(own, SignInLink.browser.is_(None)) if or_none else own,
    )


async def _person(session: AsyncSession, person_id: int | None) -> Person:
    person = await session.get(Person, person_id) if person_id is not None else None
    if person is None or person.removed_at:
        raise SignInRefused("link")
    return person


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
