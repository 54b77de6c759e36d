"""What passes between the two sides: answers, edits, deletions, albums, how it fared."""

import pytest
from sqlalchemy import select

from bot.handoff import ledger
from bot.store.tables import HandoffMessage, HandoffNote
from tests.sandbox.driver import AINO, ANNA, EERO, GROUP, Json
from tests.telegram.driver import Seura, button, words

DANGER = "haluan kuolla"


async def ledger_of(seura: Seura) -> list[HandoffMessage]:
    """What was said, as it is kept."""
    async with seura.app.store.begin() as session:
        found = await session.scalars(select(HandoffMessage).order_by(HandoffMessage.number))
        return list(found)


async def says_on_the_web(seura: Seura, text: str, who: int = AINO, **more: object) -> int:
    """A moderator writes in the console."""
    [handoff] = await seura.handoffs()
    async with seura.app.store.begin() as session:
        said = await ledger.say(
            session,
            handoff.id,
            who,
            "Aino",
            ledger.Content(text),
            **more,  # type: ignore[arg-type]
        )
    await seura.quiet()
    return said.id


async def edits(seura: Seura, message: Json, text: str) -> None:
    """Somebody edits what they wrote."""
    chat, who = message["chat"]["id"], message["from"]["id"]
    await seura.people.act(
        f"chats/{chat}/edits", user_id=who, message_id=message["message_id"], text=text
    )
    await seura.quiet()


async def in_group(seura: Seura, text: str, who: int = AINO, **more: object) -> Json:
    """A moderator writes into the newest topic."""
    thread = await seura.topic()
    message = await seura.people.write(who, text, GROUP, message_thread_id=thread, **more)
    await seura.quiet()
    return message


# --- answers ---------------------------------------------------------------------------------


