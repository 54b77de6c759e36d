from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from telegram.error import NetworkError, RetryAfter

from bot.activities import catalogue
from bot.residents import identity
from bot.store.engine import Store
from bot.store.tables import Outgoing, now
from bot.telegram.api import Requests
from bot.telegram.outbox import (
    NETWORK_RETRIES,
    Sender,
    call,
    forget_erased,
    forget_settled,
    pause_of,
    post,
)
from tests.activities.making import activity
from tests.sandbox.driver import AINO, ANNA, BERTTA, GROUP
from tests.telegram.driver import Seura, beginning, button, words


async def _queue(seura: Seura, *texts: str, who: int = ANNA, **more: Any) -> None:
    async with seura.app.store.begin() as session:
        for text in texts:
            key, method = f"test:{who}:{text}", more.get("method", "send_message")
            params = more.get("params", {"text": text})
            options = {k: v for k, v in more.items() if k in {"from_human", "handoff_id"}}
            await post(session, key, who, method, params, **options)


async def _rows(seura: Seura) -> dict[str, Outgoing]:
    async with seura.app.store.begin() as session:
        rows = await session.scalars(select(Outgoing).where(Outgoing.key.like("test:%")))
        return {row.key.rpartition(":")[2]: row for row in rows}


async def _states(seura: Seura) -> dict[str, str]:
    return {key: row.state for key, row in (await _rows(seura)).items()}


async def _known(seura: Seura) -> None:
    """Anna and Bertta have written before; nothing runs."""
    for who in (ANNA, BERTTA):
        await seura.people.write(who, "hei")
        async with seura.app.store.begin() as session:
            await identity.meet(session, who, "fi", seura.app.residents.aliases)
    seura.people.world.updates.pending.clear()


# --- what goes well --------------------------------------------------------------------------


async def test_messages_arrive_in_the_order_in_which_they_were_decided_on(
    asleep_anywhere: Seura,
) -> None:
    seura = asleep_anywhere
    await _known(seura)
    await _queue(seura, *"abcdefghij")
    seura.start()
    await seura.quiet()
    assert await seura.said() == list("abcdefghij")


async def test_what_was_sent_is_marked_and_its_words_are_wiped(asleep_anywhere: Seura) -> None:
    seura = asleep_anywhere
    await _known(seura)
    await _queue(seura, "salaisuus")
    seura.start()
    await seura.quiet()
    row = (await _rows(seura))["salaisuus"]
    [message] = await seura.seen()
    assert (row.state, row.message_id, row.params) == ("sent", message["message_id"], None)
    assert row.settled_at is not None


async def test_a_call_of_the_same_name_is_made_once(asleep_anywhere: Seura) -> None:
    seura = asleep_anywhere
    await _known(seura)
    await _queue(seura, "a", "a")
    await _queue(seura, "a")
    seura.start()
    await seura.quiet()
    await _queue(seura, "a", "b")
    await seura.quiet()
    assert await seura.said() == ["a", "b"]


async def test_the_database_refuses_a_second_call_of_the_same_name(
    asleep_anywhere: Seura,
) -> None:
    await _queue(asleep_anywhere, "a")
    with pytest.raises(IntegrityError):
        async with asleep_anywhere.app.store.begin() as session:
            session.add(Outgoing(key=f"test:{ANNA}:a", chat_id=1, method="x", params={}))


async def test_nothing_is_sent_of_a_transaction_that_fails(seura: Seura) -> None:
    await seura.writes("hei")
    with pytest.raises(ZeroDivisionError):
        async with seura.app.store.begin() as session:
            await post(session, "test:x", ANNA, "send_message", {"text": "ei koskaan"})
            _ = 1 / 0
    assert await seura.writes("moi") == ["Rasa: moi"]


