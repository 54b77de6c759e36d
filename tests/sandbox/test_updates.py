import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.state import World
from bot.sandbox.updates import Bell, UpdateQueue
from tests.sandbox.driver import ANNA, BERTTA, GROUP, Json, Sandbox, in_memory, running

FIRST = 100
LONG = 30


async def test_an_update_is_given_again_until_an_offset_confirms_it(sandbox: Sandbox) -> None:
    await sandbox.write(ANNA, "yksi")
    await sandbox.write(ANNA, "kaksi")
    first, second = await sandbox.updates()
    assert await sandbox.updates() == [first, second]
    assert await sandbox.updates(offset=second["update_id"]) == [second]
    assert await sandbox.updates(offset=second["update_id"] + 1) == []
    assert await sandbox.updates() == []


async def test_a_limit_gives_the_earliest(sandbox: Sandbox) -> None:
    for text in "abc":
        await sandbox.write(ANNA, text)
    assert [one["message"]["text"] for one in await sandbox.updates(limit=2)] == ["a", "b"]
    assert len(await sandbox.updates(limit=0)) == 1


async def test_a_negative_offset_forgets_all_but_the_last(sandbox: Sandbox) -> None:
    for text in "abc":
        await sandbox.write(ANNA, text)
    assert [one["message"]["text"] for one in await sandbox.updates(offset=-1)] == ["c"]
    assert len(await sandbox.updates()) == 1


async def test_update_ids_follow_one_another_across_chats(sandbox: Sandbox) -> None:
    await sandbox.write(ANNA, "a")
    await sandbox.write(BERTTA, "b")
    first, second = await sandbox.updates()
    assert second["update_id"] == first["update_id"] + 1


def test_a_sandbox_started_later_gives_later_update_ids() -> None:
    async def first_id(now: float) -> int:
        sandbox = in_memory(clock=lambda: now)
        await sandbox.write(ANNA, "hei")
        return int((await sandbox.updates())[0]["update_id"])

    assert asyncio.run(first_id(1_800_000_000)) > asyncio.run(first_id(1_700_000_000))


async def test_a_long_poll_ends_as_soon_as_somebody_writes(sandbox: Sandbox) -> None:
    poll = asyncio.create_task(sandbox.updates(timeout=LONG))
    await asyncio.sleep(0)
    await sandbox.write(ANNA, "hei")
    assert [one["message"]["text"] for one in await poll] == ["hei"]


async def test_a_long_poll_over_nothing_ends_empty(sandbox: Sandbox) -> None:
    queue = sandbox.world.updates
    assert await queue.poll(0, 100, 0, None) == []
    async with asyncio.timeout(10):
        assert await sandbox.updates(timeout=1) == []


async def test_of_two_waiting_polls_the_earlier_is_ended_with_a_conflict(sandbox: Sandbox) -> None:
    earlier = asyncio.create_task(sandbox.call("getUpdates", timeout=LONG))
    await until_polling(sandbox)
    later = asyncio.create_task(sandbox.updates(timeout=LONG))
    refused = (await earlier).json()
    assert refused["error_code"] == 409
    assert refused["description"].startswith("Conflict: terminated by other getUpdates request")
    await sandbox.write(ANNA, "hei")
    assert len(await later) == 1


async def until_polling(sandbox: Sandbox) -> None:
    """Until the poll just started has reached the queue."""
    await sandbox.world.bell.until(lambda: sandbox.world.updates.is_polled, None)


async def test_kinds_that_the_bot_does_not_want_are_not_queued(sandbox: Sandbox) -> None:
    await sandbox.updates(allowed_updates=["callback_query"])
    await sandbox.write(ANNA, "hei")
    assert await sandbox.updates() == []
    await sandbox.updates(allowed_updates=[])
    await sandbox.write(ANNA, "hei taas")
    assert len(await sandbox.updates()) == 1


async def test_changes_of_other_members_come_only_when_asked_for(sandbox: Sandbox) -> None:
    joins = {"user_id": ANNA, "status": "member"}
    await sandbox.act(f"chats/{GROUP}/members", **joins)
    assert await sandbox.updates(allowed_updates=["chat_member"]) == []
    await sandbox.act(f"chats/{GROUP}/members", user_id=ANNA, status="left")
    [update] = await sandbox.updates()
    assert update["chat_member"]["old_chat_member"]["status"] == "member"
    assert update["chat_member"]["new_chat_member"]["status"] == "left"


async def test_a_waiting_poll_ends_at_once_when_the_sandbox_closes(sandbox: Sandbox) -> None:
    poll = asyncio.create_task(sandbox.updates(timeout=LONG))
    await until_polling(sandbox)
    sandbox.world.bell.close()
    assert await poll == []


