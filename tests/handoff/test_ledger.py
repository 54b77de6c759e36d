import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.errors import HandoffRefused
from bot.handoff import ledger, service
from bot.handoff.ledger import Content
from bot.handoff.states import RESIDENT
from bot.store.engine import Store
from bot.store.tables import Handoff, HandoffMessage, HandoffMove, HandoffNote, Resident, now
from tests.handoff.making import AINO, EERO, asked, read, refused, taken


async def hears(store: Store, handoff_id: int, words: str) -> HandoffMessage:
    """The resident says something."""
    async with store.begin() as session:
        handoff = await service.get(session, handoff_id)
        assert handoff
        return await ledger.hear(session, handoff, Content(words))


async def says(store: Store, handoff_id: int, words: str, who: int = AINO) -> HandoffMessage:
    """A moderator says something."""
    async with store.begin() as session:
        return await ledger.say(session, handoff_id, who, f"Moderator {who}", Content(words))


async def told(store: Store, handoff_id: int, after: int = 0) -> list[tuple[str, str | None]]:
    """What a transcript says: who, and what."""
    async with store.begin() as session:
        entries = await ledger.transcript(session, handoff_id, after)
    return [(one.move or one.what, one.words) for one in entries]


async def test_both_sides_notes_and_moves_stand_in_one_order(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    await hears(store, handoff_id, "moi")
    async with store.begin() as session:
        await ledger.note(session, handoff_id, EERO, "Eero", " soitin hänelle ")
    await says(store, handoff_id, "hei")
    assert await told(store, handoff_id) == [
        ("request", None),
        ("claim", None),
        ("message", "moi"),
        ("note", "soitin hänelle"),
        ("answer", None),
        ("message", "hei"),
    ]


async def test_u1_what_is_newer_or_changed_since_a_number_is_given_again(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    first = await hears(store, handoff_id, "moi")
    await says(store, handoff_id, "hei")
    seen = (await read(store, handoff_id)).last_number
    assert await told(store, handoff_id, seen) == []
    async with store.begin() as session:
        message = await session.get_one(HandoffMessage, first.id)
        await ledger.edit(session, message, "moikka")
    await hears(store, handoff_id, "oletko siellä?")
    assert await told(store, handoff_id, seen) == [
        ("message", "moikka"),
        ("message", "oletko siellä?"),
    ]


async def test_m5_an_edit_adds_a_version_and_the_earlier_words_stay(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    message = await hears(store, handoff_id, "yksi")
    for words in ("kaksi", "kaksi", "kolme"):
        async with store.begin() as session:
            await ledger.edit(session, await session.get_one(HandoffMessage, message.id), words)
    async with store.begin() as session:
        entry = (await ledger.transcript(session, handoff_id))[-1]
    assert entry.words == "kolme"
    assert [words for words, _ in entry.earlier] == ["yksi", "kaksi"]
    assert entry.edited_at


async def test_c2_anothers_words_are_refused_with_the_holders_name(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    assert await refused(
        store, lambda s: ledger.say(s, handoff_id, EERO, "Eero", Content("hei"), take_up=True)
    ) == ("taken", "Aino")
    assert [what for what, _ in await told(store, handoff_id)] == ["request", "claim"]


async def test_h3_words_to_somebody_who_waits_claim_first_where_the_surface_says_so(
    store: Store, resident: Resident
) -> None:
    handoff_id = await asked(store, resident)
    assert await refused(
        store, lambda s: ledger.say(s, handoff_id, EERO, "Eero", Content("hei"))
    ) == ("not_claimed", None)
    async with store.begin() as session:
        await ledger.say(session, handoff_id, EERO, "Eero", Content("hei"), take_up=True)
    assert [what for what, _ in await told(store, handoff_id)] == [
        "request",
        "claim",
        "answer",
        "message",
    ]


async def test_h3_words_in_a_talk_that_has_ended_reopen_it_first(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, RESIDENT)
        await ledger.say(session, handoff_id, AINO, "Aino", Content("hei"), take_up=True)
    assert [what for what, _ in await told(store, handoff_id)][-3:] == [
        "reopen",
        "answer",
        "message",
    ]


async def test_u2_words_are_refused_when_the_resident_has_said_something_newer(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    await hears(store, handoff_id, "yksi")
    seen = (await read(store, handoff_id)).last_number
    for words in ("kaksi", "kolme", "neljä"):
        await hears(store, handoff_id, words)
    async with store.begin() as session:
        with pytest.raises(HandoffRefused) as refusal:
            await ledger.say(session, handoff_id, AINO, "Aino", Content("hei"), seen=seen)
        assert (refusal.value.reason, refusal.value.newer) == ("behind", 3)
        seen = (await ledger.transcript(session, handoff_id))[-1].changed
        await ledger.say(session, handoff_id, AINO, "Aino", Content("hei"), seen=seen)
        # One's own words are no reason to be behind.
        await ledger.say(session, handoff_id, AINO, "Aino", Content("vielä"), seen=seen)


async def test_u3_unread_is_each_moderators_own_and_never_runs_backwards(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    first = await hears(store, handoff_id, "yksi")
    second = await hears(store, handoff_id, "kaksi")

    async def unread(who: int) -> int:
        async with store.begin() as session:
            return (await ledger.unread(session, who, [handoff_id])).get(handoff_id, 0)

    assert (await unread(AINO), await unread(EERO)) == (2, 2)
    async with store.begin() as session:
        await ledger.mark_read(session, handoff_id, EERO, second.number)
        await ledger.mark_read(session, handoff_id, EERO, first.number)
    assert (await unread(AINO), await unread(EERO)) == (2, 0)
    await says(store, handoff_id, "hei")
    assert await unread(AINO) == 0


async def test_d6_what_failed_is_sent_again_by_hand_and_only_that(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    said = await says(store, handoff_id, "hei")
    assert said.state == ledger.PENDING
    assert await refused(store, lambda s: ledger.retry(s, said.id, AINO)) == ("over", None)
    async with store.begin() as session:
        message = await session.get_one(HandoffMessage, said.id)
        await ledger.settle(session, message, ledger.FAILED, "Forbidden")
        assert await ledger.pending(session) == []
    assert await refused(store, lambda s: ledger.retry(s, said.id, EERO)) == ("taken", "Aino")
    store.bell(ledger.SAID).take()
    async with store.begin() as session:
        again = await ledger.retry(session, said.id, AINO)
        assert (again.state, again.error, again.tries) == (ledger.PENDING, None, 2)
        assert await ledger.pending(session) == [said.id]
    assert store.bell(ledger.SAID).take() == [said.id]


async def test_n1_a_note_is_no_message_and_is_never_pending(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await ledger.note(session, handoff_id, AINO, "Aino", "salaisuus")
        assert await ledger.pending(session) == []
        assert await session.scalar(select(func.count()).select_from(HandoffMessage)) == 0
        assert await session.scalar(select(func.count()).select_from(HandoffNote)) == 1


async def test_nothing_is_not_said(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    assert await refused(
        store, lambda s: ledger.say(s, handoff_id, AINO, "Aino", Content("  \n"))
    ) == ("empty", None)
    assert await refused(store, lambda s: ledger.note(s, handoff_id, AINO, "Aino", " ")) == (
        "empty",
        None,
    )
    assert await refused(store, lambda s: ledger.say(s, 404, AINO, "Aino", Content("hei"))) == (
        "over",
        None,
    )


async def test_twenty_words_at_once_have_twenty_numbers(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    await asyncio.gather(*(hears(store, handoff_id, str(number)) for number in range(20)))
    async with store.begin() as session:
        entries = await ledger.transcript(session, handoff_id)
    assert [one.number for one in entries] == list(range(1, 23))


async def test_r2_the_clock_runs_from_the_residents_first_unanswered_word(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    await says(store, handoff_id, "hei")
    assert (await read(store, handoff_id)).unanswered_since is None
    first = await hears(store, handoff_id, "yksi")
    await hears(store, handoff_id, "kaksi")
    assert (await read(store, handoff_id)).unanswered_since == first.said_at
    await says(store, handoff_id, "niin")
    assert (await read(store, handoff_id)).unanswered_since is None


async def test_the_words_of_old_talks_are_forgotten_and_that_they_were_stays(
    store: Store, resident: Resident
) -> None:
    handoff_id = await taken(store, resident)
    await hears(store, handoff_id, "moi")
    async with store.begin() as session:
        await ledger.note(session, handoff_id, AINO, "Aino", "muistiin")
        await service.release(session, handoff_id, AINO, "syy")
        await service.time_out(session, handoff_id)
        handoff = await service.get(session, handoff_id)
        assert handoff
        handoff.closing_note, handoff.feedback_words = "lopuksi", "kiitos"
        handoff.told_before = {"lines": []}
        handoff.follow_up_at = now() + timedelta(days=1)
    async with store.begin() as session:
        await ledger.forget(session, now())
    handoff = await read(store, handoff_id)
    assert handoff.closing_note == "lopuksi", "it is kept for the follow-up"
    assert handoff.told_before is None
    async with store.begin() as session:
        await session.execute(update(Handoff).values(follow_up_at=None))
    async with store.begin() as session:
        await ledger.forget(session, now())
    entries = await told(store, handoff_id)
    assert entries == [("request", None), ("claim", None), ("release", None), ("time_out", None)]
    handoff = await read(store, handoff_id)
    assert (handoff.closing_note, handoff.feedback_words) == (None, None)


async def test_r6_every_move_has_an_actor_and_a_time(store: Store, resident: Resident) -> None:
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.release(session, handoff_id, AINO, "kiire")
        moves = list(await session.scalars(select(HandoffMove).order_by(HandoffMove.id)))
    assert [(one.move, one.actor, one.name, one.reason) for one in moves] == [
        ("request", "resident", None, None),
        ("claim", "moderator:9001", "Aino", None),
        ("release", "moderator:9001", "Aino", "kiire"),
    ]
    assert all(one.moved_at and one.told_at is None for one in moves)
    async with store.begin() as session:
        await session.execute(update(HandoffMove).values(told_at=now()))
        assert await service.untold(session) == []
