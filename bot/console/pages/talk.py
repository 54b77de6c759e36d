"""One talk: what both sides say, live, and everything that can be done about it."""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from bot.activities.times import HELSINKI
from bot.console.live import Stream
from bot.console.visit import Page, Visit
from bot.errors import HandoffRefused
from bot.handoff import aftercare, blocks, ledger, service, views
from bot.handoff.ledger import Content, Entry
from bot.handoff.states import HELD, OPEN, moderator
from bot.handoff.views import Row
from bot.people import audit, registry
from bot.people.permissions import Permission, allows
from bot.store.tables import Activity, Handoff, ResidentActivity

NOTE = "//"
SUGGESTED = 6
BLOCK_DAYS = (1, 7, 30, 90)
WORDS = 4000
# Has the page ask for what it has not seen.
NEWS = {"hx-trigger": "news"}


class Gone(Exception):
    """There is no such talk."""


@dataclass(frozen=True)
class Talk:
    """What a page shows of one.

    Attributes:
        row: the handoff and what it is marked with.
        entries: what was said, noted and moved.
        newest: the number of the newest of them.
        mine: whether the visitor has it.
    """

    row: Row
    entries: list[Entry]
    newest: int
    mine: bool

    @property
    def handoff(self) -> Handoff:
        """As it stands."""
        return self.row.handoff


async def _talk(visit: Visit, session: AsyncSession, after: int = 0) -> Talk:
    """Reads a talk.

    Raises:
        Gone: there is none.
    """
    handoff_id = visit.number("handoff_id")
    row = await views.row(session, handoff_id, visit.person.telegram_id)
    if row is None:
        raise Gone
    entries = await ledger.transcript(session, handoff_id, after)
    newest = max([after, *(entry.changed for entry in entries)])
    mine = row.handoff.state in HELD and row.handoff.moderator_id == visit.person.telegram_id
    return Talk(row, entries, newest, mine)


async def show(visit: Visit, refusal: HandoffRefused | None = None) -> Response:
    """The whole talk."""
    async with visit.house.store.begin() as session:
        talk = await _talk(visit, session)
        about = f"handoff:{talk.handoff.id}"
        audit.note(session, visit.person, "see", about)
        values = await _around(visit, session, talk)
    return visit.show("talk.html", 409 if refusal else 200, talk=talk, refusal=refusal, **values)


async def _around(visit: Visit, session: AsyncSession, talk: Talk) -> dict[str, Any]:
    """What stands beside the transcript."""
    house, handoff = visit.house, talk.handoff
    resident_id = talk.row.resident_id
    suggested = await session.scalars(
        select(Activity)
        .join(ResidentActivity, ResidentActivity.activity_id == Activity.id)
        .where(ResidentActivity.resident_id == resident_id)
        .order_by(ResidentActivity.marked_at.desc())
        .limit(SUGGESTED)
    )
    earlier = await views.past(session, resident_id=resident_id, limit=6)
    people = await registry.everybody(session)
    return {
        "shared": house.shared_of(handoff.shared, visit.language),
        "suggested": list(suggested),
        "earlier": [one for one in earlier if one.handoff.id != handoff.id],
        "colleagues": [
            one
            for one in people
            if allows(one.role, Permission.TALK) and one.telegram_id != handoff.moderator_id
        ],
        "canned": [
            (reply.titles[visit.language], _filled(visit, talk, reply.name))
            for reply in house.canned.replies.values()
        ],
        "outcomes": aftercare.OUTCOMES,
        "block_days": BLOCK_DAYS,
        "blocks": await blocks.blocks_of(session, resident_id, standing=True),
        "open_states": OPEN,
    }


def _filled(visit: Visit, talk: Talk, name: str) -> str:
    reply = visit.house.canned.replies[name]
    return reply.fill(
        talk.row.language, moderator=visit.person.name, municipality=talk.row.municipality
    )


async def news(visit: Visit) -> Response:
    """What is new or has changed since the number that the page has seen."""
    after = visit.count("after") or 0
    async with visit.house.store.begin() as session:
        talk = await _talk(visit, session, after)
        moved = any(entry.what == "move" for entry in talk.entries)
        around = await _around(visit, session, talk) if moved else {}
    return visit.show("talk_news.html", talk=talk, after=after, moved=moved, refusal=None, **around)


async def events(visit: Visit) -> Response:
    """Says when something has changed, or somebody types."""
    return Stream(visit, visit.number("handoff_id")).response()


