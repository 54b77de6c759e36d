import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Update as TelegramUpdate

from bot.safety.screening import CrisisScreen
from bot.store.engine import Store
from bot.store.tables import Update, now
from bot.telegram.inbox import Incoming, Lanes, Poller, lane_of, put
from tests.sandbox.driver import AINO, ANNA, BERTTA, GROUP, Json
from tests.telegram.driver import PATIENCE, Seura, words


def private(text: str, who: int = ANNA) -> Json:
    return {
        "message_id": 1,
        "date": 1,
        "chat": {"id": who, "type": "private", "first_name": "A"},
        "from": {"id": who, "is_bot": False, "first_name": "A"},
        "text": text,
    }


# --- stored before it is confirmed, and handled once -----------------------------------------


async def test_d1_an_update_that_is_delivered_twice_is_answered_once(anywhere: Seura) -> None:
    update = {"update_id": 77, "message": private("moikka")}
    await anywhere.people.write(ANNA, "hei")
    for _ in range(2):
        await anywhere.people.act("updates", **update)
        await anywhere.quiet()
    assert await anywhere.said() == ["Rasa: hei", "Rasa: moikka"]


async def test_an_update_that_was_handled_but_never_confirmed_is_not_answered_again(
    seura: Seura,
) -> None:
    await seura.people.write(ANNA, "hei")
    unconfirmed = list(seura.people.world.updates.pending)
    await seura.quiet()
    await seura.stop()
    seura.people.world.updates.pending = unconfirmed
    await seura.restart()
    assert await seura.writes("moikka") == ["Rasa: moikka"]
    assert seura.rasa.heard == ["hei", "moikka"]


def a_poller(seura: Seura) -> Poller:
    """One that stores updates for lanes that nobody serves yet."""
    app = seura.app
    lanes = Lanes(app.store, app._route, app.residents.give_up)
    lanes.recovered.set()
    return Poller(app.store, app.bot, lanes, app.alarms)


@pytest.mark.parametrize("says_so", [True, False])
async def test_whom_a_poll_has_brought_has_a_head_start_and_the_next_poll_comes_all_the_same(
    asleep: Seura, *, says_so: bool
) -> None:
    seen: list[str] = []
    asked_again, over = asyncio.Event(), asyncio.Event()

    class Bot:
        async def call(self, *_: object, **__: object) -> list[Json]:
            seen.append("poll")
            if len(seen) > 1:
                asked_again.set()
                await over.wait()
            return [{"update_id": 1, "message": private("hei")}]

    async def handle(incoming: Incoming) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        seen.append("on its way")
        if says_so:
            incoming.on_its_way.set()
        await over.wait()

    app = asleep.app
    lanes = Lanes(app.store, handle, handle)
    lanes.recovered.set()
    polling = asyncio.create_task(Poller(app.store, Bot(), lanes, app.alarms).run())
    await asyncio.wait_for(asked_again.wait(), PATIENCE)
    assert seen == ["poll", "on its way", "poll"]
    over.set()
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)


