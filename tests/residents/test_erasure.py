from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.factors import profile
from bot.handoff import blocks, ledger, service, volunteers
from bot.handoff.states import RESIDENT
from bot.residents.aliases import Aliases
from bot.residents.erasure import Erased, erase
from bot.residents.identity import meet
from bot.residents.privacy import Kept, kept
from bot.store.engine import Store
from bot.store.tables import (
    Activity,
    HandoffCopy,
    Keyboard,
    Outgoing,
    Resident,
    ResidentActivity,
    SafetyAssessment,
    Table,
    TaughtSentence,
    Update,
    now,
)

GROUP = -1001000000001
# Updates stay as bare numbers; activities and what was looked for in vain are nobody's;
# `forgotten` is a list of what is to do.
NOT_A_RESIDENTS = {
    "updates",
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
    "audit",  # numbers of talks, never whose
}


async def _live(session: AsyncSession, resident: Resident, number: int) -> None:
    """Leaves a trace of the resident in every table that can hold one."""
    resident.municipality = f"municipality{number}"
    await profile.add(session, resident, ["shyness", f"factor{number}"])
    await profile.add_interests(session, resident, [f"interest{number}"])
    activity = Activity(
        source="test",
        source_id=str(number),
        kind="group",
        title={},
        text={},
        needs=[],
        interests=[],
        times=[],
        languages=[],
        walk_in=True,
        checked_at=now(),
    )
    session.add(activity)
    await session.flush()
    first = await service.request(session, resident, {"factors": [f"factor{number}"]})
    first.topic_id = 40 + number
    await service.claim(session, first.id, 9001, "Aino")
    await service.end(session, first.id, RESIDENT)
    second = await service.request(session, resident, {})
    heard = await ledger.hear(session, second, ledger.Content(f"words{number}"))
    await ledger.edit(session, heard, f"other words{number}")
    await ledger.say(
        session, second.id, 9001, "Aino", ledger.Content(f"reply{number}"), take_up=True
    )
    await ledger.note(session, second.id, 9001, "Aino", f"words{number}")
    until = now() + timedelta(days=1)
    await blocks.block(session, resident.id, 9001, "Aino", f"words{number}", until)
    await volunteers.offer(session, resident, {"what": f"words{number}"})
    session.add(
        HandoffCopy(handoff_id=second.id, message_id=heard.id, chat_id=GROUP, telegram_id=number)
    )
    session.add_all(
        [
            ResidentActivity(resident_id=resident.id, activity_id=activity.id, mark="saved"),
            TaughtSentence(resident_id=resident.id, words=f"words{number}"),
            SafetyAssessment(resident_id=resident.id, kind="x", level="low", pattern_ids=[]),
            Keyboard(
                token=f"token{number}", resident_id=resident.id, kind="once", options=[], chosen=[]
            ),
            Update(
                update_id=number, lane=f"resident:{resident.telegram_id}", body=f"words{number}"
            ),
            Update(update_id=1000 + number, lane=f"resident:{resident.telegram_id}0", body="other"),
            _outgoing(f"a{number}", resident.telegram_id, f"reply{number}", None),
            _outgoing(f"b{number}", GROUP, f"words{number}", second.id),
        ]
    )


def _outgoing(key: str, chat_id: int, text: str, handoff_id: int | None) -> Outgoing:
    return Outgoing(
        key=key,
        chat_id=chat_id,
        method="sendMessage",
        params={"text": text},
        handoff_id=handoff_id,
    )


async def _rows(session: AsyncSession) -> dict[str, list[dict[str, Any]]]:
    return {
        table.name: [dict(row) for row in (await session.execute(select(table))).mappings()]
        for table in Table.metadata.sorted_tables
    }


def _mentions(rows: Iterable[dict[str, Any]], resident: Resident, number: int) -> bool:
    traces = [
        str(resident.telegram_id),
        resident.conversation_id,
        resident.alias,
        *(f"{word}{number}" for word in ("municipality", "factor", "interest", "words", "reply")),
    ]
    return any(
        row.get("resident_id") == resident.id or any(trace in str(row) for trace in traces)
        for row in rows
    )


async def test_erasing_leaves_no_row_that_mentions_the_resident_and_spares_the_others(
    store: Store, aliases: Aliases
) -> None:
    async with store.begin() as session:
        leaving, _ = await meet(session, 70010001, "fi", aliases)
        staying, _ = await meet(session, 80020002, "fi", aliases)
        await _live(session, leaving, 1)
        await _live(session, staying, 2)
    async with store.begin() as session:
        before = await _rows(session)
    empty = {table for table, rows in before.items() if not rows}
    assert empty <= NOT_A_RESIDENTS, "a table that no trace is left in is not tested"
    assert _mentions(chain(*before.values()), leaving, 1)

    async with store.begin() as session:
        erased = await erase(session, leaving)
    assert erased == Erased(leaving.conversation_id, (41,))

    async with store.begin() as session:
        after = await _rows(session)
    assert after.pop("forgotten") == [
        {"conversation_id": leaving.conversation_id, "topic_ids": [41]}
    ]
    for table, rows in after.items():
        others = [row for row in rows if row.get("update_id") != 1001]
        assert not _mentions(others, leaving, 1), table
        if table not in NOT_A_RESIDENTS:
            assert len(rows) == len(before[table]) / 2, table
            assert all(row in before[table] for row in rows), table


async def test_an_erased_residents_updates_count_as_handled_and_hold_no_words(
    store: Store, resident: Resident
) -> None:
    lane = f"resident:{resident.telegram_id}"
    async with store.begin() as session:
        session.add_all(
            [
                Update(update_id=1, lane=lane, body="words"),
                Update(update_id=2, lane=f"{lane}2", body="somebody else's"),
            ]
        )
    async with store.begin() as session:
        await erase(session, resident)
    async with store.begin() as session:
        mine, other = await session.scalars(select(Update).order_by(Update.update_id))
    assert (mine.body, mine.lane) == (None, "erased")
    assert mine.handled_at is not None
    assert (other.body, other.handled_at) == ("somebody else's", None)


async def test_who_was_erased_is_met_as_somebody_new(
    store: Store, aliases: Aliases, resident: Resident
) -> None:
    async with store.begin() as session:
        await erase(session, resident)
    async with store.begin() as session:
        again, new = await meet(session, resident.telegram_id, "fi", aliases)
    assert new
    assert again.conversation_id != resident.conversation_id


async def test_a_resident_can_see_what_is_kept_about_them(store: Store, resident: Resident) -> None:
    async with store.begin() as session:
        somebody = await session.merge(resident)
        await _live(session, somebody, 1)
    async with store.begin() as session:
        assert await kept(session, somebody) == Kept(
            alias=resident.alias,
            language="fi",
            municipality="municipality1",
            factors=("shyness", "factor1"),
            interests=("interest1",),
            saved_activities=1,
            sentences=1,
            handoffs=2,
            since=resident.created_at,
        )


async def test_of_a_resident_who_has_told_nothing_nothing_is_kept(
    store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        what = await kept(session, resident)
    assert (what.municipality, what.factors, what.interests) == (None, (), ())
    assert (what.saved_activities, what.sentences, what.handoffs) == (0, 0, 0)
