import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import HandoffRefused
from bot.handoff import service
from bot.handoff.states import BOT, MOVES, OPEN, RESIDENT, State, moderator
from bot.residents.aliases import Aliases
from bot.residents.identity import by_telegram_id, meet
from bot.store.engine import Store
from bot.store.tables import Handoff, HandoffMove, Resident, now

AINO, EERO = 9001, 9002


async def _requested(store: Store, resident: Resident) -> int:
    async with store.begin() as session:
        return (await service.request(session, resident, {"language": "fi"})).id


async def _claimed(store: Store, resident: Resident) -> int:
    handoff_id = await _requested(store, resident)
    async with store.begin() as session:
        await service.claim(session, handoff_id, AINO, "Aino")
    return handoff_id


async def _log(store: Store, handoff_id: int) -> list[tuple[str | None, str, str]]:
    async with store.begin() as session:
        moves = await session.scalars(
            select(HandoffMove).where(HandoffMove.handoff_id == handoff_id).order_by(HandoffMove.id)
        )
        return [(move.before, move.after, move.actor) for move in moves]


async def _read(store: Store, handoff_id: int) -> Handoff:
    async with store.begin() as session:
        handoff = await service.get(session, handoff_id)
        assert handoff is not None
        return handoff


async def _refused(
    store: Store, move: Callable[[AsyncSession], Awaitable[object]]
) -> tuple[str, str | None]:
    async with store.begin() as session:
        with pytest.raises(HandoffRefused) as refusal:
            await move(session)
    return refusal.value.reason, refusal.value.holder


# --- asking ---------------------------------------------------------------------------------


async def test_a_request_waits_and_rings_the_bell_once_it_is_committed(
    store: Store, resident: Resident
) -> None:
    bell = store.bell(service.BELL)
    async with store.begin() as session:
        handoff = await service.request(session, resident, {"language": "fi"})
        assert not bell.is_set()
    assert bell.is_set()
    assert (handoff.state, handoff.danger) == (State.REQUESTED, None)
    assert handoff.shared == {"language": "fi"}
    assert await _log(store, handoff.id) == [(None, "requested", "resident")]


async def test_asking_again_changes_nothing(store: Store, resident: Resident) -> None:
    first = await _requested(store, resident)
    async with store.begin() as session:
        again = await service.request(session, resident, {"factors": ["shyness"]})
    assert again.id == first
    assert again.shared == {"language": "fi"}
    assert len(await _log(store, first)) == 1


async def test_asking_in_danger_marks_the_open_request_and_rings_again(
    store: Store, resident: Resident
) -> None:
    first = await _requested(store, resident)
    store.bell(service.BELL).clear()
    async with store.begin() as session:
        await service.request(session, resident, {}, danger="suicide")
    assert store.bell(service.BELL).is_set()
    assert (await _read(store, first)).danger == "suicide"
    async with store.begin() as session:
        await service.request(session, resident, {})
    assert (await _read(store, first)).danger == "suicide"


async def test_danger_during_a_talk_leaves_the_talk_with_its_holder(
    store: Store, resident: Resident
) -> None:
    handoff_id = await _claimed(store, resident)
    async with store.begin() as session:
        await service.request(session, resident, {}, danger="violence")
    handoff = await _read(store, handoff_id)
    assert (handoff.state, handoff.danger, handoff.moderator_id) == ("claimed", "violence", AINO)


async def test_twenty_requests_at_once_are_one(store: Store, resident: Resident) -> None:
    ids = await asyncio.gather(*(_requested(store, resident) for _ in range(20)))
    assert len(set(ids)) == 1
    assert len(await _log(store, ids[0])) == 1


async def test_the_database_refuses_a_second_open_handoff(store: Store, resident: Resident) -> None:
    await _claimed(store, resident)
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            session.add(Handoff(resident_id=resident.id, state=State.REQUESTED, shared={}))


async def test_a_resident_who_comes_back_keeps_their_topic(
    store: Store, resident: Resident, aliases: Aliases
) -> None:
    first = await _claimed(store, resident)
    async with store.begin() as session:
        await session.execute(update(Handoff).values(topic_id=41))
        await service.end(session, first, RESIDENT)
    async with store.begin() as session:
        second = await service.request(session, resident, {})
        other, _ = await meet(session, resident.telegram_id + 1, "fi", aliases)
        others = await service.request(session, other, {})
        assert second.id != first
        assert second.topic_id == 41
        assert others.topic_id is None
        found = await service.by_topic(session, 41)
        assert found is not None
        assert found.id == second.id
        assert await service.by_topic(session, 42) is None