operations = st.lists(
    st.one_of(
        st.just("write"),
        st.tuples(st.integers(-4, 14), st.integers(1, 5)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(operations)
async def test_each_update_is_delivered_until_confirmed_and_never_after(
    steps: list[str | tuple[int, int]],
) -> None:
    queue = UpdateQueue(Bell(), lambda: 0, FIRST, 0)
    written = 0
    unconfirmed: list[int] = []
    for step in steps:
        if isinstance(step, str):
            queue.add("message", {"text": str(written)})
            unconfirmed.append(FIRST + written)
            written += 1
            continue
        relative, limit = step
        offset = FIRST + relative if relative > 0 else relative
        if offset > 0:
            unconfirmed = [one for one in unconfirmed if one >= offset]
        elif offset < 0:
            unconfirmed = unconfirmed[offset:]
        got = await queue.poll(offset, limit, 0, None)
        assert [one["update_id"] for one in got] == unconfirmed[:limit]
        assert all(one["message"]["text"] == str(one["update_id"] - FIRST) for one in got)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), st.booleans()), max_size=20))
async def test_a_client_that_confirms_what_it_stored_misses_nothing_and_repeats_only_after_a_crash(
    rounds: list[tuple[int, int, bool]],
) -> None:
    queue = UpdateQueue(Bell(), lambda: 0, FIRST, 0)
    written, stored, offset = 0, [], 0
    for arriving, limit, crash in [*rounds, *[(0, 100, False)] * 2]:
        for _ in range(arriving):
            queue.add("message", {"n": written})
            written += 1
        got = await queue.poll(offset, limit, 0, None)
        if got and not crash:
            stored += [one["message"]["n"] for one in got]
            offset = got[-1]["update_id"] + 1
    assert stored == list(range(written))


class Receiver:
    """A webhook that answers with the statuses it was told to, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[str | None, Json]] = []
        self.enough = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        status = self.statuses.pop(0) if self.statuses else 200
        secret = request.headers.get("x-telegram-bot-api-secret-token")
        self.got.append((secret, await request.json()))
        if status == 200:
            self.enough.set()
        return Response(status_code=status)


async def test_a_webhook_gets_updates_with_its_secret_and_again_after_a_failure() -> None:
    sandbox, receiver = in_memory(webhook_retry=0), Receiver(500)
    app = Starlette(routes=[Route("/hook", receiver.answer, methods=["POST"])])
    app.state.world = World("1:receiver")
    async with running(app) as address:
        url = f"{address}/hook"
        await sandbox.result("setWebhook", url=url, secret_token="s3cret")
        await sandbox.write(ANNA, "hei")
        async with asyncio.timeout(10):
            await receiver.enough.wait()
            await sandbox.world.bell.until(lambda: not sandbox.world.updates.pending, None)
        info = await sandbox.result("getWebhookInfo")
        await sandbox.result("deleteWebhook")
    assert [secret for secret, _ in receiver.got] == ["s3cret", "s3cret"]
    assert receiver.got[0] == receiver.got[1]
    assert receiver.got[0][1]["message"]["text"] == "hei"
    assert info["url"] == url
    assert info["pending_update_count"] == 0
    assert info["last_error_message"] == (
        "Wrong response from the webhook: 500 Internal Server Error"
    )


async def test_while_a_webhook_is_set_polling_is_a_conflict(sandbox: Sandbox) -> None:
    poll = asyncio.create_task(sandbox.call("getUpdates", timeout=LONG))
    await until_polling(sandbox)
    await sandbox.result("setWebhook", url="http://127.0.0.1:9/hook")
    assert (await poll).json()["description"] == "Conflict: terminated by setWebhook request"
    code, description = await sandbox.refusal("getUpdates")
    assert code == 409
    assert "webhook is active" in description
    await sandbox.result("setWebhook", url="")
    assert await sandbox.updates() == []
    assert (await sandbox.result("getWebhookInfo"))["url"] == ""


async def test_deleting_a_webhook_may_drop_what_is_pending(sandbox: Sandbox) -> None:
    await sandbox.write(ANNA, "hei")
    assert (await sandbox.result("getWebhookInfo"))["pending_update_count"] == 1
    await sandbox.result("deleteWebhook")
    assert len(await sandbox.updates()) == 1
    await sandbox.result("deleteWebhook", drop_pending_updates=True)
    assert await sandbox.updates() == []


@pytest.mark.parametrize(
    "parameters",
    [{"url": "ftp://x"}, {"url": "http://x/", "secret_token": "not this!"}],
)
async def test_a_webhook_with_a_bad_address_or_secret_is_refused(
    sandbox: Sandbox, parameters: dict[str, str]
) -> None:
    code, _ = await sandbox.refusal("setWebhook", **parameters)
    assert code == 400
