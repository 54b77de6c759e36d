import asyncio

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.errors import HandoffRefused
from bot.handoff import service
from bot.handoff.states import State
from bot.residents.erasure import erase
from bot.store.tables import HandoffMove, Outgoing, Update
from bot.telegram import forgetting
from tests.sandbox.driver import AINO, ANNA, BERTTA, EERO, GROUP
from tests.telegram.driver import Seura, button, incoming, labels_of, phrases, words

OUTSIDER = 5005
SOMEBODY = 7654321
RELEASE, END, *OTHERS = (button("utter_topic_card_claimed", number) for number in range(4))


async def _claimed_by(seura: Seura) -> int | None:
    return (await seura.handoffs())[-1].moderator_id


# --- claiming --------------------------------------------------------------------------------


async def test_a_claim_tells_both_sides_and_changes_the_card(anywhere: Seura) -> None:
    seura = anywhere
    await seura.waits_for_a_human()
    assert await seura.claims(AINO) == words("utter_claim_yours")
    assert (await seura.said())[-1] == words("utter_handoff_joined", moderator="Aino")
    card, told = await seura.in_topic()
    assert told == words("utter_topic_claimed", moderator="Aino")
    assert card.endswith(words("utter_topic_card_claimed", card="", moderator="Aino").strip())
    assert labels_of((await seura.seen(GROUP))[1]) == [RELEASE, END, *OTHERS]
    assert await _claimed_by(seura) == AINO


