"""What waits and what goes on, live: dangers first."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from bot.console.live import Stream
from bot.console.visit import Page, Visit
from bot.errors import HandoffRefused
from bot.handoff import aftercare, service, views
from bot.handoff.states import HELD
from bot.handoff.views import Filter
from bot.people import audit
from bot.people.permissions import Permission
from bot.store.tables import Handoff, Resident, now

MARKS = ("danger", "escalated", "unanswered", "mine")


async def show(visit: Visit) -> Response:
    """The queue; its rows alone where an open page asks for them anew."""
    async with visit.house.store.begin() as session:
        return visit.show(
            "queue_rows.html" if visit.partial else "queue.html", **await _seen(visit, session)
        )


async def _seen(visit: Visit, session: AsyncSession, **more: Any) -> dict[str, Any]:
    given = visit.parameters
    wanted = Filter(
        alias=given.get("alias", "").strip(),
        language=given.get("language") or None,
        municipality=given.get("municipality") or None,
        marks=frozenset(mark for mark in MARKS if given.get(mark)),
    )
    rows = await views.queue(session, visit.person.telegram_id, wanted)
    narrowed = wanted != Filter()
    everything = await views.queue(session, visit.person.telegram_id) if narrowed else rows
    due = await aftercare.due(session, now())
    return {
        "waiting": [row for row in rows if row.handoff.state not in HELD],
        "held": [row for row in rows if row.handoff.state in HELD],
        "due": [(one, await _alias(session, one)) for one in due],
        "languages": sorted({row.language for row in everything}),
        "municipalities": sorted({row.municipality for row in everything if row.municipality}),
        "marks": MARKS,
        "given": given,
        "narrowed": narrowed,
        **more,
    }


async def _alias(session: AsyncSession, handoff: Handoff) -> str:
    return (await session.get_one(Resident, handoff.resident_id)).alias


async def claim(visit: Visit) -> Response:
    """Takes one that waits; whoever is later hears who was first."""
    handoff_id = visit.number("handoff_id")
    try:
        async with visit.house.store.begin() as session:
            await service.claim(session, handoff_id, visit.person.telegram_id, visit.person.name)
            audit.note(session, visit.person, "claim", f"handoff:{handoff_id}")
    except HandoffRefused as refusal:
        async with visit.house.store.begin() as session:
            seen = await _seen(visit, session, refusal=refusal)
        return visit.show("queue.html", 409, **seen)
    return visit.go(f"/talks/{handoff_id}")


async def events(visit: Visit) -> Response:
    """Says when something has changed."""
    return Stream(visit).response()


async def followed_up(visit: Visit) -> Response:
    """Somebody has seen to what was to be followed up."""
    handoff_id = visit.number("handoff_id")
    async with visit.house.store.begin() as session:
        await aftercare.followed_up(session, handoff_id)
        audit.note(session, visit.person, "followed_up", f"handoff:{handoff_id}")
    return visit.go("/queue")


PAGES = (
    Page("/queue", Permission.SEE_QUEUE, show),
    Page("/queue/events", Permission.SEE_QUEUE, events),
    Page("/talks/{handoff_id:int}/claim", Permission.TALK, claim, "POST"),
    Page("/talks/{handoff_id:int}/followed-up", Permission.TALK, followed_up, "POST"),
)
