import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import HandoffRefused
from bot.handoff import aftercare, ledger, service
from bot.handoff.states import BOT, HELD, MOVES, OPEN, RESIDENT, Move, State, moderator
from bot.handoff.summary import Line
from bot.keys import Keys
from bot.residents import keeping
from bot.residents.aliases import Aliases
from bot.residents.identity import by_telegram_id, meet
from bot.store.engine import Store
from bot.store.secrecy import equip
from bot.store.tables import Handoff, HandoffMove, Resident, now
from tests.handoff.making import AINO, EERO, asked, read, refused, taken

KEYS = Keys.of("a1:zH9wSLDBVYVJvmzJ0vvr0nNJDqGOTC9vTnYCvxQwZ4k=")


async def _log(store: Store, handoff_id: int) -> list[tuple[str | None, str, str]]:
    async with store.begin() as session:
        moves = await session.scalars(
            select(HandoffMove).where(HandoffMove.handoff_id == handoff_id).order_by(HandoffMove.id)
        )
        return [(move.before, move.after, move.actor) for move in moves]


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


async def test_h9_what_was_sent_along_is_unreadable_where_it_is_kept(
    store: Store, resident: Resident
) -> None:
    equip(store.engine.sync_engine.dialect, KEYS)
    line = Line(at=now().isoformat(), by="user", text="salainen sana")
    async with store.begin() as session:
        handoff = await service.request(
            session, resident, {}, reason="not_understood", told_before=[line]
        )
    async with store.begin() as session:
        lies = await session.scalar(text("SELECT told_before FROM handoffs"))
    assert lies
    assert "salainen" not in lies
    handoff = await read(store, handoff.id)
    assert (handoff.reason, handoff.told_before) == ("not_understood", {"lines": [line]})


async def test_h9_the_resident_gets_what_was_sent_along_with_all_else_that_is_kept(
    store: Store, resident: Resident
) -> None:
    line = Line(at=now().isoformat(), by="user", text="salainen sana")
    async with store.begin() as session:
        await service.request(session, resident, {}, told_before=[line])
    async with store.begin() as session:
        [kept] = (await keeping.everything(session, resident))["handoffs"]
    assert kept["told_before"] == {"lines": [line]}
    assert kept["reason"] == "words"


async def test_asking_again_changes_nothing(store: Store, resident: Resident) -> None:
    first = await asked(store, resident)
    async with store.begin() as session:
        again = await service.request(session, resident, {"factors": ["shyness"]})
    assert again.id == first
    assert again.shared == {"language": "fi"}
    assert len(await _log(store, first)) == 1


async def test_asking_in_danger_marks_the_open_request_and_rings_again(
    store: Store, resident: Resident
) -> None:
    first = await asked(store, resident)
    store.bell(service.BELL).clear()
    async with store.begin() as session:
        await service.request(session, resident, {}, danger="suicide")
    assert store.bell(service.BELL).is_set()
    assert (await read(store, first)).danger == "suicide"
    async with store.begin() as session:
        await service.request(session, resident, {})
    assert (await read(store, first)).danger == "suicide"