async def test_of_twenty_who_claim_at_once_one_wins_and_the_others_hear_who(
    anywhere: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    seura = anywhere
    await seura.waits_for_a_human()
    [handoff] = await seura.handoffs()
    await seura.stop()
    people = range(5100, 5120)
    for person in people:
        await seura.people.act(f"chats/{GROUP}/members", user_id=person, status="member")
    shown: dict[int, str | None] = {}

    async def taps(person: int) -> None:
        name = f"Moderaattori {person}"
        tap = {
            "id": str(person),
            "from": {"id": person, "is_bot": False, "first_name": name},
            "message": {"chat": {"id": GROUP, "type": "supergroup"}},
            "data": f"h:claim:{handoff.id}",
        }
        await seura.app.moderators.handle(incoming(person, {"callback_query": tap}))

    async def answered(tap_id: str, text: str | None) -> None:
        shown[int(tap_id)] = text

    monkeypatch.setattr(seura.app.moderators, "_answer_tap", answered)
    await asyncio.gather(*map(taps, people))
    winner = await _claimed_by(seura)
    assert winner in people
    taken = words("utter_claim_taken", moderator=f"Moderaattori {winner}")
    assert shown == {p: words("utter_claim_yours") if p == winner else taken for p in people}
    async with seura.app.store.begin() as session:
        moves = (await session.scalars(select(HandoffMove.after))).all()
        told = await session.scalars(
            select(Outgoing.key).where(Outgoing.key.like("move:%:resident:%"))
        )
        assert len(told.all()) == 1
    assert sorted(moves) == [State.CLAIMED, State.REQUESTED, State.WAITING]


async def test_c5_of_those_who_claim_in_the_group_and_on_the_web_one_wins(anywhere: Seura) -> None:
    seura = anywhere
    await seura.waits_for_a_human()
    [handoff] = await seura.handoffs()
    refused: list[int] = []

    async def on_the_web(person: int) -> None:
        try:
            async with seura.app.store.begin() as session:
                await service.claim(session, handoff.id, person, f"Moderaattori {person}")
        except HandoffRefused:
            refused.append(person)

    toast, *_ = await asyncio.gather(seura.claims(AINO), *map(on_the_web, range(5100, 5110)))
    await seura.quiet()
    winner = await _claimed_by(seura)
    assert (toast == words("utter_claim_yours")) is (winner == AINO)
    assert {*refused, winner} - {AINO} == set(range(5100, 5110))
    name = "Aino" if winner == AINO else f"Moderaattori {winner}"
    card, *_ = await seura.in_topic()
    assert card.endswith(words("utter_topic_card_claimed", card="", moderator=name).strip())


async def test_to_claim_ones_own_again_changes_nothing(seura: Seura) -> None:
    await seura.has_a_human()
    [handoff] = await seura.handoffs()
    toast = await seura.forges(f"h:claim:{handoff.id}", AINO, GROUP)
    assert toast == words("utter_claim_yours")
    assert (await seura.said()).count(words("utter_handoff_joined", moderator="Aino")) == 1


async def test_somebody_from_outside_the_group_can_neither_claim_nor_write(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.waits_for_a_human()
    [handoff] = await seura.handoffs()
    toast = await seura.forges(f"h:claim:{handoff.id}", OUTSIDER, GROUP)
    assert toast == words("utter_claim_outsider")
    assert await _claimed_by(seura) is None
    await seura.claims(AINO)
    before = await seura.said()
    thread = await seura.topic()
    await seura.people.write(OUTSIDER, "hei Anna", GROUP, message_thread_id=thread, force=True)
    await seura.quiet()
    assert (await seura.in_topic())[-1] == words("utter_claim_outsider")
    for move in ("end", "release"):
        await seura.forges(f"h:{move}:{handoff.id}", OUTSIDER, GROUP)
    assert await seura.said() == before
    assert await _claimed_by(seura) == AINO


async def test_who_has_left_the_group_is_an_outsider(seura: Seura) -> None:
    await seura.waits_for_a_human()
    [handoff] = await seura.handoffs()
    await seura.people.act(f"chats/{GROUP}/members", user_id=EERO, status="left")
    toast = await seura.forges(f"h:claim:{handoff.id}", EERO, GROUP)
    assert toast == words("utter_claim_outsider")


async def test_where_membership_cannot_be_asked_nobody_gets_in(seura: Seura) -> None:
    await seura.waits_for_a_human()
    await seura.people.act("faults", method="getChatMember", status=500)
    assert await seura.claims(AINO) == words("utter_claim_outsider")
    assert await seura.claims(AINO) == words("utter_claim_yours")


async def test_a_resident_cannot_claim_their_own_request(seura: Seura) -> None:
    await seura.waits_for_a_human()
    [handoff] = await seura.handoffs()
    assert await seura.forges(f"h:claim:{handoff.id}") == words("utter_button_past")
    assert await _claimed_by(seura) is None


async def test_h8_a_request_that_was_taken_back_cannot_be_claimed(seura: Seura) -> None:
    await seura.waits_for_a_human()
    await seura.taps(button("utter_handoff_requested"))
    [handoff] = await seura.handoffs()
    toast = await seura.forges(f"h:claim:{handoff.id}", AINO, GROUP)
    assert handoff.ended_at
    at = seura.app.desk.clock.time(handoff.ended_at)
    assert toast == words("utter_claim_cancelled", at=at)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.text(max_size=64)
    | st.from_regex(r"h:(claim|end|release|\w{0,9}):\w{0,40}", fullmatch=True)
)
@example("h:claim:²")
@example("h:claim:" + "9" * 30)
async def test_whatever_is_forged_in_the_group_moves_nothing(asleep: Seura, data: str) -> None:
    moderators = asleep.app.moderators
    moderators._members[AINO] = (True, float("inf"))
    tap = {
        "id": "1",
        "from": {"id": AINO, "is_bot": False, "first_name": "Aino"},
        "message": {"message_id": 1, "chat": {"id": GROUP, "type": "supergroup"}},
        "data": data,
    }
    await moderators.handle(incoming(1, {"callback_query": tap}))
    async with asleep.app.store.begin() as session:
        assert (await session.scalars(select(Outgoing))).all() == []


# --- writing ---------------------------------------------------------------------------------


async def test_the_holders_words_reach_the_resident_as_they_are(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    text = "Hei! {alias} \\n \U0001f9d1\u200d\U0001f33e مرحبا"
    assert await seura.moderates(text, AINO) == []
    assert (await seura.said())[-1] == text
    assert seura.rasa.heard == []


async def test_a_long_message_of_a_moderator_arrives_whole(seura: Seura) -> None:
    await seura.has_a_human()
    before = len(await seura.said())
    long = ("Pitkä lause tässä. " * 215).strip()
    await seura.moderates(long, AINO)
    assert " ".join((await seura.said())[before:]) == long


async def test_a_residents_longest_message_arrives_whole_in_the_topic(seura: Seura) -> None:
    await seura.has_a_human()
    before = len(await seura.in_topic())
    long = "Pitkä lause tässä. " * 215 + "Loppuukin."
    await seura.writes(long)
    pieces = (await seura.in_topic())[before:]
    assert len(pieces) == 2
    assert " ".join(pieces) == words("utter_topic_resident", text=long)


async def test_another_moderators_words_stay_in_the_topic_and_they_hear_why(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.has_a_human()
    before = await seura.said()
    told = await seura.moderates("minäkin!", EERO)
    assert told == [words("utter_topic_not_yours", moderator="Aino")]
    assert await seura.said() == before


async def test_before_anybody_has_claimed_nobodys_words_are_sent(seura: Seura) -> None:
    await seura.waits_for_a_human()
    before = await seura.said()
    assert await seura.moderates("hei Anna", AINO) == [words("utter_claim_first")]
    assert await seura.said() == before


async def test_when_it_is_over_nobodys_words_are_sent(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.moderates("/end", AINO)
    thread = await seura.topic()
    await seura.people.act(f"chats/{GROUP}/topics/{thread}/reopen")
    before = await seura.said()
    assert await seura.moderates("vielä yksi asia", AINO) == [words("utter_claim_over")]
    assert await seura.said() == before


async def test_a_note_stays_in_the_topic(seura: Seura) -> None:
    await seura.has_a_human()
    before = await seura.said()
    for note in ("// soita äidille", "//", "/tuntematon komento"):
        assert await seura.moderates(note, AINO) == []
        assert await seura.moderates(note, EERO) == []
    assert await seura.said() == before


async def test_a_note_under_a_picture_stays_in_the_topic(seura: Seura) -> None:
    await seura.has_a_human()
    before = len(await seura.seen())
    thread = await seura.topic()
    await seura.sends("photo", AINO, GROUP, caption="// ei asukkaalle", message_thread_id=thread)
    assert len(await seura.seen()) == before


async def test_words_outside_the_topics_are_the_groups_own(seura: Seura) -> None:
    await seura.has_a_human()
    before, in_group = await seura.said(), await seura.said(GROUP)
    await seura.people.write(AINO, "kahville?", GROUP)
    other = await seura.people.topic("muut asiat")
    await seura.people.write(AINO, "kahville!", GROUP, message_thread_id=other)
    await seura.quiet()
    assert await seura.said() == before
    assert await seura.said(GROUP) == in_group


async def test_another_group_is_not_listened_to(seura: Seura) -> None:
    """Topics of two groups may have the same number."""
    await seura.has_a_human()
    [handoff] = await seura.handoffs()
    before, in_group = await seura.said(), await seura.said(GROUP)
    elsewhere = {
        "message_id": 9,
        "date": 1,
        "chat": {"id": -100777, "type": "supergroup", "title": "Muu", "is_forum": True},
        "from": {"id": AINO, "is_bot": False, "first_name": "Aino"},
        "message_thread_id": handoff.topic_id,
        "is_topic_message": True,
        "text": "hei Anna",
    }
    tap = {"id": "1", "from": elsewhere["from"], "message": elsewhere, "chat_instance": "1"}
    await seura.people.act("updates", message=elsewhere)
    await seura.people.act("updates", message={**elsewhere, "text": "/end"})
    await seura.people.act("updates", callback_query={**tap, "data": f"h:end:{handoff.id}"})
    await seura.quiet()
    assert await seura.said() == before
    assert await seura.said(GROUP) == in_group
    assert await _claimed_by(seura) == AINO


# --- pictures and sounds ---------------------------------------------------------------------


async def test_m4_a_file_of_any_size_is_passed_on_for_none_is_ever_fetched(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.sends("document")
    assert "document" in (await seura.seen(GROUP))[-1]
    assert seura.calls("getFile") == []


async def test_media_go_both_ways_as_copies_that_name_nobody(seura: Seura) -> None:
    await seura.has_a_human(SOMEBODY)
    await seura.people.write(SOMEBODY, "moi", first_name="Anna Salanimi")
    thread = await seura.topic()
    for kind in (
        "photo", "voice", "sticker", "document", "video", "audio", "animation", "video_note"
    ):  # fmt: skip
        await seura.sends(kind, SOMEBODY)
        relayed = (await seura.seen(GROUP))[-1]
        await seura.sends(kind, AINO, GROUP, message_thread_id=thread)
        received = (await seura.seen(SOMEBODY))[-1]
        for message in (relayed, received):
            assert kind in message
            assert "forward_origin" not in message
        assert relayed["message_thread_id"] == thread
    in_group = str(await seura.seen(GROUP))
    assert "Salanimi" not in in_group
    assert str(SOMEBODY) not in in_group


# --- releasing and ending --------------------------------------------------------------------


async def test_a_talk_that_is_released_can_be_claimed_by_another(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    await seura.claims(AINO, RELEASE)
    assert (await seura.said())[-1] == words("utter_handoff_released", moderator="Aino")
    assert (await seura.in_topic())[-1] == words(
        "utter_topic_released", moderator="Aino", reason=""
    )
    assert await _claimed_by(seura) is None
    await seura.claims(EERO)
    assert (await seura.said())[-1] == words("utter_handoff_joined", moderator="Eero")
    await seura.moderates("hei taas", EERO)
    assert (await seura.said())[-1] == "hei taas"
    assert len(await seura.handoffs()) == 1


@pytest.mark.parametrize("move", ["end", "release"])
async def test_only_the_holder_can_end_or_release(seura: Seura, move: str) -> None:
    await seura.has_a_human()
    [handoff] = await seura.handoffs()
    taken = words("utter_claim_taken", moderator="Aino")
    assert await seura.forges(f"h:{move}:{handoff.id}", EERO, GROUP) == taken
    assert await seura.moderates(f"/{move}", EERO) == [taken]
    assert await _claimed_by(seura) == AINO


@pytest.mark.parametrize("way", ["/paata", "/end@seura_sandbox_bot", END])
async def test_h6_a_moderator_ends_it_and_the_bot_is_back(seura: Seura, way: str) -> None:
    await seura.has_a_human()
    [handoff] = await seura.handoffs()
    if way == END:
        await seura.claims(AINO, END)
    else:
        await seura.moderates(way, AINO)
    ended, resumed = (await seura.said())[-2:]
    assert ended == words("utter_handoff_ended", handoff=handoff.id)
    assert resumed == "Rasa: /resume"
    assert (await seura.in_topic())[-1] == words("utter_topic_ended_by_moderator", moderator="Aino")
    [topic] = await seura.topics()
    assert topic["closed"]
    cards = [one for one in await seura.seen(GROUP) if labels_of(one)]
    assert [labels_of(one) for one in cards] == [[button("utter_topic_card_over")]]
    assert await seura.writes("hei") == ["Rasa: hei"]


async def test_the_resident_ends_it_and_the_moderators_hear_so(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    await seura.taps(button("utter_handoff_joined"))
    assert (await seura.in_topic())[-1] == words("utter_topic_ended_by_resident")
    assert (await seura.said())[-1] == "Rasa: /resume"
    assert (await seura.topics())[0]["closed"]


async def test_however_it_ends_the_bot_is_back_once(seura: Seura) -> None:
    """Both end it, a moderator taps twice: one update to resume, asked about once."""
    await seura.has_a_human()
    [handoff] = await seura.handoffs()
    message = await seura.with_button(button("utter_handoff_joined"))
    await asyncio.gather(
        *(
            seura.people.act(
                f"chats/{chat}/taps",
                user_id=who,
                message_id=on["message_id"],
                button=name,
            )
            for chat, who, on, name in (
                (ANNA, ANNA, message, button("utter_handoff_joined")),
                (GROUP, AINO, await seura.with_button(END, GROUP), END),
                (GROUP, AINO, await seura.with_button(END, GROUP), END),
            )
        )
    )
    await seura.quiet()
    assert seura.rasa.heard.count("/resume") == 1
    said = await seura.said()
    assert said.count(words("utter_handoff_ended", handoff=handoff.id)) == 1
    async with seura.app.store.begin() as session:
        [resume] = await session.scalars(select(Update).where(Update.update_id < 0))
    assert resume.body is None


async def test_resuming_outlives_a_crash(seura: Seura) -> None:
    await seura.has_a_human()
    slow = seura.rasa.hold("/resume")
    await seura.people.write(AINO, "/end", GROUP, message_thread_id=await seura.topic())
    await seura.until(lambda: _resuming(seura))
    await seura.stop()
    slow.set()
    await seura.restart()
    await seura.quiet()
    assert seura.rasa.heard.count("/resume") == 2
    assert (await seura.said()).count("Rasa: /resume") == 1


async def _resuming(seura: Seura) -> bool:
    return "/resume" in seura.rasa.heard


async def test_after_an_erasure_a_later_talk_is_resumed_as_well(seura: Seura) -> None:
    """A database may give a number again that an erased request had."""
    for _ in range(2):
        await seura.has_a_human()
        await seura.writes("/lopeta")
        assert (await seura.said())[-1] == "Rasa: /resume"
        async with seura.app.store.begin() as session:
            await erase(session, await session.merge(await seura.resident()))
        seura.app.store.bell(forgetting.BELL).set()
        await seura.quiet()
    assert seura.rasa.heard.count("/resume") == 2


# --- how it was ------------------------------------------------------------------------------


async def test_the_resident_says_how_it_was_and_may_change_their_mind(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.moderates("/end", AINO)
    for number, code in enumerate(("good", "okay", "bad")):
        await seura.taps(button("utter_handoff_ended", number))
        assert (await seura.said())[-1] == words("utter_feedback_thanks")
        [handoff] = await seura.handoffs()
        assert handoff.feedback == code
        feedback = phrases()(f"feedback.{code}", "fi")
        assert (await seura.in_topic())[-1] == words("utter_topic_feedback", feedback=feedback)


async def test_a_returning_resident_is_met_in_their_earlier_topic(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.moderates("/end", AINO)
    await seura.waits_for_a_human()
    [topic] = await seura.topics()
    assert not topic["closed"]
    cards = [one for one in await seura.in_topic() if one.startswith(await _alias(seura))]
    assert len(cards) == 2
    await seura.claims(EERO)
    await seura.moderates("hei taas", EERO)
    assert (await seura.said())[-1] == "hei taas"
    await seura.moderates("/end", EERO)
    assert [one.state for one in await seura.handoffs()] == ["ended", "ended"]


async def _alias(seura: Seura) -> str:
    return (await seura.resident()).alias


async def test_the_talk_of_one_topic_does_not_wait_for_another(seura: Seura) -> None:
    for who in (ANNA, BERTTA):
        await seura.has_a_human(who)
    first, second = (topic["id"] for topic in await seura.topics())
    await seura.moderates("hei Anna", AINO, first)
    await seura.moderates("hei Bertta", AINO, second)
    assert (await seura.said(ANNA))[-1] == "hei Anna"
    assert (await seura.said(BERTTA))[-1] == "hei Bertta"
