from typing import Any

import pytest
from sqlalchemy import select

from bot.dialogue.cards import preview_of
from bot.handoff import service
from bot.handoff.summary import Line, shared_of
from bot.residents import identity
from bot.store.tables import Handoff, Outgoing, Resident, now
from tests.sandbox.driver import AINO, ANNA, BERTTA, GROUP
from tests.telegram.driver import Seura, beginning, button, labels_of, phrases, words

DANGER = "haluan kuolla"


LABELS = [button("utter_topic_card", number) for number in range(2)]


async def _card(seura: Seura) -> dict[str, Any]:
    """The newest card."""
    cards = [one for one in await seura.seen(GROUP) if labels_of(one)]
    return cards[-1]


async def _request(seura: Seura, who: int = ANNA, danger: str | None = None) -> int:
    seura.people.world.private_chat(who)
    async with seura.app.store.begin() as session:
        resident, _ = await identity.meet(session, who, "fi", seura.app.residents.aliases)
        shared = shared_of(resident, ["shyness", "money"], [])
        handoff = await service.request(session, resident, shared, danger)
        return handoff.id


def _named(mark: str, alias: str, response: str = "utter_topic_name", **more: str) -> str:
    mark = phrases()(f"mark.{mark}", "fi")
    return words(response, mark=mark, alias=alias, **more)


# --- topics ----------------------------------------------------------------------------------


async def test_a_request_gets_a_topic_of_its_own_under_the_alias(anywhere: Seura) -> None:
    for who in (ANNA, BERTTA):
        await _request(anywhere, who)
        await anywhere.quiet()
    aliases = [(await anywhere.resident(who)).alias for who in (ANNA, BERTTA)]
    topics = await anywhere.topics()
    assert [one["name"] for one in topics] == [_named("waiting", alias) for alias in aliases]
    assert [one.topic_id for one in await anywhere.handoffs()] == [topics[0]["id"]]


async def test_h9_the_card_shows_what_the_resident_saw_and_agreed_to(seura: Seura) -> None:
    await _request(seura)
    await seura.quiet()
    resident, [handoff] = await seura.resident(), await seura.handoffs()
    rooms = seura.app.rooms
    preview = preview_of(
        resident.alias, handoff.shared, "fi", phrases(), rooms.factors, rooms.interests
    )
    [card] = await seura.in_topic()
    why = phrases()("reason_asked.words", "fi")
    assert card == words("utter_topic_card", alias=resident.alias, preview=preview, reason=why)
    assert rooms.factors.label("shyness", "fi").lower() in card
    assert labels_of(await _card(seura)) == LABELS


async def _sends_along(seura: Seura) -> str:
    """A resident asks for a human and has what was said sent along; gives the topic's text."""
    seura.people.world.private_chat(ANNA)
    at = now().isoformat()
    async with seura.app.store.begin() as session:
        resident, _ = await identity.meet(session, ANNA, "fi", seura.app.residents.aliases)
        await service.request(
            session,
            resident,
            {"language": "fi"},
            reason="not_understood",
            told_before=[
                Line(at=at, by="user", text="kukaan ei soita {enää}"),
                Line(at=at, by="bot", text="Kurja kuulla."),
            ],
        )
    await seura.quiet()
    lines = "💬 kukaan ei soita {enää}\n🤖 Kurja kuulla."
    return words("utter_topic_before", lines=lines)


async def test_h9_what_was_sent_along_stands_under_the_card_with_the_reason(
    anywhere: Seura,
) -> None:
    told = await _sends_along(anywhere)
    card, before = await anywhere.in_topic()
    assert phrases()("reason_asked.not_understood", "fi") in card
    assert before == told


async def test_h9_what_was_sent_along_comes_back_with_a_deleted_topic(seura: Seura) -> None:
    told = await _sends_along(seura)
    thread = await seura.topic()
    await seura.people.act(f"chats/{GROUP}/topics/{thread}/delete")
    await seura.writes("onko siellä ketään")
    assert told in await seura.in_topic()