async def test_the_queue_has_dangers_first_then_the_longest_waits(
    store: Store, aliases: Aliases
) -> None:
    async with store.begin() as session:
        for number, danger in enumerate((None, "emergency", None, None, "selfharm")):
            resident, _ = await meet(session, 7001 + number, "fi", aliases)
            handoff = await service.request(session, resident, {}, danger)
            handoff.requested_at = now() - timedelta(minutes=number)
        await session.flush()
        by_age = list(await session.scalars(select(Handoff).order_by(Handoff.requested_at)))
        await service.claim(session, by_age[2].id, AINO, "Aino")
        queue = await service.queue(session)
    assert [handoff.danger for handoff in queue] == ["selfharm", "emergency", None, None]
    assert queue[2].requested_at < queue[3].requested_at


# --- claiming and releasing -----------------------------------------------------------------


async def test_a_claim_has_a_holder_a_time_and_an_entry(store: Store, resident: Resident) -> None:
    handoff_id = await _requested(store, resident)
    async with store.begin() as session:
        claimed = await service.claim(session, handoff_id, AINO, "Aino")
    assert claimed.state == State.CLAIMED
    assert (claimed.moderator_id, claimed.moderator_name) == (AINO, "Aino")
    assert claimed.claimed_at is not None
    stored = await _read(store, handoff_id)
    assert (stored.state, stored.claimed_at) == ("claimed", claimed.claimed_at)
    assert (await _log(store, handoff_id))[1:] == [("requested", "claimed", "moderator:9001")]


async def test_a_claim_shows_in_what_the_same_transaction_read_before(
    store: Store, resident: Resident
) -> None:
    handoff_id = await _requested(store, resident)
    async with store.begin() as session:
        read_before = await service.get(session, handoff_id)
        claimed = await service.claim(session, handoff_id, AINO, "Aino")
        assert read_before is claimed
        assert claimed.moderator_name == "Aino"


async def test_twenty_claims_at_once_have_one_winner(store: Store, resident: Resident) -> None:
    handoff_id = await _requested(store, resident)

    async def claim(moderator_id: int) -> str | HandoffRefused:
        try:
            async with store.begin() as session:
                handoff = await service.claim(
                    session, handoff_id, moderator_id, f"Moderator {moderator_id}"
                )
                return str(handoff.moderator_name)
        except HandoffRefused as refusal:
            return refusal

    results = await asyncio.gather(*(claim(9000 + number) for number in range(20)))
    (winner,) = [result for result in results if isinstance(result, str)]
    losers = [result for result in results if isinstance(result, HandoffRefused)]
    assert [(loser.reason, loser.holder) for loser in losers] == [("taken", winner)] * 19
    assert (await _read(store, handoff_id)).moderator_name == winner
    assert len(await _log(store, handoff_id)) == 2


async def test_claiming_ones_own_again_is_fine_and_no_move(
    store: Store, resident: Resident
) -> None:
    handoff_id = await _claimed(store, resident)
    before = await _log(store, handoff_id)
    async with store.begin() as session:
        assert (await service.claim(session, handoff_id, AINO, "Aino")).id == handoff_id
    assert await _log(store, handoff_id) == before


async def test_a_cancelled_request_can_not_be_claimed(store: Store, resident: Resident) -> None:
    handoff_id = await _requested(store, resident)
    async with store.begin() as session:
        cancelled = await service.cancel(session, handoff_id)
    assert cancelled.ended_at is not None
    assert await _refused(store, lambda s: service.claim(s, handoff_id, AINO, "Aino")) == (
        "over",
        None,
    )


async def test_an_erased_handoff_is_over(store: Store) -> None:
    assert await _refused(store, lambda s: service.claim(s, 404, AINO, "Aino")) == ("over", None)
    assert await _refused(store, lambda s: service.end(s, 404, RESIDENT)) == ("over", None)
    assert await _refused(store, lambda s: service.cancel(s, 404)) == ("over", None)
    assert await _refused(store, lambda s: service.give_feedback(s, 404, "good")) == ("over", None)