async def say(visit: Visit) -> Response:
    """The holder's words to the resident; what begins with `//` stays inside."""
    words = str(visit.form.get("words", "")).strip()[:WORDS]
    if words.startswith(NOTE):
        return await _note(visit, words.removeprefix(NOTE))
    handoff_id, person = visit.number("handoff_id"), visit.person
    try:
        async with visit.house.store.begin() as session:
            said = await ledger.say(
                session,
                handoff_id,
                person.telegram_id,
                person.name,
                Content(words),
                seen=visit.given("after"),
            )
            audit.note(session, person, "say", f"handoff:{handoff_id}", number=said.number)
    except HandoffRefused as refusal:
        return _refused(visit, refusal)
    visit.house.presence.stops(handoff_id, person.telegram_id)
    return _done()


async def note(visit: Visit) -> Response:
    """A note, which stays inside."""
    return await _note(visit, str(visit.form.get("words", "")))


async def _note(visit: Visit, words: str) -> Response:
    handoff_id, person = visit.number("handoff_id"), visit.person
    try:
        async with visit.house.store.begin() as session:
            made = await ledger.note(
                session, handoff_id, person.telegram_id, person.name, words[:WORDS]
            )
            audit.note(session, person, "note", f"handoff:{handoff_id}", number=made.number)
    except HandoffRefused as refusal:
        return _refused(visit, refusal)
    return _done()


async def retry(visit: Visit) -> Response:
    """Sends again what did not get through."""
    handoff_id = visit.number("handoff_id")
    try:
        async with visit.house.store.begin() as session:
            await ledger.retry(session, visit.number("message_id"), visit.person.telegram_id)
            audit.note(session, visit.person, "retry", f"handoff:{handoff_id}")
    except HandoffRefused as refusal:
        return _refused(visit, refusal)
    return _done()


def _done() -> Response:
    """Nothing to show: the page is told to ask for the news, as when anybody else has written."""
    return Response(status_code=204, headers=NEWS)


def _refused(visit: Visit, refusal: HandoffRefused) -> Response:
    """Why not; and the news, so that whoever was behind is not any more."""
    text = visit.refused(refusal)
    return HTMLResponse(visit.draw("note_oob.html", text=text, kind="bad"), 409, NEWS)


async def read(visit: Visit) -> Response:
    """The visitor has the talk before their eyes, up to a number."""
    number = visit.given("number")
    async with visit.house.store.begin() as session:
        await ledger.mark_read(
            session, visit.number("handoff_id"), visit.person.telegram_id, number
        )
    return Response(status_code=204)


async def types(visit: Visit) -> Response:
    """The visitor types in the field for the resident, who is shown it if the talk is theirs."""
    handoff_id, person = visit.number("handoff_id"), visit.person
    async with visit.house.store.begin() as session:
        handoff = await service.get(session, handoff_id)
    if handoff and handoff.state in HELD and handoff.moderator_id == person.telegram_id:
        visit.house.presence.types(handoff_id, person.telegram_id, person.name)
    return Response(status_code=204)


# --- moves ------------------------------------------------------------------------------------


async def _moved(visit: Visit, act: str, make: Any, **facts: Any) -> Response:
    """Makes a move, and shows the talk after it."""
    handoff_id = visit.number("handoff_id")
    try:
        async with visit.house.store.begin() as session:
            await make(session)
            audit.note(session, visit.person, act, f"handoff:{handoff_id}", **facts)
    except HandoffRefused as refusal:
        return await show(visit, refusal)
    return visit.go(f"/talks/{handoff_id}")


async def release(visit: Visit) -> Response:
    """Back into the queue, with a reason if they like."""
    reason = str(visit.form.get("reason", "")).strip()[:500] or None
    ids = visit.number("handoff_id"), visit.person.telegram_id
    return await _moved(visit, "release", lambda s: service.release(s, *ids, reason))


async def transfer(visit: Visit) -> Response:
    """To a colleague."""
    reason = str(visit.form.get("reason", "")).strip()[:500] or None
    async with visit.house.store.begin() as session:
        to = await registry.by_telegram_id(session, visit.given("to"))
    if to is None or not allows(to.role, Permission.TALK):
        return await show(visit, HandoffRefused("nobody"))
    ids = visit.number("handoff_id"), visit.person.telegram_id
    return await _moved(
        visit,
        "transfer",
        lambda s: service.transfer(s, *ids, to.telegram_id, to.name, reason),
        to=to.name,
    )


