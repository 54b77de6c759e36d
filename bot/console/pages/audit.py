"""Who saw and did what."""

import contextlib
from datetime import datetime, timedelta

from sqlalchemy import select
from starlette.responses import Response

from bot.activities.times import HELSINKI
from bot.console.visit import Page, Visit
from bot.people import audit
from bot.people.permissions import Permission
from bot.store.tables import Person

LENGTH = 100


async def show(visit: Visit) -> Response:
    """The latest entries of those that are looked for."""
    given = visit.parameters
    since, until = _day(given.get("since", "")), _day(given.get("until", ""))
    wanted = audit.Wanted(
        person_id=visit.count("person"),
        act=given.get("act", ""),
        about=given.get("about", "").strip(),
        since=since,
        until=until and until + timedelta(days=1),
    )
    async with visit.house.store.begin() as session:
        found = await audit.look(session, wanted, before=visit.count("before"), limit=LENGTH + 1)
        acts = await audit.acts(session)
        people = list(await session.scalars(select(Person).order_by(Person.name)))
    more = found[LENGTH - 1].id if len(found) > LENGTH else None
    return visit.show(
        "audit.html", entries=found[:LENGTH], more=more, acts=acts, people=people, given=given
    )


def _day(text: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=HELSINKI)
    return None


PAGES = (Page("/audit", Permission.SEE_AUDIT, show),)
