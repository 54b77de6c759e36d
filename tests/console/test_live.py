"""What an open page is told, and when it is told nothing any more."""

from collections.abc import AsyncIterator

import pytest
from starlette.datastructures import FormData
from starlette.requests import Request

from bot.console import live
from bot.console.house import House
from bot.console.live import Stream
from bot.console.visit import Visit
from bot.handoff import ledger, service
from bot.handoff.ledger import Content
from bot.people import registry, sign_in
from bot.people.permissions import Role
from bot.people.sign_in import SignedIn
from bot.store.engine import Store
from bot.store.tables import Resident
from tests.handoff.making import AINO, EERO, taken

QUEUE, TALK = "event: queue\ndata: \n\n", "event: talk\ndata: \n\n"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOKS", 0.01)
    monkeypatch.setattr(live, "GATHERS", 0.01)


@pytest.fixture
async def visit(store: Store, house: House) -> Visit:
    """Aino's visit, with a browser that has no good session any more."""
    async with store.begin() as session:
        person = await registry.add(session, AINO, "Aino", Role.MODERATOR, "fi")
        _, signed_in = await sign_in.begin(session, person, "one")
    request = Request({"type": "http", "headers": [], "path": "/", "method": "GET"})
    return Visit(request, house, SignedIn(signed_in.person, signed_in.session), FormData())


@pytest.fixture
async def handoff_id(store: Store, resident: Resident) -> int:
    return await taken(store, resident)


async def events(stream: Stream) -> AsyncIterator[str]:
    async for event in stream._events():
        if not event.startswith(":"):
            yield event


async def heard(store: Store, handoff_id: int) -> None:
    async with store.begin() as session:
        handoff = await service.get(session, handoff_id)
        assert handoff
        await ledger.hear(session, handoff, Content("moi"))


async def test_u1_a_new_connection_hears_at_once_that_it_may_have_missed_something(
    visit: Visit, handoff_id: int
) -> None:
    assert await anext(events(Stream(visit, handoff_id))) == TALK
    assert await anext(events(Stream(visit))) == QUEUE


async def test_a_page_hears_of_its_own_talk_and_of_no_other(
    visit: Visit, handoff_id: int, store: Store, house: House
) -> None:
    told = events(Stream(visit, handoff_id + 1))
    await anext(told)
    await heard(store, handoff_id)
    # Of what comes after it the page hears, so it would have heard of that message, too.
    house.presence.types(handoff_id + 1, EERO, "Eero")
    assert (await anext(told)).startswith("event: typing")
    own = events(Stream(visit, handoff_id))
    await anext(own)
    await heard(store, handoff_id)
    assert await anext(own) == TALK


async def test_many_changes_at_once_are_one_event_for_the_queue(
    visit: Visit, handoff_id: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE", 0.05)
    told = events(Stream(visit))
    await anext(told)
    with store.listen(service.BELL) as bell:
        for _ in range(5):
            await heard(store, handoff_id)
        assert len(bell.take()) >= 5
    # One for the five, one when nobody is found to be signed in.
    assert [event async for event in told] == [QUEUE, QUEUE]


async def test_c4_who_else_types_is_told_and_that_they_stopped(
    visit: Visit, handoff_id: int, house: House
) -> None:
    told = events(Stream(visit, handoff_id))
    await anext(told)
    house.presence.types(handoff_id, AINO, "Aino")
    house.presence.types(handoff_id, EERO, "<b>Eero")
    assert await anext(told) == "event: typing\ndata: &lt;b&gt;Eero kirjoittaa…\n\n"
    house.presence.stops(handoff_id, EERO)
    assert await anext(told) == "event: typing\ndata: \n\n"


async def test_who_is_signed_out_is_told_to_ask_once_more_and_then_nothing(
    visit: Visit, handoff_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE", 0.02)
    told = [event async for event in events(Stream(visit, handoff_id))]
    assert told == [TALK, TALK]