async def take_over(visit: Visit) -> Response:
    """From the one who has it."""
    holder = visit.given("holder")
    handoff_id, person = visit.number("handoff_id"), visit.person
    return await _moved(
        visit,
        "take_over",
        lambda s: service.take_over(s, handoff_id, person.telegram_id, person.name, holder),
    )


async def escalate(visit: Visit) -> Response:
    """Calls for more eyes."""
    reason = str(visit.form.get("reason", "")).strip()[:500] or None
    actor = moderator(visit.person.telegram_id)
    handoff_id, name = visit.number("handoff_id"), visit.person.name
    return await _moved(
        visit, "escalate", lambda s: service.escalate(s, handoff_id, actor, name, reason)
    )


async def end(visit: Visit) -> Response:
    """Ends the talk; the bot goes on."""
    actor = moderator(visit.person.telegram_id)
    handoff_id, name = visit.number("handoff_id"), visit.person.name
    return await _moved(visit, "end", lambda s: service.end(s, handoff_id, actor, name))


async def reopen(visit: Visit) -> Response:
    """Takes an ended talk up again."""
    ids = visit.number("handoff_id"), visit.person.telegram_id
    return await _moved(visit, "reopen", lambda s: service.reopen(s, *ids, visit.person.name))


async def close(visit: Visit) -> Response:
    """What came of it, a note, and when it is to be looked at again."""
    form = visit.form
    outcome = str(form.get("outcome") or "") or None
    if outcome not in (None, *aftercare.OUTCOMES):
        outcome = None
    handoff_id = visit.number("handoff_id")
    return await _moved(
        visit,
        "close",
        lambda s: aftercare.close(
            s,
            handoff_id,
            outcome=outcome,
            note=str(form.get("note") or "")[:WORDS],
            follow_up_at=_morning(str(form.get("follow_up") or "")),
        ),
        outcome=outcome,
    )


async def block(visit: Visit) -> Response:
    """The resident may not ask for a human for a time; the helplines they still get."""
    reason = str(visit.form.get("reason", "")).strip()[:500]
    days = visit.given("days")
    if not reason or days not in BLOCK_DAYS:
        return await show(visit, HandoffRefused("reason"))
    until = datetime.now(HELSINKI) + timedelta(days=days)
    person = visit.person

    async def make(session: AsyncSession) -> None:
        resident_id = (await _talk(visit, session)).row.resident_id
        await blocks.block(session, resident_id, person.telegram_id, person.name, reason, until)

    return await _moved(visit, "block", make, days=days)


async def unblock(visit: Visit) -> Response:
    """The resident may ask again."""

    async def make(session: AsyncSession) -> None:
        await blocks.lift(session, (await _talk(visit, session)).row.resident_id)

    return await _moved(visit, "unblock", make)


def _morning(day: str) -> datetime | None:
    """Nine o'clock of a day; none where there is no day."""
    with contextlib.suppress(ValueError):
        return datetime.strptime(day, "%Y-%m-%d").replace(hour=9, tzinfo=HELSINKI)
    return None


ONE = "/talks/{handoff_id:int}"
PAGES = (
    Page(ONE, Permission.SEE_QUEUE, show),
    Page(f"{ONE}/news", Permission.SEE_QUEUE, news),
    Page(f"{ONE}/events", Permission.SEE_QUEUE, events),
    Page(f"{ONE}/read", Permission.SEE_QUEUE, read, "POST"),
    Page(f"{ONE}/types", Permission.TALK, types, "POST"),
    Page(f"{ONE}/say", Permission.TALK, say, "POST"),
    Page(f"{ONE}/note", Permission.TALK, note, "POST"),
    Page(f"{ONE}/messages/{{message_id:int}}/retry", Permission.TALK, retry, "POST"),
    Page(f"{ONE}/release", Permission.TALK, release, "POST"),
    Page(f"{ONE}/transfer", Permission.TALK, transfer, "POST"),
    Page(f"{ONE}/take-over", Permission.TAKE_OVER, take_over, "POST"),
    Page(f"{ONE}/escalate", Permission.TALK, escalate, "POST"),
    Page(f"{ONE}/end", Permission.TALK, end, "POST"),
    Page(f"{ONE}/reopen", Permission.TALK, reopen, "POST"),
    Page(f"{ONE}/close", Permission.TALK, close, "POST"),
    Page(f"{ONE}/block", Permission.BLOCK, block, "POST"),
    Page(f"{ONE}/unblock", Permission.BLOCK, unblock, "POST"),
)
