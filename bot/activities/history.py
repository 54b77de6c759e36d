"""What residents did with activities: showed, saved, declined, went to, and how it was.

A reminder and the question afterwards are for those who said yes to them, for one time of one
activity. What they answer is kept as a number with the activity, and with the resident themselves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.times import HELSINKI, Occurrence, next_occurrence
from bot.store.tables import Activity, ResidentActivity, now

# Why something was not for them, in one tap.
REASONS = ("too_far", "not_mine", "wrong_time", "costs", "too_many")
NEEDS_TOLD = {"costs": "free", "too_many": "quiet"}
# The evening before at this hour, or this long before where that is past.
REMINDED_AT_HOUR = 18
REMINDED_BEFORE = timedelta(hours=2)
# What is asked about is over for so long.
ASKED_AFTER = timedelta(hours=3)
# Questions that could not be asked for so long are let go: it is too late to ask.
TOO_LATE = timedelta(days=5)
LOW_RATING = 2
RATINGS = range(1, 6)


@dataclass(frozen=True)
class Tastes:
    """What the marks of a resident tell about them.

    `liked` and `disliked` are interests and kinds of activities; `weary` is who found things too
    far; `needs` are those that reasons for declining tell of.
    """

    liked: frozenset[str] = frozenset()
    disliked: frozenset[str] = frozenset()
    declined: frozenset[int] = frozenset()
    weary: bool = False
    needs: frozenset[str] = frozenset()


async def mark(
    session: AsyncSession, resident_id: int, activity_id: int, mark: str, why: str | None = None
) -> None:
    """Keeps that an activity was `shown`, `saved` or `declined`; being shown undoes neither."""
    there = await session.get(ResidentActivity, (resident_id, activity_id))
    if there is None:
        there = ResidentActivity(resident_id=resident_id, activity_id=activity_id, mark=mark)
        session.add(there)
    elif mark != "shown":
        there.mark, there.marked_at = mark, now()
    if why in REASONS:
        there.why = why
    await session.flush()


async def marks_of(session: AsyncSession, resident_id: int) -> dict[int, str]:
    """The resident's marks, by activity id."""
    rows = await session.execute(
        select(ResidentActivity.activity_id, ResidentActivity.mark).where(
            ResidentActivity.resident_id == resident_id
        )
    )
    return dict(rows.all())


async def tastes_of(session: AsyncSession, resident_id: int) -> Tastes:
    """What the resident's marks tell about them."""
    rows = await session.execute(
        select(
            ResidentActivity.mark, ResidentActivity.why, Activity.id, Activity.interests,
            Activity.kind,
        )
        .join(Activity)
        .where(
            ResidentActivity.resident_id == resident_id,
            ResidentActivity.mark.in_(("saved", "declined")),
        )
    )  # fmt: skip
    liked: set[str] = set()
    disliked: set[str] = set()
    declined: set[int] = set()
    reasons: set[str] = set()
    for given, why, activity_id, interests, kind in rows:
        if given == "saved":
            liked |= set(interests)
            continue
        declined.add(activity_id)
        reasons.add(why or "")
        if why == "not_mine":
            disliked |= {*interests, *([] if interests else [kind])}
    return Tastes(
        liked=frozenset(liked),
        disliked=frozenset(disliked - liked),
        declined=frozenset(declined),
        weary="too_far" in reasons,
        needs=frozenset(NEEDS_TOLD[why] for why in reasons if why in NEEDS_TOLD),
    )


async def saved(session: AsyncSession, resident_id: int) -> list[Activity]:
    """What the resident saved, the latest first."""
    rows = await session.scalars(
        select(Activity)
        .join(ResidentActivity)
        .where(ResidentActivity.resident_id == resident_id, ResidentActivity.mark == "saved")
        .order_by(ResidentActivity.marked_at.desc(), Activity.id)
    )
    return list(rows)


