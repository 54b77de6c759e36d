"""What residents looked for and did not find nearby: counted by month, never quoted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.ranking import Wish
from bot.activities.search import Suggestion
from bot.activities.times import HELSINKI
from bot.store.tables import UnmetSearch

ANYWHERE = ""


@dataclass(frozen=True)
class Unmet:
    """How often something was looked for in vain; `term` as in the search index."""

    term: str
    municipality: str
    times: int


def unmet_terms(wish: Wish, found: Iterable[Suggestion]) -> list[str]:
    """What was asked for by name, and is in none of what was found nearby."""
    near = [one for one in found if not (one.wider or one.other_time or one.other_interest)]
    terms = [
        f"interest:{key}"
        for key in wish.asked
        if not any(key in one.activity.interests for one in near)
    ]
    if wish.only and not near:
        terms += [f"only:{str(fact.name).lower()}" for fact in wish.only]
    if not wish.asked and not wish.only and not near:
        terms.append("any")
    return terms


async def note_unmet(
    session: AsyncSession, terms: Iterable[str], municipality: str | None, at: datetime
) -> None:
    """Counts each once more."""
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    for term in terms:
        row = insert(UnmetSearch).values(
            month=f"{at.astimezone(HELSINKI):%Y-%m}",
            municipality=municipality or ANYWHERE,
            term=term,
            times=1,
        )
        again = {"times": UnmetSearch.times + 1}
        keys = ["month", "municipality", "term"]
        await session.execute(row.on_conflict_do_update(index_elements=keys, set_=again))


async def most_unmet(session: AsyncSession, since: str, limit: int = 50) -> list[Unmet]:
    """What was looked for most often since a month ("2026-11"), the most often first."""
    times = func.sum(UnmetSearch.times)
    rows = await session.execute(
        select(UnmetSearch.term, UnmetSearch.municipality, times)
        .where(UnmetSearch.month >= since)
        .group_by(UnmetSearch.term, UnmetSearch.municipality)
        .order_by(times.desc(), UnmetSearch.term, UnmetSearch.municipality)
        .limit(limit)
    )
    return [Unmet(term, municipality, int(count)) for term, municipality, count in rows]