async def test_d1_an_update_is_not_confirmed_before_it_is_stored_however_long_that_takes(
    asleep: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, unconfirmed = Poller.keep, []

    async def full_at_first(poller: Poller, updates: list[Json]) -> list[Incoming]:
        unconfirmed.append(len(asleep.people.world.updates.pending))
        if len(unconfirmed) < 3:
            raise OperationalError("insert", {}, Exception("database or disk is full"))
        return await keep(poller, updates)

    monkeypatch.setattr(Poller, "keep", full_at_first)
    await asleep.people.write(ANNA, "hei")
    asleep.start()
    await asleep.quiet()
    assert unconfirmed == [1, 1, 1]
    assert await asleep.said() == ["Rasa: hei"]


async def test_what_a_crash_left_unhandled_is_taken_up_at_start_in_order(
    asleep_anywhere: Seura,
) -> None:
    seura = asleep_anywhere
    for text in ("yksi", "kaksi", "kolme"):
        await seura.people.write(ANNA, text)
    poller = a_poller(seura)
    await poller.keep(await poller._poll(None))
    assert await seura.said() == []
    seura.start()
    await seura.quiet()
    assert await seura.said() == ["Rasa: yksi", "Rasa: kaksi", "Rasa: kolme"]


async def test_a_turn_that_a_crash_cut_off_is_asked_about_again_as_the_same_one(
    seura: Seura,
) -> None:
    seura.rasa.hold("hei")
    await seura.people.write(ANNA, "hei")
    await seura.until(lambda: _true(seura.rasa.asked))
    await seura.stop()
    seura.rasa.held.clear()
    await seura.restart()
    await seura.quiet()
    assert await seura.said() == ["Rasa: hei"]
    first, second = seura.rasa.asked
    assert (first["again"], second["again"]) == (False, True)
    assert first["message_id"] == second["message_id"]


async def test_of_a_handled_update_only_its_number_is_left(anywhere: Seura) -> None:
    await anywhere.writes("salaisuus")
    async with anywhere.app.store.begin() as session:
        [row] = await session.scalars(select(Update))
    assert (row.body, row.lane) == (None, "handled")
    assert row.handled_at is not None


async def test_a_voice_message_is_stored_with_its_length_as_telegram_gave_it(
    asleep: Seura,
) -> None:
    await asleep.people.act(f"chats/{ANNA}/files", user_id=ANNA, kind="voice", content="aGVp")
    poller = a_poller(asleep)
    await poller.keep(await poller._poll(None))
    async with asleep.app.store.begin() as session:
        [row] = await session.scalars(select(Update))
    assert '"duration": 1' in str(row.body)


async def _true(value: object) -> bool:
    return bool(value)


# --- order within a lane, lanes side by side -------------------------------------------------


async def test_d4_one_residents_messages_keep_their_order_and_hold_nobody_else_up(
    anywhere: Seura,
) -> None:
    slow = anywhere.rasa.hold("yksi")
    for text in ("yksi", "kaksi", "kolme"):
        await anywhere.people.write(ANNA, text)
    await anywhere.people.write(BERTTA, "hei")
    await anywhere.until(lambda: anywhere.said(BERTTA))
    assert await anywhere.said(BERTTA) == ["Rasa: hei"]
    assert await anywhere.said(ANNA) == []
    slow.set()
    await anywhere.quiet()
    assert await anywhere.said(ANNA) == ["Rasa: yksi", "Rasa: kaksi", "Rasa: kolme"]


@pytest.mark.parametrize(
    ("update", "lane"),
    [
        ({"message": private("hei")}, f"resident:{ANNA}"),
        ({"edited_message": private("hei")}, f"resident:{ANNA}"),
        ({"callback_query": {"message": private("hei")}}, f"resident:{ANNA}"),
        ({"my_chat_member": {"chat": {"id": ANNA, "type": "private"}}}, f"resident:{ANNA}"),
        ({"message": {"chat": {"type": "supergroup"}, "message_thread_id": 5}}, "topic:5"),
        (
            {
                "callback_query": {
                    "message": {"chat": {"type": "supergroup"}, "message_thread_id": 5}
                }
            },
            "topic:5",
        ),
        ({"message": {"chat": {"type": "supergroup"}}}, "topic:0"),
        ({"poll": {}}, "topic:0"),
    ],
)
def test_a_resident_and_a_topic_each_have_a_lane(update: Json, lane: str) -> None:
    assert lane_of(update) == lane


@asynccontextmanager
async def handing(store: Store, lanes: Lanes) -> AsyncIterator[None]:
    """The lanes, running until all that is stored has been handled."""
    running = asyncio.create_task(lanes.run())
    try:
        yield
        async with asyncio.timeout(PATIENCE):
            while await _unhandled(store):
                await asyncio.sleep(0.005)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _unhandled(store: Store) -> bool:
    async with store.begin() as session:
        found = await session.scalars(
            select(Update.update_id).where(Update.handled_at.is_(None)).limit(1)
        )
        return found.first() is not None


class Handler:
    """Notes what it is handed and settles it; fails as often as it is told to."""

    def __init__(self, store: Store, failures: int = 0) -> None:
        self.store = store
        self.failures = failures
        self.handled: defaultdict[str, list[int]] = defaultdict(list)
        self.attempts: list[int] = []

    async def __call__(self, incoming: Incoming) -> None:
        self.attempts.append(incoming.attempts)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("salaisuus")
        async with self.store.begin() as session:
            await incoming.settle(session)
        self.handled[incoming.body["lane"]].append(incoming.id)


async def _put(store: Store, *updates: tuple[int, str]) -> None:
    async with store.begin() as session:
        for number, lane in updates:
            await put(session, number, lane, {"lane": lane})


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), max_size=5))
async def test_however_updates_come_each_is_handled_once_and_in_its_lanes_order(
    asleep: Seura, batches: list[list[str]]
) -> None:
    store = asleep.app.store
    async with store.begin() as session:
        await session.execute(delete(Update))
    handler = Handler(store)
    arriving: defaultdict[str, list[int]] = defaultdict(list)
    number = 0
    async with handing(store, Lanes(store, handler, handler)):
        for batch in batches:
            updates = []
            for lane in batch:
                number += 1
                updates.append((number, lane))
                arriving[lane].append(number)
            await _put(store, *updates)
            await asyncio.sleep(0)
    assert handler.handled == arriving


async def test_the_same_update_is_stored_once(asleep_anywhere: Seura) -> None:
    async with asleep_anywhere.app.store.begin() as session:
        assert await put(session, 1, "resident:1", {"lane": "first"})
    async with asleep_anywhere.app.store.begin() as session:
        assert not await put(session, 1, "resident:1", {"lane": "second"})
        assert "first" in str(await session.scalar(select(Update.body)))


# --- when something goes wrong ---------------------------------------------------------------


async def test_a_fault_is_tried_again_and_the_lane_goes_on(asleep: Seura) -> None:
    store = asleep.app.store
    handler, given_up = Handler(store, failures=2), Handler(store)
    await _put(store, (1, "a"), (2, "a"))
    async with handing(store, Lanes(store, handler, given_up)):
        pass
    assert handler.attempts == [1, 2, 3, 1]
    assert handler.handled == {"a": [1, 2]}
    assert given_up.attempts == []