async def test_danger_during_a_talk_leaves_the_talk_with_its_holder(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.request(session, resident, {}, danger="violence")
    handoff = await read(store, handoff_id)
    assert (handoff.state, handoff.danger, handoff.moderator_id) == ("claimed", "violence", AINO)


async def test_twenty_requests_at_once_are_one(store: Store, resident: Resident) -> None:
    ids = await asyncio.gather(*(asked(store, resident) for _ in range(20)))
    assert len(set(ids)) == 1
    assert len(await _log(store, ids[0])) == 1


async def test_the_database_refuses_a_second_open_handoff(store: Store, resident: Resident) -> None:
    await taken(store, resident)
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            session.add(Handoff(resident_id=resident.id, state=State.REQUESTED, shared={}))


async def test_r3_a_resident_who_comes_back_keeps_their_topic(
    store: Store, resident: Resident, aliases: Aliases
) -> None:
    first = await taken(store, resident)
    async with store.begin() as session:
        await session.execute(update(Handoff).values(topic_id=41))
        await service.end(session, first, RESIDENT)
    async with store.begin() as session:
        second = await service.request(session, resident, {})
        other, _ = await meet(session, resident.telegram_id + 1, "fi", aliases)
        others = await service.request(session, other, {})
        assert second.id != first
        assert second.topic_id == 41
        assert second.moderator_id is None, "whoever had the talk before may be off duty"
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
    handoff_id = await asked(store, resident)
    async with store.begin() as session:
        claimed = await service.claim(session, handoff_id, AINO, "Aino")
    assert claimed.state == State.CLAIMED
    assert (claimed.moderator_id, claimed.moderator_name) == (AINO, "Aino")
    assert claimed.claimed_at is not None
    stored = await read(store, handoff_id)
    assert (stored.state, stored.claimed_at) == ("claimed", claimed.claimed_at)
    assert (await _log(store, handoff_id))[1:] == [("requested", "claimed", "moderator:9001")]
    assert stored.unanswered_since == claimed.claimed_at


async def test_a_claim_shows_in_what_the_same_transaction_read_before(
    store: Store, resident: Resident
) -> None:
    handoff_id = await asked(store, resident)
    async with store.begin() as session:
        read_before = await service.get(session, handoff_id)
        claimed = await service.claim(session, handoff_id, AINO, "Aino")
        assert read_before is claimed
        assert claimed.moderator_name == "Aino"


async def test_c1_a_hundred_claims_at_once_have_one_winner(
    store: Store, resident: Resident
) -> None:
    handoff_id = await asked(store, resident)

    async def claim(moderator_id: int) -> str | HandoffRefused:
        try:
            async with store.begin() as session:
                handoff = await service.claim(
                    session, handoff_id, moderator_id, f"Moderator {moderator_id}"
                )
                return str(handoff.moderator_name)
        except HandoffRefused as refusal:
            return refusal

    results = await asyncio.gather(*(claim(9000 + number) for number in range(100)))
    (winner,) = [result for result in results if isinstance(result, str)]
    losers = [result for result in results if isinstance(result, HandoffRefused)]
    assert [(loser.reason, loser.holder) for loser in losers] == [("taken", winner)] * 99
    assert (await read(store, handoff_id)).moderator_name == winner
    assert len(await _log(store, handoff_id)) == 2


async def test_claiming_ones_own_again_is_fine_and_no_move(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    before = await _log(store, handoff_id)
    async with store.begin() as session:
        assert (await service.claim(session, handoff_id, AINO, "Aino")).id == handoff_id
    assert await _log(store, handoff_id) == before


async def test_h8_a_cancelled_request_can_not_be_claimed_and_it_is_told_when(
    store: Store, resident: Resident
) -> None:
    handoff_id = await asked(store, resident)
    async with store.begin() as session:
        cancelled = await service.cancel(session, handoff_id)
    assert cancelled.ended_at is not None
    async with store.begin() as session:
        with pytest.raises(HandoffRefused) as refusal:
            await service.claim(session, handoff_id, AINO, "Aino")
    assert (refusal.value.reason, refusal.value.at) == ("cancelled", cancelled.ended_at)


async def test_an_erased_handoff_is_over(store: Store) -> None:
    assert await refused(store, lambda s: service.claim(s, 404, AINO, "Aino")) == ("over", None)
    assert await refused(store, lambda s: service.end(s, 404, RESIDENT)) == ("over", None)
    assert await refused(store, lambda s: service.cancel(s, 404)) == ("over", None)
    assert await refused(store, lambda s: aftercare.give_feedback(s, 404, "good")) == ("over", None)
    assert await refused(store, lambda s: service.reopen(s, 404, AINO, "Aino")) == ("over", None)


async def test_a_released_talk_waits_again_and_another_may_claim_it(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        released = await service.release(session, handoff_id, AINO)
        assert [handoff.id for handoff in await service.queue(session)] == [handoff_id]
    assert released.state == State.WAITING
    assert [released.moderator_id, released.moderator_name, released.claimed_at] == [None] * 3
    async with store.begin() as session:
        claimed = await service.claim(session, handoff_id, EERO, "Eero")
    assert claimed.moderator_name == "Eero"
    assert [after for _, after, _ in await _log(store, handoff_id)] == [
        "requested",
        "claimed",
        "waiting",
        "claimed",
    ]


async def test_only_the_holder_may_release(store: Store, resident: Resident) -> None:
    handoff_id = await asked(store, resident)
    assert await refused(store, lambda s: service.release(s, handoff_id, AINO)) == (
        "not_claimed",
        None,
    )
    async with store.begin() as session:
        await service.claim(session, handoff_id, AINO, "Aino")
    assert await refused(store, lambda s: service.release(s, handoff_id, EERO)) == (
        "taken",
        "Aino",
    )


# --- ending and cancelling ------------------------------------------------------------------


@pytest.mark.parametrize("actor", [RESIDENT, BOT, moderator(AINO)])
async def test_resident_bot_and_holder_may_end_a_talk(
    store: Store, resident: Resident, actor: str
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        ended = await service.end(session, handoff_id, actor)
        assert await service.open_of(session, resident) is None
    assert (ended.state, ended.moderator_name) == (State.ENDED, "Aino")
    assert ended.ended_at is not None
    assert (await _log(store, handoff_id))[-1] == ("claimed", "ended", actor)


async def test_another_moderator_may_not_end_it(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    assert await refused(store, lambda s: service.end(s, handoff_id, moderator(EERO))) == (
        "taken",
        "Aino",
    )
    assert (await read(store, handoff_id)).state == State.CLAIMED


async def test_what_nobody_has_claimed_is_cancelled_not_ended(
    store: Store, resident: Resident
) -> None:
    handoff_id = await asked(store, resident)
    assert await refused(store, lambda s: service.end(s, handoff_id, RESIDENT)) == (
        "not_claimed",
        None,
    )


async def test_what_a_moderator_has_is_ended_not_cancelled(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    assert await refused(store, lambda s: service.cancel(s, handoff_id)) == ("taken", "Aino")


async def test_two_ends_at_once_are_one(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)

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
    handoff_id = await asked(store, resident)

    async def may_write(moderator_id: int) -> str | None:
        try:
            service.holder_may_write(await read(store, handoff_id), moderator_id)
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


# --- transfers, escalation, time-outs, reopening ---------------------------------------------


async def test_a_talk_is_given_to_another_by_its_holder_alone(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    assert await refused(store, lambda s: service.transfer(s, handoff_id, EERO, EERO, "Eero")) == (
        "taken",
        "Aino",
    )
    async with store.begin() as session:
        moved = await service.transfer(session, handoff_id, AINO, EERO, "Eero", "I must go")
    assert (moved.state, moved.moderator_id, moved.moderator_name) == ("claimed", EERO, "Eero")
    async with store.begin() as session:
        last = (await service.untold(session, handoff_id))[-1]
    assert (last.move, last.name, last.holder, last.reason) == (
        "transfer",
        "Aino",
        "Eero",
        "I must go",
    )


async def test_c2_taking_over_is_a_move_of_its_own_and_names_both(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.take_over(session, handoff_id, EERO, "Eero", holder_id=AINO)
    assert (await _log(store, handoff_id))[-1] == ("claimed", "claimed", "moderator:9002")
    assert await refused(
        store, lambda s: service.take_over(s, handoff_id, 9003, "Oona", holder_id=AINO)
    ) == ("taken", "Eero")


async def test_c3_no_rule_takes_a_talk_from_somebody_who_has_just_got_it(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    silent = await read(store, handoff_id)
    async with store.begin() as session:
        await service.transfer(session, handoff_id, AINO, EERO, "Eero")
    assert await refused(store, lambda s: service.return_to_queue(s, silent, "silent")) == (
        "taken",
        "Eero",
    )
    assert (await read(store, handoff_id)).moderator_id == EERO


async def test_what_is_escalated_goes_before_others_and_stays_with_its_holder(
    store: Store, resident: Resident, aliases: Aliases
) -> None:
    first = await asked(store, resident)
    async with store.begin() as session:
        other, _ = await meet(session, 7002, "fi", aliases)
        second = await service.request(session, other, {})
        await service.escalate(session, second.id, moderator(AINO), "Aino", "a nurse is needed")
        assert [one.id for one in await service.queue(session)] == [second.id, first]
        claimed = await service.claim(session, second.id, AINO, "Aino")
        again = await service.escalate(session, second.id, BOT)
    assert (again.state, again.moderator_id) == (claimed.state, AINO)


async def test_the_first_word_begins_the_talk(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        for _ in range(2):
            await ledger.say(session, handoff_id, AINO, "Aino", ledger.Content("hei"))
    handoff = await read(store, handoff_id)
    assert handoff.state == State.ACTIVE
    assert handoff.answered_at
    assert handoff.unanswered_since is None
    assert [after for _, after, _ in await _log(store, handoff_id)].count("active") == 1


async def test_what_nobody_goes_on_with_ends_by_itself(store: Store, resident: Resident) -> None:
    handoff_id = await asked(store, resident)
    async with store.begin() as session:
        ended = await service.time_out(session, handoff_id)
    assert (ended.state, ended.moderator_id) == (State.ENDED, None)
    assert (await _log(store, handoff_id))[-1] == ("requested", "ended", "bot")


async def test_an_ended_talk_is_taken_up_again_unless_another_is_open(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    assert await refused(store, lambda s: service.reopen(s, handoff_id, EERO, "Eero")) == (
        "not_ended",
        None,
    )
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
    async with store.begin() as session:
        again = await service.reopen(session, handoff_id, EERO, "Eero")
    assert (again.state, again.moderator_name, again.ended_at) == ("claimed", "Eero", None)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
    await asked(store, resident)
    assert await refused(store, lambda s: service.reopen(s, handoff_id, EERO, "Eero")) == (
        "open_already",
        None,
    )


async def test_a_talk_that_ended_long_ago_stays_ended(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await session.execute(update(Handoff).values(ended_at=now() - timedelta(days=15)))
    assert await refused(store, lambda s: service.reopen(s, handoff_id, AINO, "Aino")) == (
        "over",
        None,
    )


async def test_h4_asking_again_is_answered_once_in_ten_minutes(
    store: Store, resident: Resident
) -> None:
    handoff_id = await asked(store, resident)
    async with store.begin() as session:
        handoff = await session.get_one(Handoff, handoff_id)
        assert service.remind(handoff)
        assert not service.remind(handoff)
        handoff.reminded_at = now() - timedelta(minutes=11)
        assert service.remind(handoff)


# --- whatever happens -----------------------------------------------------------------------

MOVE = st.sampled_from(
    [
        "request",
        "danger",
        "announce",
        "claim",
        "say",
        "hear",
        "release",
        "transfer",
        "take over",
        "escalate",
        "end",
        "resident ends",
        "time out",
        "cancel",
        "reopen",
    ]
)
STEP = st.tuples(MOVE, st.sampled_from([0, 1]), st.sampled_from([AINO, EERO]))


async def _step(session: AsyncSession, resident: Resident, move: str, moderator_id: int) -> None:
    latest = await session.scalar(
        select(Handoff.id)
        .where(Handoff.resident_id == resident.id)
        .order_by(Handoff.id.desc())
        .limit(1)
    )
    handoff_id, name = latest or 0, f"Moderator {moderator_id}"
    other_id = AINO + EERO - moderator_id
    match move:
        case "request":
            await service.request(session, resident, {})
        case "danger":
            await service.request(session, resident, {}, danger="emergency")
        case "announce":
            await service.announce(session, handoff_id)
        case "claim":
            await service.claim(session, handoff_id, moderator_id, name)
        case "say":
            await ledger.say(session, handoff_id, moderator_id, name, ledger.Content("hei"))
        case "hear":
            if handoff := await service.open_of(session, resident):
                await ledger.hear(session, handoff, ledger.Content("moi"))
        case "release":
            await service.release(session, handoff_id, moderator_id)
        case "transfer":
            await service.transfer(session, handoff_id, moderator_id, other_id, "the other")
        case "take over":
            await service.take_over(session, handoff_id, moderator_id, name, other_id)
        case "escalate":
            await service.escalate(session, handoff_id, moderator(moderator_id), name)
        case "end":
            await service.end(session, handoff_id, moderator(moderator_id))
        case "resident ends":
            await service.end(session, handoff_id, RESIDENT)
        case "time out":
            await service.time_out(session, handoff_id)
        case "cancel":
            await service.cancel(session, handoff_id)
        case "reopen":
            await service.reopen(session, handoff_id, moderator_id, name)


async def _check(session: AsyncSession, states_before: dict[int, str]) -> dict[int, str]:
    """Checks what must hold between any two moves; gives the states."""
    handoffs = list(
        await session.scalars(select(Handoff).execution_options(populate_existing=True))
    )
    open_ones = [handoff.resident_id for handoff in handoffs if handoff.state in OPEN]
    assert len(open_ones) == len(set(open_ones))
    for handoff in handoffs:
        entries = await ledger.transcript(session, handoff.id)
        assert [one.number for one in entries] == list(range(1, handoff.last_number + 1))
        state: str | None = None
        for one in entries:
            if one.move:
                assert one.before == state
                assert MOVES[Move(one.move)][State(state) if state else None] == one.after
                state = one.after
        assert handoff.state == state
        holds = handoff.moderator_id, handoff.moderator_name, handoff.claimed_at
        assert len({one is None for one in holds}) == 1
        if handoff.state in HELD:
            assert None not in holds
        elif handoff.state in OPEN | {State.CANCELLED}:
            assert holds == (None, None, None)
        assert (handoff.ended_at is None) is (handoff.state in OPEN)
        assert handoff.unanswered_since is None or handoff.state in HELD
        before = states_before.get(handoff.id)
        assert before != State.CANCELLED or handoff.state == State.CANCELLED
    return {handoff.id: handoff.state for handoff in handoffs}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # checks hold for all examples
)
@given(steps=st.lists(STEP, max_size=16))
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