async def test_a_released_talk_waits_again_and_another_may_claim_it(
    store: Store, resident: Resident
) -> None:
    handoff_id = await _claimed(store, resident)
    async with store.begin() as session:
        released = await service.release(session, handoff_id, AINO)
        assert [handoff.id for handoff in await service.queue(session)] == [handoff_id]
    assert released.state == State.REQUESTED
    assert [released.moderator_id, released.moderator_name, released.claimed_at] == [None] * 3
    async with store.begin() as session:
        claimed = await service.claim(session, handoff_id, EERO, "Eero")
    assert claimed.moderator_name == "Eero"
    assert [after for _, after, _ in await _log(store, handoff_id)] == [
        "requested",
        "claimed",
        "requested",
        "claimed",
    ]


async def test_only_the_holder_may_release(store: Store, resident: Resident) -> None:
    handoff_id = await _requested(store, resident)
    assert await _refused(store, lambda s: service.release(s, handoff_id, AINO)) == (
        "not_claimed",
        None,
    )
    async with store.begin() as session:
        await service.claim(session, handoff_id, AINO, "Aino")
    assert await _refused(store, lambda s: service.release(s, handoff_id, EERO)) == (
        "taken",
        "Aino",
    )


# --- ending and cancelling ------------------------------------------------------------------


@pytest.mark.parametrize("actor", [RESIDENT, BOT, moderator(AINO)])
async def test_resident_bot_and_holder_may_end_a_talk(
    store: Store, resident: Resident, actor: str
) -> None:
    handoff_id = await _claimed(store, resident)
    async with store.begin() as session:
        ended = await service.end(session, handoff_id, actor)
        assert await service.open_of(session, resident) is None
    assert (ended.state, ended.moderator_name) == (State.ENDED, "Aino")
    assert ended.ended_at is not None
    assert (await _log(store, handoff_id))[-1] == ("claimed", "ended", actor)


async def test_another_moderator_may_not_end_it(store: Store, resident: Resident) -> None:
    handoff_id = await _claimed(store, resident)
    assert await _refused(store, lambda s: service.end(s, handoff_id, moderator(EERO))) == (
        "taken",
        "Aino",
    )
    assert (await _read(store, handoff_id)).state == State.CLAIMED


async def test_what_nobody_has_claimed_is_cancelled_not_ended(
    store: Store, resident: Resident
) -> None:
    handoff_id = await _requested(store, resident)
    assert await _refused(store, lambda s: service.end(s, handoff_id, RESIDENT)) == (
        "not_claimed",
        None,
    )


async def test_what_a_moderator_has_is_ended_not_cancelled(
    store: Store, resident: Resident
) -> None:
    handoff_id = await _claimed(store, resident)
    assert await _refused(store, lambda s: service.cancel(s, handoff_id)) == ("taken", "Aino")


async def test_two_ends_at_once_are_one(store: Store, resident: Resident) -> None:
    handoff_id = await _claimed(store, resident)

    async def end(actor: str) -> str:
        try:
            async with store.begin() as session:
                return (await service.end(session, handoff_id, actor)).state
        except HandoffRefused as refusal:
            return refusal.reason

    results = await asyncio.gather(end(RESIDENT), end(moderator(AINO)))
    assert sorted(results) == ["ended", "over"]
    assert len(await _log(store, handoff_id)) == 3


async def test_only_the_holder_may_write_and_only_while_it_goes_on(
    store: Store, resident: Resident
) -> None:
    handoff_id = await _requested(store, resident)

    async def may_write(moderator_id: int) -> str | None:
        try:
            service.holder_may_write(await _read(store, handoff_id), moderator_id)
        except HandoffRefused as refusal:
            return refusal.reason
        return None

    assert await may_write(AINO) == "not_claimed"
    async with store.begin() as session:
        await service.claim(session, handoff_id, AINO, "Aino")
    assert await may_write(AINO) is None
    assert await may_write(EERO) == "taken"
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
    assert await may_write(AINO) == "over"


# --- afterwards -----------------------------------------------------------------------------