async def test_m8_answers_stay_with_their_messages_on_both_sides_and_after_a_restart(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.has_a_human()
    first = await seura.people.write(ANNA, "mitä tekisin?")
    await seura.quiet()
    relayed = (await seura.seen(GROUP))[-1]
    await seura.writes("ja vielä yksi asia")
    await seura.restart()
    await in_group(seura, "mennään kävelylle", reply_to_message_id=relayed["message_id"])
    answer = (await seura.seen(ANNA))[-1]
    assert answer["reply_to_message"]["message_id"] == first["message_id"]
    await seura.people.write(ANNA, "mennään!", reply_to_message_id=answer["message_id"])
    await seura.quiet()
    back = (await seura.seen(GROUP))[-1]
    assert back["reply_to_message"]["text"] == "mennään kävelylle"
    heard = await ledger_of(seura)
    assert [one.answers for one in heard] == [None, None, heard[0].id, heard[2].id]


async def test_h3_an_answer_to_the_resident_claims_first(seura: Seura) -> None:
    await seura.waits_for_a_human()
    await seura.writes("onko joku siellä?")
    relayed = (await seura.seen(GROUP))[-1]
    await in_group(seura, "olen tässä", EERO, reply_to_message_id=relayed["message_id"])
    joined, said = (await seura.said())[-2:]
    assert joined == words("utter_handoff_joined", moderator="Eero")
    assert said == "olen tässä"
    [handoff] = await seura.handoffs()
    assert (handoff.state, handoff.moderator_id) == ("active", EERO)


async def test_h3_an_answer_in_a_talk_that_has_ended_reopens_it(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.writes("kiitos")
    relayed = (await seura.seen(GROUP))[-1]
    await seura.moderates("/end", AINO)
    thread = await seura.topic()
    await seura.people.act(f"chats/{GROUP}/topics/{thread}/reopen")
    await in_group(seura, "vielä yksi juttu", reply_to_message_id=relayed["message_id"])
    reopened, said = (await seura.said())[-2:]
    assert reopened == words("utter_handoff_reopened", moderator="Aino")
    assert said == "vielä yksi juttu"


# --- edits and deletions ---------------------------------------------------------------------


async def test_m5_a_residents_edit_is_seen_beside_what_it_was_and_triggers_no_answer(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.has_a_human()
    message = await seura.people.write(ANNA, "huomenna käy")
    await seura.quiet()
    said, asked = await seura.said(), len(seura.rasa.heard)
    await edits(seura, message, "ylihuomenna käy")
    in_topic = await seura.in_topic()
    assert words("utter_topic_resident", text="huomenna käy") in in_topic
    assert in_topic[-1] == words("utter_topic_edited", text="ylihuomenna käy")
    assert await seura.said() == said
    assert len(seura.rasa.heard) == asked
    [handoff] = await seura.handoffs()
    async with seura.app.store.begin() as session:
        entry = (await ledger.transcript(session, handoff.id))[-1]
    assert entry.words == "ylihuomenna käy"
    assert [earlier for earlier, _ in entry.earlier] == ["huomenna käy"]


async def test_an_edit_of_what_was_said_to_the_bot_changes_nothing(seura: Seura) -> None:
    message = await seura.people.write(ANNA, "hei")
    await seura.quiet()
    said = await seura.said()
    await edits(seura, message, "hei hei")
    assert await seura.said() == said


async def test_danger_that_an_edit_brings_is_answered(seura: Seura) -> None:
    message = await seura.people.write(ANNA, "hei")
    await seura.quiet()
    await edits(seura, message, DANGER)
    [handoff] = await seura.handoffs()
    assert handoff.danger == "suicide"


async def test_m6_a_moderators_edit_changes_the_residents_copy(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    message = await in_group(seura, "nähdään kahdeltta")
    await edits(seura, message, "nähdään kahdelta")
    assert (await seura.said())[-1] == "nähdään kahdelta"
    assert (await ledger_of(seura))[0].words == "nähdään kahdelta"


async def test_m6_an_edit_that_can_not_be_made_is_told(seura: Seura) -> None:
    await seura.has_a_human()
    message = await in_group(seura, "hei")
    await edits(seura, message, "Pitkä lause tässä. " * 216)
    assert (await seura.said())[-1] == "hei"
    assert (await seura.in_topic())[-1] == words("utter_topic_not_edited")


async def test_m6_a_moderator_takes_their_words_back(seura: Seura) -> None:
    await seura.has_a_human()
    message = await in_group(seura, "väärälle ihmiselle")
    assert (await seura.said())[-1] == "väärälle ihmiselle"
    await in_group(seura, "/poista", EERO, reply_to_message_id=message["message_id"])
    assert (await seura.in_topic())[-1] == words("utter_topic_delete_how")
    await in_group(seura, "/poista", reply_to_message_id=message["message_id"])
    assert "väärälle ihmiselle" not in await seura.said()
    assert (await seura.in_topic())[-1] == words("utter_topic_deleted")
    assert (await ledger_of(seura))[0].deleted_at


# --- kinds -----------------------------------------------------------------------------------


async def test_m1_what_can_not_be_passed_on_is_told_to_whoever_sent_it(seura: Seura) -> None:
    await seura.has_a_human()
    dice = {"dice": {"emoji": "🎲", "value": 3}, "date": 0, "message_id": 999}
    anna = {"id": ANNA, "is_bot": False, "first_name": "Anna"}
    aino = {"id": AINO, "is_bot": False, "first_name": "Aino"}
    await seura.people.act(
        "updates", message={**dice, "from": anna, "chat": {"id": ANNA, "type": "private"}}
    )
    await seura.quiet()
    assert (await seura.said())[-1] == words("utter_not_relayed")
    thread = await seura.topic()
    group = {"id": GROUP, "type": "supergroup", "title": "x", "is_forum": True}
    await seura.people.act(
        "updates", message={**dice, "from": aino, "chat": group, "message_thread_id": thread}
    )
    await seura.quiet()
    assert (await seura.in_topic())[-1] == words("utter_not_relayed")


async def test_m1_a_place_is_passed_on_and_kept_as_one_without_where(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.people.act(f"chats/{ANNA}/locations", user_id=ANNA, latitude=62.24, longitude=25.75)
    await seura.quiet()
    assert (await seura.seen(GROUP))[-1]["location"]["latitude"] == 62.24
    [heard] = await ledger_of(seura)
    assert heard.kind == "location"
    assert "62.24" not in str(heard.file)


@pytest.mark.parametrize("moderated", [False, True])
@pytest.mark.parametrize("hidden", [False, True])
async def test_m9_a_picture_behind_a_spoiler_stays_behind_it(
    seura: Seura, moderated: bool, hidden: bool
) -> None:
    await seura.has_a_human()
    chat, who, other = (GROUP, AINO, ANNA) if moderated else (ANNA, ANNA, GROUP)
    more = {"message_thread_id": await seura.topic()} if moderated else {}
    await seura.sends("photo", who, chat, has_spoiler=hidden, **more)
    [picture] = [one for one in await seura.seen(other) if "photo" in one]
    assert picture.get("has_media_spoiler", False) is hidden


@pytest.mark.parametrize("protect", [False, True])
async def test_m9_words_and_pictures_are_protected_where_the_operator_wants_that(
    asleep: Seura, protect: bool
) -> None:
    seura = asleep
    seura.settings.protect_content = protect
    seura.start()
    await seura.has_a_human()
    await seura.writes("kerron sinulle jotain")
    await seura.sends("photo")
    await in_group(seura, "kuuntelen")
    relayed = {
        one.get("text") or "kuva": one.get("has_protected_content", False)
        for chat in (GROUP, ANNA)
        for one in await seura.seen(chat)
        if "photo" in one or one.get("text") in {"💬 kerron sinulle jotain", "kuuntelen"}
    }
    assert relayed == dict.fromkeys(("💬 kerron sinulle jotain", "kuva", "kuuntelen"), protect)
    in_topic = [one for one in await seura.seen(GROUP) if "text" in one]  # the card, too
    assert {one.get("has_protected_content", False) for one in in_topic} == {protect}


@pytest.mark.parametrize("moderated", [False, True])
async def test_m3_an_album_arrives_as_one_in_order_however_its_parts_come(
    seura: Seura, moderated: bool
) -> None:
    await seura.has_a_human()
    chat, who, other = (GROUP, AINO, ANNA) if moderated else (ANNA, ANNA, GROUP)
    more = {"message_thread_id": await seura.topic()} if moderated else {}
    for number in range(4):
        await seura.people.act(
            f"chats/{chat}/files",
            user_id=who,
            kind="photo",
            content="iVBORw0KGgo=",
            caption=f"kuva {number}",
            media_group_id="albumi",
            **more,
        )
    await seura.quiet()
    pictures = [one for one in await seura.seen(other) if "photo" in one]
    assert [one["caption"] for one in pictures] == [f"kuva {number}" for number in range(4)]
    assert len({one["media_group_id"] for one in pictures}) == 1
    assert len(seura.calls("copyMessages")) == 1
    # An answer to any part maps back.
    reply = {"reply_to_message_id": pictures[2]["message_id"]}
    if moderated:
        await seura.people.write(ANNA, "hieno", **reply)
    else:
        await in_group(seura, "hieno", **reply)
    await seura.quiet()
    said = await ledger_of(seura)
    assert said[-1].answers == said[2].id


# --- notes -----------------------------------------------------------------------------------


async def test_n1_a_note_is_kept_and_never_sent(seura: Seura) -> None:
    await seura.has_a_human()
    await in_group(seura, "// soita hänelle huomenna", EERO)
    async with seura.app.store.begin() as session:
        [note] = await session.scalars(select(HandoffNote))
    assert (note.words, note.name) == ("soita hänelle huomenna", "Eero")
    assert not any("soita" in str(call["params"]) for call in seura.calls("sendMessage"))
    assert await ledger_of(seura) == []


# --- from the web ----------------------------------------------------------------------------


async def test_what_is_said_on_the_web_reaches_the_resident_and_is_seen_in_the_topic(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.has_a_human()
    await says_on_the_web(seura, "hei konsolista")
    assert (await seura.said())[-1] == "hei konsolista"
    assert (await seura.in_topic())[-1] == words(
        "utter_topic_web", moderator="Aino", text="hei konsolista"
    )
    [said] = await ledger_of(seura)
    assert (said.state, said.surface) == ("sent", "web")


async def test_what_is_said_on_the_web_while_nothing_runs_is_sent_at_start(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.stop()
    [handoff] = await seura.handoffs()
    async with seura.app.store.begin() as session:
        await ledger.say(session, handoff.id, AINO, "Aino", ledger.Content("hei"))
    await seura.restart()
    await seura.quiet()
    assert (await seura.said()).count("hei") == 1


async def test_d6_each_message_shows_how_it_fared_and_a_failed_one_is_sent_again_by_hand(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.has_a_human()
    await seura.people.act("faults", method="sendMessage", chat_id=ANNA, status=400)
    await in_group(seura, "menikö perille?")
    [said] = await ledger_of(seura)
    assert said.state == "failed"
    assert said.error
    told = words("utter_topic_not_delivered")
    assert (await seura.in_topic())[-1] == told
    await seura.claims(AINO, button("utter_topic_not_delivered"))
    assert (await seura.said())[-1] == "menikö perille?"
    [said] = await ledger_of(seura)
    assert (said.state, said.tries, said.error) == ("sent", 2, None)


async def test_b1_to_somebody_who_has_gone_nothing_is_sent_and_it_shows(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.people.act(f"users/{ANNA}/block")
    await seura.quiet()
    await says_on_the_web(seura, "oletko siellä?")
    [said] = await ledger_of(seura)
    assert (said.state, said.error) == ("failed", "gone")
    assert words("utter_topic_gone") in await seura.in_topic()