async def test_h9_danger_shares_nothing_more_and_is_the_reason(seura: Seura) -> None:
    await seura.writes(DANGER)
    [handoff] = await seura.handoffs()
    assert (handoff.reason, handoff.told_before) == ("danger", None)
    assert handoff.shared == {"language": "fi"}
    [card] = await seura.in_topic()
    assert phrases()("reason_asked.danger", "fi") in card


async def test_danger_shows_in_the_topics_name_and_on_the_card(seura: Seura) -> None:
    await _request(seura, danger="violence")
    await seura.quiet()
    alias = (await seura.resident()).alias
    [topic] = await seura.topics()
    assert topic["name"] == _named("danger", alias)
    [card] = await seura.in_topic()
    assert phrases()("danger.violence", "fi") in card


async def test_who_is_in_danger_is_shown_before_those_who_have_waited_longer(
    asleep: Seura,
) -> None:
    await _request(asleep, ANNA)
    await _request(asleep, BERTTA, danger="suicide")
    asleep.start()
    await asleep.quiet()
    alias = (await asleep.resident(BERTTA)).alias
    assert (await asleep.topics())[0]["name"] == _named("danger", alias)


async def test_a_request_that_was_made_while_nothing_ran_is_shown_at_start(
    asleep_anywhere: Seura,
) -> None:
    await _request(asleep_anywhere)
    asleep_anywhere.start()
    await asleep_anywhere.quiet()
    assert len(await asleep_anywhere.in_topic()) == 1


async def test_after_a_restart_a_request_is_not_shown_again(seura: Seura) -> None:
    await _request(seura)
    await seura.quiet()
    await seura.restart()
    await _request(seura, BERTTA)
    await seura.quiet()
    assert len(await seura.topics()) == 2
    assert len(await seura.said(GROUP)) == 2


async def test_a_topic_that_telegram_asks_to_wait_for_is_opened_after_the_wait(
    seura: Seura,
) -> None:
    await seura.people.act("faults", method="createForumTopic", status=429, retry_after=1)
    await _request(seura)
    await seura.quiet()
    assert len(await seura.topics()) == 1
    assert len(await seura.in_topic()) == 1


@pytest.mark.parametrize("fault", [{"status": 400}, {"status": 403}, {"drop": True}])
async def test_a_topic_that_could_not_be_opened_is_tried_again(
    seura: Seura, fault: dict[str, object]
) -> None:
    seura.app.group.retry_seconds = 0.05
    await seura.people.act("faults", method="createForumTopic", **fault)
    await _request(seura)
    await seura.quiet()
    assert len(await seura.topics()) == 1


async def test_one_request_that_cannot_be_shown_does_not_hold_up_another(seura: Seura) -> None:
    await seura.people.act("faults", method="createForumTopic", status=400)
    await _request(seura, ANNA)
    await seura.until(lambda: _tried(seura))
    await _request(seura, BERTTA)
    await seura.until(lambda: _shown(seura, 2))


async def _tried(seura: Seura) -> bool:
    return bool(seura.calls("createForumTopic"))


async def _shown(seura: Seura, number: int) -> bool:
    return len(await seura.said(GROUP)) == number


async def test_many_words_at_once_to_a_topic_that_is_not_there_yet_open_it_once(
    asleep: Seura,
) -> None:
    handoff_id = await _request(asleep)
    async with asleep.app.store.begin() as session:
        assert await service.get(session, handoff_id)
    for text in "abcde":
        await asleep.people.write(ANNA, text)
    asleep.start()
    await asleep.quiet()
    assert len(await asleep.topics()) == 1
    card, *relayed = await asleep.in_topic()
    assert card.startswith((await asleep.resident()).alias)
    assert relayed == [words("utter_topic_resident", text=text) for text in "abcde"]


async def test_of_a_request_whose_resident_is_erased_no_topic_is_opened(asleep: Seura) -> None:
    handoff_id = await _request(asleep)
    async with asleep.app.store.begin() as session:
        handoff = await session.get_one(Handoff, handoff_id)
        await asleep.app.desk.post(session, handoff, "x", "send_message", text="hei")
    async with asleep.app.store.begin() as session:
        await session.delete(await session.get_one(Resident, handoff.resident_id))
    asleep.start()
    await asleep.quiet()
    assert await asleep.topics() == []