async def test_what_fails_again_and_again_is_given_up_and_the_lane_goes_on(
    asleep: Seura,
) -> None:
    store = asleep.app.store
    handler, given_up = Handler(store, failures=3), Handler(store)
    await _put(store, (1, "a"), (2, "a"))
    async with handing(store, Lanes(store, handler, given_up)):
        pass
    assert given_up.handled == {"a": [1]}
    assert handler.handled == {"a": [2]}


async def test_what_cannot_even_be_given_up_is_settled(asleep: Seura) -> None:
    store = asleep.app.store
    handler, given_up = Handler(store, failures=3), Handler(store, failures=1)
    await _put(store, (1, "a"), (2, "a"))
    async with handing(store, Lanes(store, handler, given_up)):
        pass
    assert handler.handled == {"a": [2]}


async def test_a_resident_whose_message_cannot_be_handled_is_told_so(
    seura: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    await seura.writes("hei")
    with monkeypatch.context() as patch:
        patch.setattr(CrisisScreen, "assess", _broken)
        assert await seura.writes("hei taas") == [words("utter_unavailable")]
    assert await seura.writes("ja vielä") == ["Rasa: ja vielä"]


def _broken(*_: object) -> None:
    raise RuntimeError("salaisuus")


async def test_a_lane_outlives_a_database_that_fails_for_a_moment(
    asleep: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = asleep.app.store
    handler = Handler(store)
    lanes = Lanes(store, handler, handler)
    get, failures = AsyncSession.get, [1, 1]

    async def failing(self: AsyncSession, *args: object, **more: object) -> object:
        if failures:
            failures.pop()
            raise OperationalError("select", {}, Exception("locked"))
        return await get(self, *args, **more)  # type: ignore[arg-type]

    await _put(store, (1, "a"), (2, "a"))
    monkeypatch.setattr(AsyncSession, "get", failing)
    async with handing(store, lanes):
        pass
    assert handler.handled == {"a": [1, 2]}


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 429, "retry_after": 1}, {"drop": True}],
    ids=["broken", "busy", "cut off"],
)
async def test_polling_outlives_a_bad_day_of_telegrams(asleep: Seura, fault: Json) -> None:
    await asleep.people.act("faults", method="getUpdates", **fault)
    asleep.start()
    assert await asleep.writes("hei") == ["Rasa: hei"]


# --- what is no message ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "update",
    [
        {"edited_message": {**private("hei"), "edit_date": 2}},
        {"message": {**private("hei"), "from": {"id": 5, "is_bot": True, "first_name": "B"}}},
        {"message": {"message_id": 3, "date": 1, "chat": {"id": ANNA, "type": "private"}}},
        {"poll_answer": {"poll_id": "1", "option_ids": [], "option_persistent_ids": []}},
        {
            "my_chat_member": {
                "chat": {"id": -5, "type": "supergroup", "title": "x"},
                "from": {"id": AINO, "is_bot": False, "first_name": "A"},
                "date": 1,
                "old_chat_member": {"user": {"id": 1, "is_bot": True, "first_name": "B"}}
                | {"status": "member"},
                "new_chat_member": {"user": {"id": 1, "is_bot": True, "first_name": "B"}}
                | {"status": "left"},
            }
        },
    ],
    ids=["an edit", "another bot", "nobody", "an unknown kind", "the bot's own standing"],
)
async def test_what_asks_for_nothing_is_settled_without_a_word(seura: Seura, update: Json) -> None:
    await seura.writes("hei")
    await seura.people.act("updates", **update)
    await seura.quiet()
    assert await seura.said() == ["Rasa: hei"]
    assert await seura.said(GROUP) == []
    async with seura.app.store.begin() as session:
        rows = (await session.scalars(select(Update))).all()
    assert [row.attempts for row in rows] == [1, 1]


def test_an_update_of_telegrams_survives_the_store_unchanged() -> None:
    update = {"update_id": 1, "message": private('\U0001f9d1\u200d\U0001f33e مرحبا {x} \\ "')}
    read = TelegramUpdate.de_json(update, None)
    assert read is not None
    assert read.to_dict()["message"]["text"] == update["message"]["text"]
    assert lane_of(read.to_dict()) == f"resident:{ANNA}"


async def test_updates_are_taken_in_the_order_of_their_arrival_not_of_their_numbers(
    asleep: Seura,
) -> None:
    """Telegram's numbers begin anew after a quiet week, and ours are negative."""
    store = asleep.app.store
    handler = Handler(store)
    async with store.begin() as session:
        for number, minutes in ((900, 3), (-4, 2), (12, 1)):
            at = now() - timedelta(minutes=minutes)
            session.add(Update(update_id=number, lane="a", body='{"lane": "a"}', received_at=at))
    async with handing(store, Lanes(store, handler, handler)):
        pass
    assert handler.handled == {"a": [900, -4, 12]}