async def unsave(session: AsyncSession, resident_id: int, activity_id: int) -> None:
    """Takes an activity off the saved ones, and the reminder with it."""
    there = await session.get(ResidentActivity, (resident_id, activity_id))
    if there and there.mark == "saved":
        there.mark, there.remind_at, there.ask_at = "shown", None, None


def when_to_remind(occurrence: Occurrence, at: datetime) -> datetime | None:
    """The evening before, else two hours before; None when it is too late for either."""
    start = occurrence.start.astimezone(HELSINKI)
    evening = (start - timedelta(days=1)).replace(hour=REMINDED_AT_HOUR, minute=0, second=0)
    for moment in (evening, occurrence.start - REMINDED_BEFORE):
        if moment > at:
            return moment
    return None


async def remind(
    session: AsyncSession, resident_id: int, activity: Activity, at: datetime
) -> tuple[Occurrence, datetime] | None:
    """Promises a reminder of the next time of an activity; saves it, too.

    Returns:
        The time it is about and when the reminder comes; None where there is nothing to be
        reminded of any more.
    """
    following = next_occurrence(activity.times, at)
    while following:
        moment = when_to_remind(following, at)
        if moment:
            await mark(session, resident_id, activity.id, "saved")
            there = await session.get_one(ResidentActivity, (resident_id, activity.id))
            there.starts_at, there.remind_at = following.start, moment
            return following, moment
        following = next_occurrence(activity.times, following.end)
    return None


async def ask_afterwards(
    session: AsyncSession, resident_id: int, activity: Activity, at: datetime
) -> bool:
    """Notes that the resident may be asked how it was; False where there is no time to wait for."""
    there = await session.get(ResidentActivity, (resident_id, activity.id))
    if there is None:
        return False
    begins = there.starts_at if there.starts_at and there.starts_at > at else at
    following = next_occurrence(activity.times, begins)
    if following is None:
        return False
    there.starts_at, there.ask_at = following.start, following.end + ASKED_AFTER
    return True


async def do_not_ask(session: AsyncSession, resident_id: int, activity_id: int) -> None:
    """Takes a yes to being asked back."""
    there = await session.get(ResidentActivity, (resident_id, activity_id))
    if there:
        there.ask_at = None


async def due_reminders(session: AsyncSession, at: datetime) -> list[ResidentActivity]:
    """The reminders whose time has come; those of what has begun by now are let go."""
    rows = await session.scalars(
        select(ResidentActivity)
        .where(ResidentActivity.remind_at <= at)
        .order_by(ResidentActivity.remind_at)
        .limit(100)
    )
    due = []
    for row in rows:
        row.remind_at = None
        if row.starts_at and row.starts_at > at:
            due.append(row)
    return due


async def due_questions(session: AsyncSession, at: datetime) -> list[ResidentActivity]:
    """The questions "how was it?" whose time has come; too late ones are let go."""
    rows = await session.scalars(
        select(ResidentActivity)
        .where(ResidentActivity.ask_at <= at)
        .order_by(ResidentActivity.ask_at)
        .limit(100)
    )
    due = []
    for row in rows:
        if row.ask_at and row.ask_at > at - TOO_LATE:
            due.append(row)
        row.ask_at = None
    return due


async def tell_went(
    session: AsyncSession, resident_id: int, activity_id: int, *, went: bool
) -> None:
    """Keeps whether the resident went."""
    there = await session.get(ResidentActivity, (resident_id, activity_id))
    if there:
        there.went = went


async def rate(
    session: AsyncSession, resident_id: int, activity_id: int, rating: int
) -> Activity | None:
    """Keeps how it was, from 1 to 5, in place of an earlier answer of the same resident.

    Returns:
        The activity where the answer is a low one, for staff to hear of; else None.
    """
    there = await session.get(ResidentActivity, (resident_id, activity_id))
    activity = await session.get(Activity, activity_id)
    if there is None or activity is None or rating not in RATINGS:
        return None
    if there.rating is None:
        activity.ratings += 1
    activity.rating_sum += rating - (there.rating or 0)
    there.went, there.rating = True, rating
    return activity if rating <= LOW_RATING else None
