from datetime import timedelta

from sqlalchemy import update

from bot.handoff import aftercare, blocks, ledger, service, views
from bot.handoff.ledger import Content
from bot.handoff.states import BOT, RESIDENT
from bot.handoff.views import Filter
from bot.residents.aliases import Aliases
from bot.residents.identity import meet
from bot.store.engine import Store
from bot.store.tables import Handoff, Resident, SafetyAssessment, now
from tests.handoff.making import AINO, EERO, taken


async def several(store: Store, aliases: Aliases) -> list[tuple[int, Resident]]:
    """Four residents ask: one in danger, one in English, one whom Aino takes, one escalated."""
    made = []
    async with store.begin() as session:
        for number, danger in enumerate((None, "suicide", None, None)):
            resident, _ = await meet(session, 7100 + number, "fi", aliases)
            shared = {"language": "en" if number == 0 else "fi"}
            if number == 2:
                shared["municipality"] = "Jämsä"
            handoff = await service.request(session, resident, shared, danger)
            handoff.requested_at = now() - timedelta(minutes=number)
            made.append((handoff.id, resident))
        await service.claim(session, made[2][0], AINO, "Aino")
        await service.escalate(session, made[3][0], BOT)
    return made


async def ids(store: Store, **wanted: object) -> list[int]:
    """The queue's handoffs."""
    async with store.begin() as session:
        rows = await views.queue(session, AINO, Filter(**wanted))  # type: ignore[arg-type]
    return [row.handoff.id for row in rows]


async def test_the_queue_shows_danger_first_then_the_escalated_then_the_longest_wait(
    store: Store, aliases: Aliases
) -> None:
    first, danger, held, escalated = [number for number, _ in await several(store, aliases)]
    assert await ids(store) == [danger, escalated, first, held]
    async with store.begin() as session:
        rows = {row.handoff.id: row for row in await views.queue(session, AINO)}
    assert rows[danger].marks == ("danger",)
    assert rows[escalated].marks == ("escalated",)
    assert rows[held].marks == ("unanswered",)
    assert timedelta(minutes=3) <= rows[escalated].waited < timedelta(minutes=4)
    assert rows[held].municipality == "Jämsä"


async def test_the_queue_is_filtered(store: Store, aliases: Aliases) -> None:
    made = await several(store, aliases)
    first, danger, held, escalated = [number for number, _ in made]
    assert await ids(store, language="en") == [first]
    assert await ids(store, municipality="Jämsä") == [held]
    assert await ids(store, marks=frozenset({"danger"})) == [danger]
    assert await ids(store, marks=frozenset({"mine"})) == [held]
    assert await ids(store, held=False) == [danger, escalated, first]
    assert await ids(store, alias=made[3][1].alias[2:].upper()) == [escalated]
    assert await ids(store, alias="%") == []


async def test_a_row_says_how_much_is_unread_and_that_somebody_is_blocked_or_gone(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        handoff = await session.get_one(Handoff, handoff_id)
        await ledger.hear(session, handoff, Content("moi"))
        await blocks.block(session, resident.id, AINO, "Aino", "syy", now() + timedelta(days=1))
        await session.execute(update(Resident).values(gone_at=now()))
    async with store.begin() as session:
        row = await views.row(session, handoff_id, EERO)
        [listed] = await views.queue(session, EERO)
    assert row
    assert row.unread == listed.unread == 1
    assert row.marks == listed.marks == ("unanswered", "gone", "blocked")
    assert row.last_at


async def test_past_handoffs_have_their_times_outcome_and_feedback(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await ledger.say(session, handoff_id, AINO, "Aino", Content("hei"))
        await service.end(session, handoff_id, RESIDENT)
        await aftercare.close(session, handoff_id, outcome="talked", note="ok")
        await aftercare.give_feedback(session, handoff_id, "good")
        cancelled = await service.request(session, resident, {})
        await service.cancel(session, cancelled.id)
        await service.request(session, resident, {})
    async with store.begin() as session:
        newest, oldest = await views.past(session)
        assert (newest.last_move, newest.ended_by, newest.to_claim) == ("cancel", "resident", None)
        assert oldest.to_claim is not None
        assert oldest.to_answer is not None
        assert (oldest.messages, oldest.last_move) == (1, "end")
        assert (oldest.handoff.outcome, oldest.handoff.feedback) == ("talked", "good")
        assert [one.handoff.id for one in await views.past(session, outcome="talked")] == [
            handoff_id
        ]
        assert [
            one.handoff.id for one in await views.past(session, before_id=newest.handoff.id)
        ] == [handoff_id]
        alias = resident.alias[1:5].upper()
        assert len(await views.past(session, alias=alias, limit=1)) == 1
        assert await views.past(session, alias="nobody") == []


async def test_safety_assessments_are_listed_with_whose_they_are(
    store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        session.add(
            SafetyAssessment(
                resident_id=resident.id, kind="suicide", level="now", pattern_ids=["fi_1"]
            )
        )
    async with store.begin() as session:
        [(assessment, whose)] = await views.assessments(session)
        assert (assessment.kind, whose.alias) == ("suicide", resident.alias)
        assert await views.assessments(session, resident.id + 1) == []
