"""Sentences that were not understood, of residents who let staff learn from them.

A consent of its own, given and taken back at any time (`/opeta`, `/teach`). Each sentence is
stripped before it is kept; staff never learn whose it is. It hangs on its resident only so that it
goes with them, and it goes as soon as staff have decided about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.residents.stripping import GONE, Stripper
from bot.store.tables import Resident, TaughtSentence, now

# Of the wording of the question.
VERSION = "2026-11-24"
KEPT = timedelta(days=30)
# An example is short. What is longer tells of a life.
MOST_WORDS = 14
MOST_LETTERS = 120
FEWEST_WORDS = 2
# That one resident may have waiting: the rest are to be heard, too.
MOST_EACH = 20


@dataclass(frozen=True)
class Sentence:
    """A sentence that waits for staff; without a trace of whose it is."""

    id: int
    words: str


def is_teaching(resident: Resident) -> bool:
    """Whether the resident lets staff learn from what is not understood."""
    return resident.teaching_consented_at is not None


async def begin(session: AsyncSession, resident: Resident) -> None:
    """Notes the resident's yes."""
    resident.teaching_consented_at = resident.teaching_told_at = now()
    resident.teaching_version = VERSION
    session.add(resident)


async def stop(session: AsyncSession, resident: Resident) -> None:
    """Takes the yes back, and with it go the sentences that wait."""
    await session.execute(delete(TaughtSentence).where(TaughtSentence.resident_id == resident.id))
    resident.teaching_consented_at = resident.teaching_version = None
    resident.teaching_told_at = now()
    session.add(resident)


async def tell_once(session: AsyncSession, resident: Resident) -> bool:
    """Whether to tell the resident that there is such a thing: once, and not who has decided."""
    if resident.teaching_told_at:
        return False
    resident.teaching_told_at = now()
    session.add(resident)
    return True


async def keep(session: AsyncSession, resident: Resident, words: str, strip: Stripper) -> None:
    """Keeps what can be kept of a message that was not understood; of most there is nothing.

    Args:
        session: a transaction.
        resident: who wrote it. Without their consent nothing is kept.
        words: the message. Not one that shows danger, nor one to a human: the caller sees to it.
        strip: takes out what would tell whose it is.
    """
    if not is_teaching(resident) or len(words) > MOST_LETTERS or len(words.split()) > MOST_WORDS:
        return
    stripped = strip(words)
    if len(stripped.replace(GONE, " ").split()) < FEWEST_WORDS:
        return
    mine = TaughtSentence.resident_id == resident.id
    waiting = list(await session.scalars(select(TaughtSentence.words).where(mine)))
    if len(waiting) < MOST_EACH and stripped not in waiting:
        session.add(TaughtSentence(resident_id=resident.id, words=stripped))


async def waiting(session: AsyncSession) -> Sequence[Sentence]:
    """The sentences that wait for staff, the newest first; the same words once."""
    rows = await session.execute(
        select(TaughtSentence.id, TaughtSentence.words).order_by(TaughtSentence.id.desc())
    )
    found: dict[str, Sentence] = {}
    for number, words in rows:
        found.setdefault(words.casefold(), Sentence(number, words))
    return list(found.values())


async def settle(session: AsyncSession, sentence_id: int) -> None:
    """Forgets a sentence that staff have decided about, and whoever else's is the same."""
    rows = list(await session.execute(select(TaughtSentence.id, TaughtSentence.words)))
    decided = {words.casefold() for number, words in rows if number == sentence_id}
    ids = [number for number, words in rows if words.casefold() in decided]
    await session.execute(delete(TaughtSentence).where(TaughtSentence.id.in_(ids)))


async def forget_before(session: AsyncSession, before: datetime) -> None:
    """Forgets sentences that nobody has decided about in time."""
    await session.execute(delete(TaughtSentence).where(TaughtSentence.heard_at < before))
