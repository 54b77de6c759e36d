"""What is kept about a resident, and why: the one table that /tietoni is written from.

A test holds it against the real tables, so that nothing is kept unsaid.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import (
    Block,
    Handoff,
    HandoffCopy,
    HandoffMessage,
    HandoffMove,
    HandoffNote,
    HandoffRead,
    HandoffVersion,
    Keyboard,
    Outgoing,
    Resident,
    ResidentActivity,
    ResidentFactor,
    ResidentInterest,
    SafetyAssessment,
    Table,
    TaughtSentence,
    Update,
    Volunteer,
)

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Kind:
    """One kind of what is kept.

    Attributes:
        table: where it is kept.
        of: which of its rows are a resident's.
        consented: kept after a yes to it only.
    """

    table: type[Table]
    of: Callable[[Resident], ColumnElement[bool]]
    consented: bool = False

    @property
    def name(self) -> str:
        """What it is called. `phrases.yml` says under `purpose.NAME` what it is kept for."""
        return str(self.table.__tablename__)


def _handoffs_of(resident: Resident) -> Any:
    return select(Handoff.id).where(Handoff.resident_id == resident.id)


def _messages_of(resident: Resident) -> Any:
    return select(HandoffMessage.id).where(HandoffMessage.handoff_id.in_(_handoffs_of(resident)))


KEPT = (
    Kind(Resident, lambda resident: Resident.id == resident.id),
    Kind(ResidentFactor, lambda r: ResidentFactor.resident_id == r.id, consented=True),
    Kind(ResidentInterest, lambda r: ResidentInterest.resident_id == r.id, consented=True),
    Kind(ResidentActivity, lambda r: ResidentActivity.resident_id == r.id),
    Kind(TaughtSentence, lambda r: TaughtSentence.resident_id == r.id, consented=True),
    Kind(Handoff, lambda r: Handoff.resident_id == r.id),
    Kind(HandoffMove, lambda r: HandoffMove.handoff_id.in_(_handoffs_of(r))),
    Kind(HandoffMessage, lambda r: HandoffMessage.handoff_id.in_(_handoffs_of(r))),
    Kind(HandoffVersion, lambda r: HandoffVersion.message_id.in_(_messages_of(r))),
    Kind(HandoffNote, lambda r: HandoffNote.handoff_id.in_(_handoffs_of(r))),
    Kind(HandoffCopy, lambda r: HandoffCopy.handoff_id.in_(_handoffs_of(r))),
    Kind(HandoffRead, lambda r: HandoffRead.handoff_id.in_(_handoffs_of(r))),
    Kind(Block, lambda r: Block.resident_id == r.id),
    Kind(Volunteer, lambda r: Volunteer.resident_id == r.id),
    Kind(SafetyAssessment, lambda r: SafetyAssessment.resident_id == r.id),
    Kind(Keyboard, lambda r: Keyboard.resident_id == r.id),
    Kind(Update, lambda r: Update.lane == f"resident:{r.telegram_id}"),
    Kind(
        Outgoing,
        lambda r: (Outgoing.chat_id == r.telegram_id) | Outgoing.handoff_id.in_(_handoffs_of(r)),
    ),
)
# Tables with nothing of a resident in them: what is on and how it is found, what a month's searches
# did not find, what of the erased is still to remove, the moderators' group and their shifts, and
# who works here and what they did.
NOBODYS = frozenset(
    {
        "activities",
        "activity_search",
        "activity_sources",
        "unmet_searches",
        "forgotten",
        "moderator_groups",
        "duty_shifts",
        "people",
        "sign_in_links",
        "console_sessions",
        "audit",
    }
)
# A moderator's own, or a number that only the database means something by.
WITHHELD = frozenset(
    {
        "moderator_id",
        "reviewer_id",
        "actor",
        "author",
        "resident_id",
        "topic_id",
        "chat_id",
    }
)


async def everything(session: AsyncSession, resident: Resident) -> Rows:
    """All that is kept about a resident, by the name of its kind, ready to be written as JSON."""
    return {
        kind.name: [
            _row(found)
            for found in await session.scalars(select(kind.table).where(kind.of(resident)))
        ]
        for kind in KEPT
    }


def _row(found: Table) -> dict[str, Any]:
    columns: Sequence[str] = [
        column.name for column in found.__table__.columns if column.name not in WITHHELD
    ]
    return {name: _plain(getattr(found, name)) for name in columns}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
