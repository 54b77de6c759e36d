"""What goes wrong with the moderators' group: noticed, told, healed, and nothing lost."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.store.tables import HandoffMove, ModeratorGroup, Outgoing, now
from bot.telegram.group import Allowance
from tests.sandbox.driver import AINO, ANNA, BERTTA, EERO, GROUP
from tests.telegram.driver import Seura, button, phrases, words
from tests.telegram.test_relay import in_group, ledger_of

MOVED = -1002000000002


def trouble(code: str) -> str:
    """What the group is told of a trouble."""
    return words("utter_group_trouble", trouble=phrases()(f"trouble.{code}", "fi"))


async def deletes_topic(seura: Seura) -> None:
    """A moderator deletes the newest topic."""
    topic = await seura.topic()
    await seura.people.act(f"chats/{GROUP}/topics/{topic}/delete")


async def bot_is(seura: Seura, status: str, **rights: bool) -> None:
    """Somebody changes what the bot may do in the group."""
    bot = seura.people.world.bot_id
    await seura.people.act(f"chats/{GROUP}/members", user_id=bot, status=status, rights=rights)


# --- topics ----------------------------------------------------------------------------------


async def test_a_topic_whose_making_was_cut_off_is_found_and_not_made_twice(
    anywhere: Seura,
) -> None:
    seura = anywhere
    seura.app.group.retry_seconds = 0.05
    await seura.waits_for_a_human(BERTTA)
    await seura.people.act("faults", method="createForumTopic", drop=True, performed=True)
    await seura.waits_for_a_human()
    first, second = await seura.topics()
    assert [one.topic_id for one in await seura.handoffs()] == [second["id"]]
    assert [one.topic_begun_at for one in await seura.handoffs()] == [None]
    assert await seura.in_topic(second["id"])
    assert [one.topic_id for one in await seura.handoffs(BERTTA)] == [first["id"]]


async def test_a_topic_that_was_not_made_when_the_connection_broke_is_made(
    anywhere: Seura,
) -> None:
    seura = anywhere
    seura.app.group.retry_seconds = 0.05
    await seura.waits_for_a_human(BERTTA)
    await seura.people.act("faults", method="createForumTopic", drop=True)
    await seura.waits_for_a_human()
    assert len(await seura.topics()) == 2
    assert {one["name"] for one in await seura.topics()} == {
        seura.app.group.name(handoff, await seura.resident(who))
        for who in (ANNA, BERTTA)
        for handoff in await seura.handoffs(who)
    }


async def test_b3_a_deleted_topic_is_made_anew_once_and_everything_arrives_in_it(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.has_a_human()
    await seura.writes("ennen")
    await deletes_topic(seura)
    for text in "abcde":
        await seura.people.write(ANNA, text)
    await seura.quiet()
    [topic] = await seura.topics()
    told = await seura.in_topic()
    assert [one for one in told if one.startswith("💬")] == [f"💬 {text}" for text in "abcde"]
    assert words("utter_topic_anew") in told
    assert any(words("utter_topic_card_claimed", card="", moderator="Aino").strip() in one
               for one in told)  # fmt: skip
    [handoff] = await seura.handoffs()
    assert handoff.topic_id == topic["id"]
    # The talk goes on, and the new card is the one that is kept up.
    await in_group(seura, "jatketaan tässä")
    assert (await seura.said())[-1] == "jatketaan tässä"
    await seura.claims(AINO, button("utter_topic_card_claimed", 1))
    assert (await seura.handoffs())[-1].state == "ended"


@pytest.mark.parametrize("spelling", ["Bad Request: message thread not found",
                                      "Bad Request: TOPIC_DELETED"])  # fmt: skip
async def test_b3_both_spellings_of_a_lost_topic_are_understood(
    seura: Seura, spelling: str
) -> None:
    await seura.has_a_human()
    await seura.people.act(
        "faults", method="sendMessage", chat_id=GROUP, status=400, description=spelling
    )
    await seura.writes("onko täällä ketään?")
    assert len(await seura.topics()) == 2
    assert "💬 onko täällä ketään?" in await seura.in_topic()


async def test_b3_older_answers_still_find_their_message_after_a_topic_was_lost(
    seura: Seura,
) -> None:
    await seura.has_a_human()
    before = await in_group(seura, "kysymys")
    received = (await seura.seen(ANNA))[-1]
    await deletes_topic(seura)
    await seura.people.write(ANNA, "vastaus", reply_to_message_id=received["message_id"])
    await seura.quiet()
    assert "💬 vastaus" in await seura.in_topic()
    said, heard = await ledger_of(seura)
    assert heard.answers == said.id
    assert before["message_id"]


async def test_a_topic_that_a_moderator_closed_is_still_served(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.people.act(f"chats/{GROUP}/topics/{await seura.topic()}/close")
    await seura.writes("kuuleeko kukaan?")
    assert (await seura.in_topic())[-1] == "💬 kuuleeko kukaan?"


async def test_the_topic_bears_alias_state_and_mark(seura: Seura) -> None:
    await seura.waits_for_a_human()
    alias = (await seura.resident()).alias

    async def name() -> str:
        return str((await seura.topics())[-1]["name"])

    assert await name() == f"🟡 {alias}"
    await seura.claims(AINO)
    assert await name() == f"🟢 {alias} · Aino"
    await in_group(seura, "/apua")
    assert await name() == f"🟠 {alias} · Aino"
    await in_group(seura, "/end")
    assert await name() == f"⚪ {alias} · päättynyt"
    assert (await seura.topics())[-1]["closed"]


async def test_the_card_is_pinned(seura: Seura) -> None:
    await seura.waits_for_a_human()
    card = await seura.with_button(button("utter_topic_card"), GROUP)
    assert seura.people.world.chats[GROUP].pinned == [card["message_id"]]


# --- without topics --------------------------------------------------------------------------


async def test_a_plain_group_works_by_answers(anywhere: Seura) -> None:
    seura = anywhere
    await seura.people.act(f"chats/{GROUP}/forum", on=False)
    await seura.app.group.look()
    for who in (ANNA, BERTTA):
        await seura.waits_for_a_human(who)
    cards = {}
    for who in (ANNA, BERTTA):
        alias = (await seura.resident(who)).alias
        cards[who] = next(one for one in await seura.seen(GROUP) if alias in one.get("text", ""))
        await seura.people.act(
            f"chats/{GROUP}/taps?wait=20",
            user_id=AINO,
            message_id=cards[who]["message_id"],
            button=button("utter_topic_card"),
        )
        await seura.quiet()
    await seura.writes("hei sinne", ANNA)
    relayed = (await seura.seen(GROUP))[-1]
    assert relayed["text"] == "💬 hei sinne"
    assert relayed["reply_to_message"]["message_id"] == cards[ANNA]["message_id"]
    for answered, text in ((relayed, "hei Anna"), (cards[BERTTA], "hei Bertta")):
        await seura.people.write(AINO, text, GROUP, reply_to_message_id=answered["message_id"])
        await seura.quiet()
    assert (await seura.said(ANNA))[-1] == "hei Anna"
    assert (await seura.said(BERTTA))[-1] == "hei Bertta"
    said = len(await seura.said(ANNA)), len(await seura.said(BERTTA))
    await seura.people.write(AINO, "menen syömään", GROUP)
    await seura.quiet()
    assert (len(await seura.said(ANNA)), len(await seura.said(BERTTA))) == said
    assert await seura.topics() == []


async def test_b4_topics_that_are_turned_off_are_told_once_and_nothing_is_lost(
    seura: Seura,
) -> None:
    await seura.has_a_human()
    await seura.people.act(f"chats/{GROUP}/forum", on=False)
    await seura.writes("yksi")
    await seura.writes("kaksi")
    said = await seura.said(GROUP)
    assert [one for one in said if one.startswith("💬")] == ["💬 yksi", "💬 kaksi"]
    assert said.count(trouble("no_topics")) == 1


# --- rights, membership, another id ----------------------------------------------------------


async def test_b4_a_demoted_bot_says_so_once_and_serves_residents_as_before(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await bot_is(seura, "member")
    await seura.quiet()
    assert (await seura.said(GROUP)).count(trouble("no_rights")) == 1
    await seura.has_a_human()
    await seura.writes("kuuluuko?")
    assert (await seura.said(GROUP))[-1] == "💬 kuuluuko?"
    relayed = (await seura.seen(GROUP))[-1]
    await seura.people.write(AINO, "kuuluu", GROUP, reply_to_message_id=relayed["message_id"])
    await seura.quiet()
    assert (await seura.said())[-1] == "kuuluu"
    assert (await seura.said(GROUP)).count(trouble("no_rights")) == 1
    async with seura.app.store.begin() as session:
        [kept] = await session.scalars(select(ModeratorGroup))
    assert kept.trouble == "no_rights"
    await bot_is(
        seura, "administrator", can_manage_topics=True, can_pin_messages=True,
        can_delete_messages=True, can_invite_users=True,
    )  # fmt: skip
    await seura.quiet()
    assert seura.app.group.trouble is None
    await seura.waits_for_a_human(BERTTA)
    assert len(await seura.topics()) == 1


async def test_b4_a_bot_that_was_thrown_out_loses_nothing(seura: Seura) -> None:
    seura.app.group.retry_seconds = 0.1
    await seura.has_a_human()
    await bot_is(seura, "kicked")
    await seura.people.write(ANNA, "missä kaikki ovat?")
    await asyncio.sleep(0.5)
    assert seura.app.group.trouble == "kicked"
    [heard] = await ledger_of(seura)
    assert heard.words == "missä kaikki ovat?"
    await bot_is(
        seura, "administrator", can_manage_topics=True, can_pin_messages=True,
        can_delete_messages=True,
    )  # fmt: skip
    await seura.quiet()
    assert "💬 missä kaikki ovat?" in await seura.in_topic()
    assert seura.app.group.trouble is None


async def test_b4_leads_are_told_of_trouble_in_their_own_chats(seura: Seura) -> None:
    seura.people.world.private_chat(EERO)
    seura.app.desk.leads = (EERO,)
    await bot_is(seura, "member")
    await seura.quiet()
    assert await seura.said(EERO) == [trouble("no_rights")]


async def migrates(seura: Seura) -> None:
    """The group is upgraded: from now on it has another id."""
    await seura.people.act(f"chats/{GROUP}/migrate", to=MOVED)


@pytest.mark.parametrize("heard_of", [True, False])
async def test_b2_a_group_that_is_upgraded_is_followed(seura: Seura, heard_of: bool) -> None:
    await seura.has_a_human()
    if not heard_of:  # only the refusal of the next call says so
        seura.people.world.updates.pending.clear()
        await seura.stop()
    await migrates(seura)
    if not heard_of:
        seura.people.world.updates.pending.clear()
        seura.start()
    await seura.writes("oletteko vielä siellä?")
    assert seura.app.group.chat_id == MOVED
    moved = await seura.said(MOVED)
    assert "💬 oletteko vielä siellä?" in moved
    async with seura.app.store.begin() as session:
        kept = list(await session.scalars(select(ModeratorGroup)))
    assert [(one.configured_id, one.chat_id) for one in kept] == [(GROUP, MOVED)]
    await seura.restart()
    await seura.writes("entä nyt?")
    assert "💬 entä nyt?" in await seura.said(MOVED)
    relayed = (await seura.seen(MOVED))[-1]
    await seura.people.write(
        AINO, "täällä ollaan", MOVED, message_thread_id=relayed["message_thread_id"]
    )
    await seura.quiet()
    assert (await seura.said())[-1] == "täällä ollaan"


async def test_a_moderator_who_leaves_gives_back_what_they_had(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    await seura.people.act(f"chats/{GROUP}/members", user_id=AINO, status="left")
    await seura.quiet()
    [handoff] = await seura.handoffs()
    assert (handoff.state, handoff.moderator_id) == ("waiting", None)
    assert (await seura.said())[-1] == words("utter_handoff_released", moderator="Aino")
    reason = f" ({phrases()('desk.left', 'fi')})"
    returned = words("utter_topic_returned", moderator="Aino", reason=reason)
    assert returned in await seura.in_topic()
    async with seura.app.store.begin() as session:
        moves = list(await session.scalars(select(HandoffMove).order_by(HandoffMove.id)))
    assert (moves[-1].move, moves[-1].actor) == ("release", "bot")


# --- the allowance ---------------------------------------------------------------------------


async def test_d8_what_is_short_is_gathered_and_residents_never_wait_for_it(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.has_a_human(BERTTA)
    before = len(seura.calls("sendMessage", GROUP))
    seura.app.group.allowance = Allowance(2, seconds=1.5)
    for _ in range(2):
        seura.app.group.allowance.note()
    texts = [f"viesti {number}" for number in range(12)]
    for text in texts:
        await seura.people.write(ANNA, text)
    await seura.people.write(BERTTA, "minäkin")
    [handoff] = await seura.handoffs(BERTTA)
    other = next(one for one in await seura.topics() if one["id"] == handoff.topic_id)
    await seura.people.write(AINO, "en odota", GROUP, message_thread_id=other["id"])
    await seura.until(lambda: _heard(seura, BERTTA, "en odota"))
    assert len(seura.calls("sendMessage", GROUP)) <= before + 2
    await seura.quiet()
    [handoff] = await seura.handoffs(ANNA)
    relayed = [one for one in await seura.in_topic(handoff.topic_id) if one.startswith("💬")]
    assert "\n".join(relayed) == "\n".join(f"💬 {text}" for text in texts)
    assert len(relayed) < 6
    # Whatever was gathered can still be answered: it maps to the last of its messages.
    [last] = [one for one in await ledger_of(seura) if one.words == "viesti 11"]
    message = next(one for one in reversed(await seura.seen(GROUP))
                   if "viesti 11" in one.get("text", ""))  # fmt: skip
    await seura.people.write(
        AINO, "kaikki luettu", GROUP,
        message_thread_id=handoff.topic_id, reply_to_message_id=message["message_id"],
    )  # fmt: skip
    await seura.quiet()
    [said] = [one for one in await ledger_of(seura) if one.words == "kaikki luettu"]
    assert said.answers == last.id


async def _heard(seura: Seura, who: int, text: str) -> bool:
    return text in await seura.said(who)


async def test_d8_the_allowance_survives_a_restart(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.stop()
    async with seura.app.store.begin() as session:
        sent = list(await session.scalars(select(Outgoing).where(Outgoing.chat_id == GROUP)))
        await session.execute(
            update(Outgoing)
            .where(Outgoing.id == sent[0].id)
            .values(settled_at=now() - timedelta(seconds=90))
        )
    counted = [one for one in sent[1:] if one.method in {"send_message", "edit_message_text"}]
    await seura.restart()
    assert len(seura.app.group.allowance._sent) == len(
        [one for one in counted if one.state == "sent"]
    )


async def test_of_several_changes_to_a_card_only_the_last_is_made(seura: Seura) -> None:
    await seura.waits_for_a_human()
    before = len(seura.calls("editMessageText", GROUP))
    seura.app.group.allowance = Allowance(1, seconds=1)
    seura.app.group.allowance.note()
    card = await seura.with_button(button("utter_topic_card"), GROUP)
    for who, number in ((AINO, 1), (EERO, 0)):
        await seura.people.act(
            f"chats/{GROUP}/taps",
            user_id=who,
            message_id=card["message_id"],
            button=button("utter_topic_card", number),
        )
    await seura.quiet()
    assert len(seura.calls("editMessageText", GROUP)) == before + 1
    assert words("utter_topic_card_claimed", card="", moderator="Eero").strip() in str(
        seura.people.world.chats[GROUP].messages[card["message_id"]]["text"]
    )
