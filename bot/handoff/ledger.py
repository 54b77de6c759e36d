"""What is said in a handoff: the messages of both sides, moderators' notes, and how they fared.

The ledger is the truth; what stands in Telegram are copies of it. Everything in a handoff, its
moves included, has a number, counted without gaps: whoever knows how far they have seen asks for
what is newer, or changed since. What changes rings the bell `handoff`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import HandoffRefused
from bot.handoff import service
from bot.handoff.states import HELD, OPEN, QUEUED, RESIDENT, moderator
from bot.store.engine import ring
from bot.store.tables import (
    Handoff,
    HandoffCopy,
    HandoffMessage,
    HandoffMove,
    HandoffNote,
    HandoffRead,
    HandoffVersion,
    now,
)

RECEIVED = "received"
PENDING, SENT, FAILED, UNKNOWN = "pending", "sent", "failed", "unknown"
TO_RETRY = frozenset({FAILED, UNKNOWN})
# Rung about each message that waits to be sent: said on the web, or to be tried again.
SAID = "said"


@dataclass(frozen=True)
class Content:
    """What a message holds.

    Attributes:
        words: the text, or a file's caption.
        kind: `text`, or what is in the file: `photo`, `voice`, `location` …
        file: what is needed to get at the file, and what a person may know of it.
    """

    words: str | None = None
    kind: str = "text"
    file: dict[str, Any] | None = None


@dataclass(frozen=True)
class Entry:
    """One line of a transcript.

    Attributes:
        number: its place.
        changed: the number of its latest change, the same as `number` where there was none.
        what: a `message`, a `note` that stays inside, or a `move`.
        at: when.
        author: `resident`, `bot`, or `moderator:ID`.
        name: the moderator's.
        words: text, caption, note, or the reason of a move.
        id: of the message, for a retry, an answer, an edit.
        earlier: what it said before it was edited, and until when; oldest first.
        answers: the number of the message that it replies to.
        state: how a moderator's message fared: `pending`, `sent`, `failed`, `unknown`.
        move: which; `before` and `after` are its states, `holder` who has the handoff since.
    """

    number: int
    changed: int
    what: Literal["message", "note", "move"]
    at: datetime
    author: str
    name: str | None
    words: str | None
    id: int = 0
    kind: str = "text"
    file: dict[str, Any] | None = None
    surface: str | None = None
    answers: int | None = None
    state: str | None = None
    error: str | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    earlier: tuple[tuple[str, datetime], ...] = field(default=())
    move: str | None = None
    before: str | None = None
    after: str | None = None
    holder: str | None = None


async def hear(
    session: AsyncSession, handoff: Handoff, content: Content, answers: int | None = None
) -> HandoffMessage:
    """Keeps what the resident said.

    Args:
        session: a transaction.
        handoff: theirs, open.
        content: what they said.
        answers: id of the message that they replied to.
    """
    heard = await _add(
        session, handoff, RESIDENT, None, content, "telegram", RECEIVED, answers=answers
    )
    handoff.heard_at = heard.said_at
    if handoff.state in HELD and handoff.unanswered_since is None:
        handoff.unanswered_since = heard.said_at
    return heard


async def say(
    session: AsyncSession,
    handoff_id: int,
    moderator_id: int,
    moderator_name: str,
    content: Content,
    *,
    surface: str = "web",
    seen: int | None = None,
    answers: int | None = None,
    take_up: bool = False,
) -> HandoffMessage:
    """Keeps a moderator's words to the resident, to be sent: `pending` until Telegram has them.

    Args:
        session: a transaction.
        handoff_id: in which handoff.
        moderator_id: who says it: the holder, and nobody else.
        moderator_name: their name.
        content: what they say.
        surface: where they wrote it: `web` or `telegram`.
        seen: number of the newest entry that they have seen; none where that is not known.
        answers: id of the message that they reply to.
        take_up: claims first what waits, and reopens what has ended.

    Raises:
        HandoffRefused: `taken`, with the holder's name; `not_claimed`, `cancelled`, `over`;
            `behind`: the resident has said something newer; `empty`: there is nothing to say.
    """
    if content.file is None and not (content.words or "").strip():
        raise HandoffRefused("empty")
    handoff = await service.get(session, handoff_id)
    if handoff is None:
        raise HandoffRefused("over")
    if take_up and handoff.state in QUEUED:
        handoff = await service.claim(session, handoff_id, moderator_id, moderator_name)
    elif take_up and handoff.state not in OPEN:
        handoff = await service.reopen(session, handoff_id, moderator_id, moderator_name)
    service.holder_may_write(handoff, moderator_id)
    if seen is not None and (newer := await _newer(session, handoff_id, seen)):
        raise HandoffRefused("behind", newer=newer)
    handoff = await service.answered(session, handoff)
    said = await _add(
        session,
        handoff,
        moderator(moderator_id),
        moderator_name,
        content,
        surface,
        PENDING,
        answers=answers,
    )
    await mark_read(session, handoff_id, moderator_id, said.number)
    if surface == "web":  # in Telegram, who hears it also sends it
        ring(session, SAID, said.id)
    return said


async def retry(session: AsyncSession, message_id: int, moderator_id: int) -> HandoffMessage:
    """Sends again, because a moderator says so, what did not get through or may not have.

    Raises:
        HandoffRefused: as `say`; `over` where there is nothing to send again.
    """
    message = await session.get(HandoffMessage, message_id, populate_existing=True)
    if message is None or message.state not in TO_RETRY:
        raise HandoffRefused("over")
    handoff = await service.get(session, message.handoff_id)
    if handoff is None:
        raise HandoffRefused("over")
    service.holder_may_write(handoff, moderator_id)
    message.state, message.error = PENDING, None
    message.tries += 1
    await _touch(session, message)
    ring(session, SAID, message.id)
    return message


async def note(
    session: AsyncSession, handoff_id: int, moderator_id: int, moderator_name: str, words: str
) -> HandoffNote:
    """Keeps a note. It stays inside: nothing that sends to residents reads notes.

    Raises:
        HandoffRefused: `over`: there is no such handoff; `empty`.
    """
    if not words.strip():
        raise HandoffRefused("empty")
    if await service.get(session, handoff_id) is None:
        raise HandoffRefused("over")
    made = HandoffNote(
        handoff_id=handoff_id,
        number=await _next(session, handoff_id),
        moderator_id=moderator_id,
        name=moderator_name,
        words=words.strip(),
    )
    session.add(made)
    ring(session, service.BELL, handoff_id)
    return made


async def edit(session: AsyncSession, message: HandoffMessage, words: str | None) -> None:
    """Gives a message other words; what it said before is kept beside."""
    if words == message.words:
        return
    session.add(HandoffVersion(message_id=message.id, words=message.words))
    message.words, message.edited_at = words, now()
    await _touch(session, message)


async def strike(session: AsyncSession, message: HandoffMessage) -> None:
    """Notes that a moderator's message was deleted on the resident's side."""
    message.deleted_at = now()
    await _touch(session, message)


async def settle(
    session: AsyncSession, message: HandoffMessage, state: str, error: str | None = None
) -> None:
    """Notes how the sending of a moderator's message went."""
    if (message.state, message.error) != (state, error):
        message.state, message.error = state, error
        await _touch(session, message)