async def test_a_document_and_the_keyboards_go_as_telegram_wants_them(seura: Seura) -> None:
    await seura.writes("hei")
    bot = seura.app.bot
    file = {"name": "a.ics", "content": "BEGIN:VCALENDAR"}
    sent = await call(bot, "send_document", ANNA, {"document": file, "caption": "ä"})
    asking = {"keyboard": [[{"text": "missä", "request_location": True}]]}
    for markup in (asking, {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}):
        await call(bot, "send_message", ANNA, {"text": "t", "reply_markup": markup})
    message = seura.people.world.chats[ANNA].messages[sent]
    assert message["document"]["file_name"] == "a.ics"
    markups = [c["params"].get("reply_markup") for c in seura.calls("sendMessage", ANNA)[-2:]]
    assert [next(iter(markup)) for markup in markups] == ["keyboard", "inline_keyboard"]
    assert await call(bot, "send_chat_action", ANNA, {"action": "typing"}) is None


# --- when Telegram asks to wait --------------------------------------------------------------


async def test_d7_one_chats_429_is_waited_out_while_the_others_go_on(
    asleep_anywhere: Seura,
) -> None:
    seura = asleep_anywhere
    await _known(seura)
    await seura.people.act("faults", status=429, retry_after=1, method="sendMessage", chat_id=ANNA)
    await _queue(seura, "a1", "a2", who=ANNA)
    await _queue(seura, "b1", "b2", who=BERTTA)
    seura.start()
    await seura.quiet()
    done = [
        (call["params"]["text"], call["ok"])
        for call in seura.calls("sendMessage")
        if call["params"]["text"] in {"a1", "a2", "b1", "b2"}
    ]
    assert done.index(("a1", False)) < done.index(("a1", True)) < done.index(("a2", True))
    assert done.index(("b2", True)) < done.index(("a1", True))
    assert await _states(seura) == dict.fromkeys(("a1", "a2", "b1", "b2"), "sent")