async def test_feedback_may_be_changed_for_some_days(store: Store, resident: Resident) -> None:
    handoff_id = await _claimed(store, resident)
    assert await _refused(store, lambda s: service.give_feedback(s, handoff_id, "good")) == (
        "not_ended",
        None,
    )
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await service.give_feedback(session, handoff_id, "bad")
    async with store.begin() as session:
        await service.give_feedback(session, handoff_id, "okay")
    handoff = await _read(store, handoff_id)
    assert (handoff.feedback, handoff.state) == ("okay", "ended")
    async with store.begin() as session:
        await session.execute(update(Handoff).values(ended_at=now() - timedelta(days=8)))
    assert await _refused(store, lambda s: service.give_feedback(s, handoff_id, "bad")) == (
        "over",
        None,
    )
    assert (await _read(store, handoff_id)).feedback == "okay"


async def test_late_first_feedback_is_welcome(store: Store, resident: Resident) -> None:
    handoff_id = await _claimed(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await session.execute(update(Handoff).values(ended_at=now() - timedelta(days=60)))
        await service.give_feedback(session, handoff_id, "good")
    assert (await _read(store, handoff_id)).feedback == "good"


async def test_feedback_that_there_is_not_is_refused(store: Store, resident: Resident) -> None:
    handoff_id = await _claimed(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        with pytest.raises(ValueError, match="lovely"):
            await service.give_feedback(session, handoff_id, "lovely")


# --- whatever happens -----------------------------------------------------------------------

MOVE = st.sampled_from(["request", "danger", "claim", "release", "end", "resident ends", "cancel"])
STEP = st.tuples(MOVE, st.sampled_from([0, 1]), st.sampled_from([AINO, EERO]))


async def _step(session: AsyncSession, resident: Resident, move: str, moderator_id: int) -> None:
    latest = await session.scalar(
        select(Handoff.id)
        .where(Handoff.resident_id == resident.id)
        .order_by(Handoff.id.desc())
        .limit(1)
    )
    handoff_id = latest or 0
    match move:
        case "request":
            await service.request(session, resident, {})
        case "danger":
            await service.request(session, resident, {}, danger="emergency")
        case "claim":
            await service.claim(session, handoff_id, moderator_id, f"Moderator {moderator_id}")
        case "release":
            await service.release(session, handoff_id, moderator_id)
        case "end":
            await service.end(session, handoff_id, moderator(moderator_id))
        case "resident ends":
            await service.end(session, handoff_id, RESIDENT)
        case "cancel":
            await service.cancel(session, handoff_id)


async def _check(session: AsyncSession, states_before: dict[int, str]) -> dict[int, str]:
    """Checks what must hold between any two moves; gives the states."""
    handoffs = list(
        await session.scalars(select(Handoff).execution_options(populate_existing=True))
    )
    open_ones = [handoff.resident_id for handoff in handoffs if handoff.state in OPEN]
    assert len(open_ones) == len(set(open_ones))
    for handoff in handoffs:
        moves = list(
            await session.scalars(
                select(HandoffMove)
                .where(HandoffMove.handoff_id == handoff.id)
                .order_by(HandoffMove.id)
            )
        )
        state: str | None = None
        for move in moves:
            assert move.before == state
            assert move.after in MOVES[State(state) if state else None]
            state = move.after
        assert handoff.state == state
        holds = handoff.moderator_id, handoff.moderator_name, handoff.claimed_at
        if handoff.state in {State.CLAIMED, State.ENDED}:
            assert None not in holds
        else:
            assert holds == (None, None, None)
        assert (handoff.ended_at is None) is (handoff.state in OPEN)
        before = states_before.get(handoff.id)
        assert before in OPEN | {None} or before == handoff.state
    return {handoff.id: handoff.state for handoff in handoffs}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # checks hold for all examples
)
@given(steps=st.lists(STEP, max_size=14))
async def test_no_sequence_of_moves_breaks_a_handoff(
    store: Store, aliases: Aliases, steps: list[tuple[str, int, int]]
) -> None:
    async with store.begin() as session:
        residents = [(await meet(session, 7001 + number, "fi", aliases))[0] for number in (0, 1)]
        states = await _check(session, {})
    for move, who, moderator_id in steps:
        refused = False
        async with store.begin() as session:
            resident = await by_telegram_id(session, residents[who].telegram_id)
            assert resident is not None
            try:
                await _step(session, resident, move, moderator_id)
            except HandoffRefused:
                refused = True
        async with store.begin() as session:
            states_after = await _check(session, states)
        assert not refused or states_after == states
        states = states_after