async def test_who_comes_back_finds_the_topic_open_again_with_a_new_card(seura: Seura) -> None:
    await _request(seura)
    await seura.quiet()
    await seura.claims(AINO)
    await seura.moderates("/end", AINO)
    assert (await seura.topics())[0]["closed"]
    await _request(seura)
    await seura.quiet()
    [topic] = await seura.topics()
    assert not topic["closed"]
    assert labels_of(await _card(seura)) == LABELS


# --- the card --------------------------------------------------------------------------------


async def test_the_card_follows_the_state(seura: Seura) -> None:
    await seura.waits_for_a_human()
    card = await _card(seura)

    async def shown() -> list[str]:
        return labels_of(seura.people.world.chats[GROUP].messages[card["message_id"]])

    claim = LABELS
    claimed = [button("utter_topic_card_claimed", number) for number in range(4)]
    assert await shown() == claim
    await seura.claims(AINO)
    assert await shown() == claimed
    await seura.moderates("/release", AINO)
    assert await shown() == claim
    await seura.claims(AINO)
    await seura.moderates("/end", AINO)
    assert await shown() == [button("utter_topic_card_over")]


async def test_the_card_of_a_request_that_was_taken_back_has_no_buttons(seura: Seura) -> None:
    await seura.waits_for_a_human()
    await seura.taps(button("utter_handoff_requested"))
    card = (await seura.seen(GROUP))[1]
    assert labels_of(card) == []
    over = words("utter_topic_card_cancelled", card="").strip()
    assert card["text"].endswith(over)


async def test_a_card_that_did_not_get_through_yet_shows_danger_when_it_does(
    seura: Seura,
) -> None:
    await seura.people.act("faults", method="sendMessage", chat_id=GROUP, status=429, retry_after=1)
    await _request(seura)
    await seura.until(lambda: _card_waits(seura))
    said = await seura.writes(DANGER)
    assert said[0].startswith(beginning("utter_crisis_suicide"))
    in_topic = "\n".join(await seura.in_topic())
    assert phrases()("danger.suicide", "fi") in in_topic


async def _card_waits(seura: Seura) -> bool:
    return any(not call.get("ok", True) for call in seura.calls("sendMessage", GROUP))


# --- what belongs to a talk ------------------------------------------------------------------


async def test_all_that_is_said_in_a_topic_is_marked_as_the_talks_own(seura: Seura) -> None:
    """By that mark it is erased with the resident."""
    await seura.has_a_human()
    await seura.writes("moi")
    await seura.moderates("hei", AINO)
    [handoff] = await seura.handoffs()
    async with seura.app.store.begin() as session:
        rows = (await session.scalars(select(Outgoing).where(Outgoing.chat_id == GROUP))).all()
    assert {row.handoff_id for row in rows} == {handoff.id}


async def test_a_talk_without_a_topic_is_told_nothing_and_nothing_breaks(asleep: Seura) -> None:
    await _request(asleep)
    [handoff] = await asleep.handoffs()
    async with asleep.app.store.begin() as session:
        handoff = await session.merge(handoff)
        await asleep.app.desk.tell(session, handoff, "x", "utter_topic_cancelled")
        await asleep.app.desk.refresh(session, handoff)
        assert (await session.scalars(select(Outgoing))).all() == []


@pytest.mark.parametrize("language", ["fi", "en"])
async def test_the_group_is_spoken_to_in_its_own_language(asleep: Seura, language: str) -> None:
    asleep.app.desk.language = language
    await _request(asleep)
    asleep.start()
    await asleep.quiet()
    [card] = await asleep.in_topic()
    alias = (await asleep.resident()).alias
    asked = words("utter_topic_card", language, alias=alias)
    assert card.startswith(asked.partition("\n")[0])
    assert card.endswith(phrases()("reason_asked.words", language))
