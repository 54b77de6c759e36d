from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from bot.people import audit, registry
from bot.people.audit import Wanted
from bot.people.permissions import Role
from bot.store.engine import Store
from bot.store.tables import AuditEntry, now


async def test_r6_the_database_itself_refuses_to_change_or_drop_an_entry(store: Store) -> None:
    async with store.begin() as session:
        audit.note(session, None, "sign_in")
    for statement in (update(AuditEntry).values(act="nothing"), delete(AuditEntry)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with store.begin() as session:
                await session.execute(statement)
    async with store.begin() as session:
        assert [entry.act for entry in await audit.look(session, Wanted())] == ["sign_in"]


async def test_entries_are_found_by_who_what_about_and_when(store: Store) -> None:
    async with store.begin() as session:
        aino = await registry.add(session, 1, "Aino", Role.ADMIN, "fi")
        audit.note(session, aino, "claim", "handoff:1")
        audit.note(session, aino, "see", "handoff:2", unread=3)
        audit.note(session, None, "link_refused")
    hour = timedelta(hours=1)
    async with store.begin() as session:
        for wanted, acts in (
            (Wanted(), ["link_refused", "see", "claim"]),
            (Wanted(person_id=aino.id), ["see", "claim"]),
            (Wanted(act="claim"), ["claim"]),
            (Wanted(about="handoff:2"), ["see"]),
            (Wanted(since=now() + hour), []),
            (Wanted(since=now() - hour, until=now() + hour), ["link_refused", "see", "claim"]),
            (Wanted(until=now() - hour), []),
        ):
            assert [entry.act for entry in await audit.look(session, wanted)] == acts
        [latest] = await audit.look(session, Wanted(), limit=1)
        rest = await audit.look(session, Wanted(), before=latest.id)
        assert [entry.facts for entry in rest] == [{"unread": 3}, {}]
        assert await audit.acts(session) == ["claim", "link_refused", "see"]