@pytest.mark.parametrize("wanted", ["true", "false"])
@pytest.mark.filterwarnings("ignore:.*retry_after.*")
def test_the_wait_is_read_whichever_way_the_library_gives_it(
    wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", wanted)
    assert pause_of(RetryAfter(3)) == 3
    assert pause_of(RetryAfter(timedelta(seconds=1.5))) == 1.5


# --- when the network fails ------------------------------------------------------------------


async def test_what_the_network_dropped_is_sent_again(asleep_anywhere: Seura) -> None:
    seura = asleep_anywhere
    await _known(seura)
    await seura.people.act("faults", method="sendMessage", drop=True)
    await _queue(seura, "a", "b")
    seura.start()
    await seura.quiet()
    assert await seura.said() == ["a", "b"]


@pytest.mark.parametrize("performed", [True, False])
async def test_a_persons_words_that_may_have_arrived_are_not_sent_again(
    seura: Seura, performed: bool
) -> None:
    await seura.has_a_human()
    await seura.people.act("faults", method="sendMessage", chat_id=ANNA, drop=True)
    seura.people.app.state.faults.ordered[-1].performed = performed
    told = await seura.moderates("hei Anna", AINO)
    assert (await seura.said()).count("hei Anna") == performed
    assert told == ([] if performed else [words("utter_topic_not_delivered")])
    assert await seura.moderates("oletko siellä", AINO) == []
    assert (await seura.said())[-1] == "oletko siellä"


async def test_while_telegram_cannot_be_reached_nothing_is_lost(
    asleep: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a person's words, for these can't have arrived."""
    monkeypatch.setattr("bot.telegram.outbox.LONGEST_PAUSE", 0.01)
    seura = asleep
    await _known(seura)
    await _queue(seura, "a")
    await _queue(seura, "b", from_human=True)
    send, failures = Requests.do_request, [1] * 12

    async def unreachable(self: Requests, url: str, *given: Any, **named: Any) -> tuple[int, bytes]:
        if failures and "sendMessage" in url:
            failures.pop()
            raise NetworkError("nobody listens") from aiohttp.ConnectionTimeoutError()
        return await send(self, url, *given, **named)

    monkeypatch.setattr(Requests, "do_request", unreachable)
    seura.start()
    await seura.quiet()
    assert await seura.said() == ["a", "b"]
    assert failures == []


async def test_a_bot_message_that_telegram_cannot_take_is_given_up_in_the_end(
    asleep: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.outbox.LONGEST_PAUSE", 0.01)
    seura = asleep
    await _known(seura)
    await seura.people.act("faults", method="sendMessage", status=502, times=NETWORK_RETRIES)
    await _queue(seura, "a", "b")
    seura.start()
    await seura.quiet()
    assert await _states(seura) == {"a": "failed", "b": "sent"}


# --- when the receiver has blocked the bot ---------------------------------------------------


async def test_who_has_blocked_the_bot_is_marked_and_gets_nothing_until_they_write(
    anywhere: Seura,
) -> None:
    await anywhere.writes("hei")
    world = anywhere.people.world
    world.private_chat(ANNA).members[world.bot_id] = {"status": "kicked", "until_date": 0}
    await _queue(anywhere, "a", "b", "c")
    await anywhere.quiet()
    assert await _states(anywhere) == {"a": "dropped", "b": "dropped", "c": "dropped"}
    assert all(row.params is None for row in (await _rows(anywhere)).values())
    assert (await anywhere.resident()).gone_at is not None
    world.private_chat(ANNA).members[world.bot_id] = {"status": "member"}
    assert await anywhere.writes("täällä taas") == ["Rasa: täällä taas"]
    assert (await anywhere.resident()).gone_at is None


async def test_of_one_who_is_gone_others_notice_nothing(seura: Seura) -> None:
    for who in (ANNA, BERTTA):
        await seura.writes("hei", who)
    await seura.people.act("faults", status=403, method="sendMessage", chat_id=ANNA)
    await _queue(seura, "a", who=ANNA)
    await _queue(seura, "b", who=BERTTA)
    await seura.quiet()
    assert await _states(seura) == {"a": "dropped", "b": "sent"}
    assert (await seura.resident(BERTTA)).gone_at is None


async def test_a_moderator_is_told_that_the_resident_is_gone(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.people.act("faults", status=403, method="sendMessage", chat_id=ANNA)
    assert await seura.moderates("hei Anna", AINO) == [words("utter_topic_gone")]
    assert await seura.moderates("Anna?", AINO) == [words("utter_topic_gone")]


# --- when Telegram refuses -------------------------------------------------------------------


async def test_what_telegram_refuses_is_noted_and_the_chat_goes_on(seura: Seura) -> None:
    await seura.writes("hei")
    await _queue(seura, "a", params={"text": " "})
    await _queue(seura, "b")
    await seura.quiet()
    assert await _states(seura) == {"a": "failed", "b": "sent"}
    assert "empty" in str((await _rows(seura))["a"].error)


async def test_an_edit_that_changes_nothing_is_as_good_as_made(seura: Seura) -> None:
    await seura.writes("hei")
    [message] = await seura.seen()
    same = {"message_id": message["message_id"], "text": message["text"]}
    await _queue(seura, "a", method="edit_message_text", params=same)
    await seura.quiet()
    assert await _states(seura) == {"a": "sent"}


async def test_a_moderator_is_told_of_words_that_telegram_refused(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.people.act("faults", status=400, method="sendMessage", chat_id=ANNA)
    told = await seura.moderates("hei Anna", AINO)
    assert told == [words("utter_topic_not_delivered")]


# --- after a crash ---------------------------------------------------------------------------


async def test_d5_of_what_was_being_sent_a_persons_words_are_not_repeated_and_the_bots_are(
    asleep_anywhere: Seura,
) -> None:
    seura = asleep_anywhere
    await _known(seura)
    await _queue(seura, "botti")
    await _queue(seura, "ihminen", from_human=True)
    async with seura.app.store.begin() as session:
        for row in await session.scalars(select(Outgoing)):
            row.state = "sending"
    await _queue(seura, "sitten")
    seura.start()
    await seura.quiet()
    assert await seura.said() == ["botti", "sitten"]
    assert await _states(seura) == {"botti": "sent", "ihminen": "unknown", "sitten": "sent"}
    unknown = (await _rows(seura))["ihminen"]
    assert (unknown.params, unknown.settled_at is None) == (None, False)


@pytest.mark.parametrize("from_human", [True, False])
async def test_what_arrived_before_a_crash_could_be_noted_is_found_and_not_sent_again(
    asleep: Seura, from_human: bool
) -> None:
    seura = asleep
    await _known(seura)
    await _queue(seura, "ennen")
    seura.start()
    await seura.quiet()
    await seura.stop()
    await seura.people.write(BERTTA, "välissä")  # takes an id, too
    await _queue(seura, "perillä", "jonossa", from_human=from_human)
    number = (await _sent_unnoticed(seura, "perillä"))["message_id"]
    async with seura.app.store.begin() as session:
        row = await session.scalar(select(Outgoing).where(Outgoing.key == f"test:{ANNA}:perillä"))
        assert row
        row.state = "sending" if from_human else "pending"
    await seura.restart()
    await seura.quiet()
    assert await seura.said() == ["ennen", "perillä", "jonossa"]
    assert await _states(seura) == dict.fromkeys(("ennen", "perillä", "jonossa"), "sent")
    assert (await _rows(seura))["perillä"].message_id == number


async def test_all_that_arrived_before_a_crash_could_be_noted_is_found(asleep: Seura) -> None:
    """What the bot says in one turn is noted at one go."""
    seura = asleep
    await _known(seura)
    await _queue(seura, "ennen")
    seura.start()
    await seura.quiet()
    await seura.stop()
    await _queue(seura, "yksi", "kaksi", "kolme", "neljä")
    ids = [(await _sent_unnoticed(seura, one))["message_id"] for one in ("yksi", "kaksi", "kolme")]
    await seura.restart()
    await seura.quiet()
    assert await seura.said() == ["ennen", "yksi", "kaksi", "kolme", "neljä"]
    rows = await _rows(seura)
    assert [rows[one].message_id for one in ("yksi", "kaksi", "kolme")] == ids
    assert {row.state for row in rows.values()} == {"sent"}


async def test_what_was_sent_is_noted_even_when_the_app_is_stopped_right_then(
    asleep: Seura,
) -> None:
    seura = asleep
    await _known(seura)
    await _queue(seura, "a", "b")
    place = {"latitude": 62.2, "longitude": 25.7}
    await _queue(seura, "c", method="send_location", params=place)
    await seura.people.act("faults", method="sendLocation", status=429, retry_after=30)
    seura.start()
    await seura.until(lambda: _has_said(seura, 2))
    await seura.stop()
    assert await _states(seura) == {"a": "sent", "b": "sent", "c": "pending"}


async def _has_said(seura: Seura, count: int) -> bool:
    return len(await seura.said()) >= count


async def _sent_unnoticed(seura: Seura, text: str) -> dict[str, Any]:
    """Telegram has it, and the process died before it could note so."""
    return dict(await seura.people.result("sendMessage", chat_id=ANNA, text=text))


@pytest.mark.parametrize("performed", [True, False])
async def test_what_the_bot_said_before_the_connection_broke_is_not_said_again(
    seura: Seura, performed: bool
) -> None:
    await seura.writes("hei")
    await seura.people.act(
        "faults", method="sendMessage", chat_id=ANNA, drop=True, performed=performed
    )
    assert await seura.writes("moi") == ["Rasa: moi"]
    assert await seura.writes("taas") == ["Rasa: taas"]


async def test_the_very_first_answer_is_not_said_again_when_its_connection_broke(
    seura: Seura,
) -> None:
    await seura.people.act("faults", method="sendMessage", chat_id=ANNA, drop=True, performed=True)
    assert await seura.writes("moi") == ["Rasa: moi"]


async def test_the_very_first_card_is_not_posted_again_when_its_connection_broke(
    seura: Seura,
) -> None:
    await seura.people.act("faults", method="sendMessage", chat_id=GROUP, drop=True, performed=True)
    await seura.waits_for_a_human()
    told = await seura.in_topic()
    assert len(told) == len(set(told))
    await seura.claims(AINO)
    [handoff] = await seura.handoffs()
    assert handoff.state == "claimed"


async def test_a_database_that_is_full_for_a_while_doubles_and_loses_nothing(
    asleep_anywhere: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    seura = asleep_anywhere
    await _known(seura)
    await _queue(seura, "a", "b")
    await _queue(seura, "c", from_human=True)
    begin, failures = Store.begin, [1] * 6

    def full(self: Store) -> Any:
        if failures and failures.pop():
            raise OperationalError("update", {}, Exception("database or disk is full"))
        return begin(self)

    queued = Sender._queued

    async def look(self: Sender, *states: str) -> list[Outgoing]:
        rows = await queued(self, *states)
        monkeypatch.setattr(Store, "begin", full)
        return rows

    monkeypatch.setattr(Sender, "_queued", look)
    seura.start()
    await seura.until(lambda: _empty(failures))
    await seura.quiet()
    assert await seura.said() == ["a", "b", "c"]


async def _empty(things: list[int]) -> bool:
    return not things


async def test_d5_a_moderator_is_told_of_words_that_a_crash_left_in_doubt(seura: Seura) -> None:
    await seura.has_a_human()
    [handoff] = await seura.handoffs()
    await seura.stop()
    await _queue(seura, "sana", from_human=True, handoff_id=handoff.id)
    async with seura.app.store.begin() as session:
        row = await session.scalar(select(Outgoing).where(Outgoing.key == f"test:{ANNA}:sana"))
        assert row is not None
        row.state = "sending"
    await seura.restart()
    await seura.until(lambda: _told(seura, "utter_topic_not_delivered"))
    await seura.quiet()
    await seura.restart()
    await seura.writes("hei taas")
    assert (await seura.in_topic()).count(words("utter_topic_not_delivered")) == 1


async def _told(seura: Seura, response: str) -> bool:
    return words(response) in await seura.in_topic()


# --- what is kept ----------------------------------------------------------------------------


async def test_rows_settled_long_ago_are_dropped_and_no_others(asleep_anywhere: Seura) -> None:
    seura = asleep_anywhere
    await _queue(seura, "vanha", "uusi", "lähettämättä")
    async with seura.app.store.begin() as session:
        for row in await session.scalars(select(Outgoing)):
            if not row.key.endswith("lähettämättä"):
                row.state = "sent"
                row.settled_at = now() - timedelta(days=40 if row.key.endswith("vanha") else 2)
    async with seura.app.store.begin() as session:
        await forget_settled(session, now() - timedelta(days=30))
    assert set(await _rows(seura)) == {"uusi", "lähettämättä"}


async def test_of_chats_without_a_resident_nothing_that_is_settled_stays(
    asleep_anywhere: Seura,
) -> None:
    seura = asleep_anywhere
    await _known(seura)
    await _queue(seura, "tuttu")
    await _queue(seura, "vieras", "vieraan odottava", who=AINO)
    await _queue(seura, "ryhmä", who=GROUP)
    async with seura.app.store.begin() as session:
        for row in await session.scalars(select(Outgoing)):
            if not row.key.endswith("odottava"):
                row.state, row.settled_at = "sent", now()
    async with seura.app.store.begin() as session:
        await forget_erased(session)
    assert set(await _rows(seura)) == {"tuttu", "vieraan odottava", "ryhmä"}


async def test_a_saved_activity_becomes_a_calendar_file(seura: Seura) -> None:
    await seura.writes("hei")
    times = [{"start": "2026-12-08T10:00", "minutes": 60}]
    async with seura.app.store.begin() as session:
        session.add(activity("Kahvihetki", times=times))
    async with seura.app.store.begin() as session:
        assert await catalogue.get(session, 1)
    seura.rasa.says_response(
        "tekemistä", "utter_activity", activity=1, title="t", details="d", reason="r", map=""
    )
    await seura.writes("tekemistä")
    await seura.taps(button("utter_activity", 1))
    [sent] = [message for message in await seura.seen() if "document" in message]
    assert sent["document"]["file_name"] == "1.ics"
    assert beginning("utter_calendar") in sent["caption"]


async def test_a_message_can_be_edited_before_it_is_known_that_it_was_sent(seura: Seura) -> None:
    await seura.writes("hei")
    async with seura.app.store.begin() as session:
        await post(session, "test:card", ANNA, "send_message", {"text": "ennen"})
        edit = {"text": "jälkeen", "message_of": "test:card"}
        await post(session, "test:edit", ANNA, "edit_message_text", edit)
    await seura.quiet()
    assert (await seura.said())[-1] == "jälkeen"