async def pending(session: AsyncSession) -> list[int]:
    """Ids of the messages that are to be sent, oldest first."""
    return list(
        await session.scalars(
            select(HandoffMessage.id)
            .where(HandoffMessage.state == PENDING)
            .order_by(HandoffMessage.id)
        )
    )


# --- reading --------------------------------------------------------------------------------


async def transcript(session: AsyncSession, handoff_id: int, after: int = 0) -> list[Entry]:
    """What was said, noted and moved in a handoff, in order.

    Args:
        session: a transaction.
        handoff_id: which.
        after: leave out what has not changed since this number; 0 gives all.
    """
    messages = list(
        await session.scalars(
            select(HandoffMessage).where(
                HandoffMessage.handoff_id == handoff_id, HandoffMessage.changed > after
            )
        )
    )
    notes = await session.scalars(
        select(HandoffNote).where(HandoffNote.handoff_id == handoff_id, HandoffNote.number > after)
    )
    moves = await session.scalars(
        select(HandoffMove).where(HandoffMove.handoff_id == handoff_id, HandoffMove.number > after)
    )
    numbers = await _numbers(session, [one.answers for one in messages if one.answers])
    earlier = await _earlier(session, [one.id for one in messages if one.edited_at])
    entries = [
        *(_of_message(one, numbers, earlier.get(one.id, ())) for one in messages),
        *(_of_note(one) for one in notes),
        *(_of_move(one) for one in moves),
    ]
    return sorted(entries, key=lambda entry: entry.number)


async def mark_read(session: AsyncSession, handoff_id: int, moderator_id: int, number: int) -> None:
    """Notes how far a moderator has read; never less far than before."""
    read = await session.get(
        HandoffRead, (handoff_id, moderator_id), with_for_update=True, populate_existing=True
    )
    if read is None:
        session.add(HandoffRead(handoff_id=handoff_id, moderator_id=moderator_id, number=number))
        await session.flush()
    elif read.number < number:
        read.number, read.read_at = number, now()


async def unread(
    session: AsyncSession, moderator_id: int, handoff_ids: Sequence[int]
) -> dict[int, int]:
    """How many of the residents' messages a moderator has not seen, by handoff."""
    read = (
        select(HandoffRead.number)
        .where(
            HandoffRead.handoff_id == HandoffMessage.handoff_id,
            HandoffRead.moderator_id == moderator_id,
        )
        .scalar_subquery()
    )
    counted = await session.execute(
        select(HandoffMessage.handoff_id, func.count())
        .where(
            HandoffMessage.handoff_id.in_(handoff_ids),
            HandoffMessage.author == RESIDENT,
            HandoffMessage.number > func.coalesce(read, 0),
        )
        .group_by(HandoffMessage.handoff_id)
    )
    return {row[0]: row[1] for row in counted}


async def forget(session: AsyncSession, before: datetime) -> None:
    """Forgets the words of the talks that ended before a moment: only that there was one stays.

    What a closing note says is kept until its follow-up is past, too.
    """
    over = select(Handoff.id).where(Handoff.ended_at < before)
    for table in (HandoffCopy, HandoffMessage, HandoffNote, HandoffRead):
        await session.execute(delete(table).where(table.handoff_id.in_(over)))
    await session.execute(
        update(HandoffMove).where(HandoffMove.handoff_id.in_(over)).values(reason=None)
    )
    await session.execute(update(Handoff).where(Handoff.ended_at < before).values(told_before=None))
    await session.execute(
        update(Handoff)
        .where(Handoff.ended_at < before)
        .where(or_(Handoff.follow_up_at.is_(None), Handoff.follow_up_at < before))
        .values(closing_note=None, feedback_words=None)
    )


# --- small parts ----------------------------------------------------------------------------


async def _add(
    session: AsyncSession,
    handoff: Handoff,
    author: str,
    name: str | None,
    content: Content,
    surface: str,
    state: str,
    *,
    answers: int | None,
) -> HandoffMessage:
    number = await _next(session, handoff.id)
    message = HandoffMessage(
        handoff_id=handoff.id,
        number=number,
        changed=number,
        author=author,
        name=name,
        surface=surface,
        kind=content.kind,
        words=content.words,
        file=content.file,
        answers=answers,
        state=state,
        said_at=now(),
    )
    session.add(message)
    await session.flush()
    ring(session, service.BELL, handoff.id)
    return message


async def _next(session: AsyncSession, handoff_id: int) -> int:
    """The next number; whoever else wants one waits until this transaction is over."""
    number: int | None = await session.scalar(
        update(Handoff)
        .where(Handoff.id == handoff_id)
        .values(last_number=Handoff.last_number + 1)
        .returning(Handoff.last_number)
    )
    if number is None:
        raise HandoffRefused("over")
    return number


async def _touch(session: AsyncSession, message: HandoffMessage) -> None:
    message.changed = await _next(session, message.handoff_id)
    ring(session, service.BELL, message.handoff_id)


async def _newer(session: AsyncSession, handoff_id: int, seen: int) -> int:
    newer = select(func.count()).where(
        HandoffMessage.handoff_id == handoff_id,
        HandoffMessage.author == RESIDENT,
        or_(HandoffMessage.number > seen, HandoffMessage.edited_at.is_not(None)),
        HandoffMessage.changed > seen,
    )
    return await session.scalar(newer) or 0


async def _numbers(session: AsyncSession, ids: Sequence[int]) -> dict[int, int]:
    if not ids:
        return {}
    found = await session.execute(
        select(HandoffMessage.id, HandoffMessage.number).where(HandoffMessage.id.in_(ids))
    )
    return {row[0]: row[1] for row in found}


async def _earlier(
    session: AsyncSession, ids: Sequence[int]
) -> dict[int, tuple[tuple[str, datetime], ...]]:
    found: dict[int, tuple[tuple[str, datetime], ...]] = {}
    if ids:
        versions = await session.scalars(
            select(HandoffVersion)
            .where(HandoffVersion.message_id.in_(ids))
            .order_by(HandoffVersion.id)
        )
        for one in versions:
            found[one.message_id] = (
                *found.get(one.message_id, ()),
                (one.words or "", one.until),
            )
    return found


def _of_message(
    message: HandoffMessage,
    numbers: dict[int, int],
    earlier: tuple[tuple[str, datetime], ...],
) -> Entry:
    return Entry(
        number=message.number,
        changed=message.changed,
        what="message",
        at=message.said_at,
        author=message.author,
        name=message.name,
        words=message.words,
        id=message.id,
        kind=message.kind,
        file=message.file,
        surface=message.surface,
        answers=numbers.get(message.answers or 0),
        state=message.state,
        error=message.error,
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
        earlier=earlier,
    )


def _of_note(one: HandoffNote) -> Entry:
    return Entry(
        number=one.number,
        changed=one.number,
        what="note",
        at=one.noted_at,
        author=moderator(one.moderator_id),
        name=one.name,
        words=one.words,
        id=one.id,
    )


def _of_move(one: HandoffMove) -> Entry:
    return Entry(
        number=one.number,
        changed=one.number,
        what="move",
        at=one.moved_at,
        author=one.actor,
        name=one.name,
        words=one.reason,
        id=one.id,
        move=one.move,
        before=one.before,
        after=one.after,
        holder=one.holder,
    )
