import asyncio

import pytest

from tests.sandbox.driver import AINO, ANNA, BERTTA, GROUP, TOKEN, Json, Sandbox

LONG = 30


async def question(sandbox: Sandbox, chat_id: int = ANNA) -> int:
    """A message with buttons of three kinds."""
    rows = [
        [{"text": "Kyllä", "callback_data": "/affirm"}, {"text": "Ei", "callback_data": "/deny"}],
        [
            {"text": "Lue lisää", "url": "https://seura.fi"},
            {"text": "Kopioi", "copy_text": {"text": "x"}},
        ],
    ]
    message = await sandbox.result(
        "sendMessage", chat_id=chat_id, text="Sopiiko?", reply_markup={"inline_keyboard": rows}
    )
    return int(message["message_id"])


async def test_a_person_writes_and_the_bot_hears_it(sandbox: Sandbox) -> None:
    written = await sandbox.write(ANNA, " /start abc ", language_code="en", first_name="Anna")
    [update] = await sandbox.updates()
    assert update["message"] == written
    assert written["text"] == "/start abc"
    assert written["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert written["chat"] == {"id": ANNA, "type": "private", "first_name": "Anna"}
    assert written["from"] == {
        "id": ANNA,
        "is_bot": False,
        "first_name": "Anna",
        "language_code": "en",
    }


async def test_updates_are_told_with_the_time_they_came_even_when_they_are_confirmed(
    sandbox: Sandbox,
) -> None:
    await sandbox.write(ANNA, "a")
    await sandbox.write(BERTTA, "b")
    heard = await sandbox.updates()
    await sandbox.result("getUpdates", offset=heard[-1]["update_id"] + 1)
    told = (await sandbox.client.get("/sandbox/updates")).json()["updates"]
    assert [one["update"] for one in told] == heard
    assert [one["n"] for one in told] == [1, 2]
    assert told[0]["time"] <= told[1]["time"]
    later = (await sandbox.client.get("/sandbox/updates", params={"after": 1})).json()["updates"]
    assert later == told[1:]


async def test_a_person_stays_who_they_said_they_were(sandbox: Sandbox) -> None:
    await sandbox.write(ANNA, "a", language_code="en", first_name="Anna")
    again = await sandbox.write(ANNA, "b")
    other = await sandbox.write(BERTTA, "c")
    assert (again["from"]["language_code"], again["from"]["first_name"]) == ("en", "Anna")
    assert (other["from"]["language_code"], other["from"]["first_name"]) == ("fi", "Asukas 1002")


async def test_nobody_writes_in_the_private_chat_of_another(sandbox: Sandbox) -> None:
    path = f"chats/{ANNA}/messages"
    code, _ = await sandbox.denied(path, user_id=BERTTA, text="hei")
    assert code == 403
    assert await sandbox.messages(ANNA) == []


async def test_who_is_not_a_member_writes_in_the_group_only_by_force(sandbox: Sandbox) -> None:
    path, say = f"chats/{GROUP}/messages", {"user_id": ANNA, "text": "hei"}
    code, reason = await sandbox.denied(path, **say)
    assert (code, "not a member" in reason) == (403, True)
    await sandbox.act(path, **say, force=True)
    await sandbox.act(f"{path}?force=1", **say)
    assert len(await sandbox.messages(GROUP)) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "hei"}, 400),
        ({"user_id": ANNA}, 400),
        ({"user_id": "x", "text": "hei"}, 400),
        ({"user_id": ANNA, "text": "hei", "txet": "x"}, 400),
        ({"user_id": ANNA, "text": "  "}, 400),
        ({"user_id": ANNA, "text": "a" * 4097}, 400),
        ({"user_id": ANNA, "text": "hei", "message_thread_id": 5}, 404),
        ({"user_id": ANNA, "text": "hei", "reply_to_message_id": 5}, 404),
    ],
)
async def test_what_a_person_cannot_send_is_refused(
    sandbox: Sandbox, body: Json, code: int
) -> None:
    assert (await sandbox.denied(f"chats/{ANNA}/messages", **body))[0] == code


async def test_only_messages_after_the_id_are_read_with_edits_applied(anna: Sandbox) -> None:
    said = await anna.result("sendMessage", chat_id=ANNA, text="a")
    await anna.result("editMessageText", chat_id=ANNA, message_id=said["message_id"], text="b")
    assert [one["text"] for one in await anna.messages(ANNA)] == ["hei", "b"]
    assert [one["text"] for one in await anna.messages(ANNA, after=1)] == ["b"]
    assert await anna.messages(ANNA, after=2) == []


async def test_reading_waits_for_a_newer_message(sandbox: Sandbox) -> None:
    reading = asyncio.create_task(sandbox.messages(ANNA, after=1, wait=LONG))
    await sandbox.write(ANNA, "eka")
    await sandbox.write(ANNA, "toka")
    assert [one["text"] for one in await reading] == ["toka"]


async def test_reading_gives_up_when_the_time_is_over(sandbox: Sandbox) -> None:
    assert await sandbox.messages(ANNA, wait=0.05) == []


@pytest.mark.parametrize(
    "path", ["chats/-5/messages", "chats/x/messages", "chats/-5/topics", "callbacks/5"]
)
async def test_what_is_not_there_cannot_be_read(sandbox: Sandbox, path: str) -> None:
    assert (await sandbox.client.get(f"/sandbox/{path}")).status_code == 404


@pytest.mark.parametrize("query", [{"after": "x"}, {"wait": "x"}])
async def test_a_query_that_is_no_number_is_refused(
    sandbox: Sandbox, query: dict[str, str]
) -> None:
    response = await sandbox.client.get(f"/sandbox/chats/{ANNA}/messages", params=query)
    assert response.status_code == 400


@pytest.mark.parametrize("button", ["Kyllä", "/affirm"])
async def test_a_tap_by_words_or_data_becomes_a_callback_query(anna: Sandbox, button: str) -> None:
    message_id = await question(anna)
    tap = await anna.act(f"chats/{ANNA}/taps", user_id=ANNA, message_id=message_id, button=button)
    [update] = await anna.updates()
    query = update["callback_query"]
    assert (query["id"], query["data"], query["from"]["id"]) == (
        tap["callback_query_id"],
        "/affirm",
        ANNA,
    )
    assert query["message"]["message_id"] == message_id


async def test_a_tap_on_a_button_that_is_not_there_names_those_that_are(anna: Sandbox) -> None:
    path = f"chats/{ANNA}/taps"
    message_id = await question(anna)
    code, reason = await anna.denied(path, user_id=ANNA, message_id=message_id, button="Ehkä")
    assert code == 404
    assert '"Kyllä", "Ei"' in reason
    assert (await anna.denied(path, user_id=ANNA, message_id=99, button="Ei"))[0] == 404
    assert (await anna.denied(path, user_id=ANNA, message_id=message_id, button="Kopioi"))[0] == 400
    assert await anna.updates() == []


async def test_a_button_that_is_gone_cannot_be_tapped(anna: Sandbox) -> None:
    message_id = await question(anna)
    await anna.result("editMessageReplyMarkup", chat_id=ANNA, message_id=message_id)
    code, _ = await anna.denied(
        f"chats/{ANNA}/taps", user_id=ANNA, message_id=message_id, button="Ei"
    )
    assert code == 404


async def test_a_tap_on_a_link_opens_it(anna: Sandbox) -> None:
    message_id = await question(anna)
    tap = await anna.act(
        f"chats/{ANNA}/taps", user_id=ANNA, message_id=message_id, button="Lue lisää"
    )
    assert tap == {"ok": True, "url": "https://seura.fi"}
    assert await anna.updates() == []


async def test_a_tap_waits_for_what_the_bot_answers(anna: Sandbox) -> None:
    message_id = await question(anna)
    path = f"/sandbox/chats/{ANNA}/taps?wait={LONG}"
    body = {"user_id": ANNA, "message_id": message_id, "button": "Ei"}
    tapping = asyncio.create_task(anna.client.post(path, json=body))
    [update] = await anna.updates(timeout=LONG)
    query = {"callback_query_id": update["callback_query"]["id"]}
    await anna.result("answerCallbackQuery", **query, text="Selvä", show_alert=True)
    tap = (await tapping).json()
    assert tap == {
        "ok": True,
        **query,
        "answered": True,
        "text": "Selvä",
        "show_alert": True,
        "url": None,
    }
    assert (await anna.client.get(f"/sandbox/callbacks/{query['callback_query_id']}")).json() == {
        key: value for key, value in tap.items() if key != "callback_query_id"
    }


async def test_a_tap_is_answered_once_and_in_200_characters(anna: Sandbox) -> None:
    message_id = await question(anna)
    tap = await anna.act(f"chats/{ANNA}/taps", user_id=ANNA, message_id=message_id, button="Ei")
    unanswered = await anna.client.get(f"/sandbox/callbacks/{tap['callback_query_id']}")
    assert unanswered.json()["answered"] is False
    query = {"callback_query_id": tap["callback_query_id"]}
    too_old = "query is too old and response timeout expired or query ID is invalid"
    assert (await anna.refusal("answerCallbackQuery", **query, text="a" * 201))[0] == 400
    await anna.result("answerCallbackQuery", **query, text="a" * 200)
    for id_ in (tap["callback_query_id"], "5"):
        refusal = await anna.refusal("answerCallbackQuery", callback_query_id=id_)
        assert refusal == (400, f"Bad Request: {too_old}")


async def test_in_the_group_only_members_tap(sandbox: Sandbox) -> None:
    message_id = await question(sandbox, GROUP)
    path, button = f"chats/{GROUP}/taps", {"message_id": message_id, "button": "Ei"}
    assert (await sandbox.denied(path, user_id=ANNA, **button))[0] == 403
    await sandbox.act(path, user_id=AINO, **button)


async def test_a_tap_on_the_keyboard_below_is_writing_its_words(anna: Sandbox) -> None:
    keyboard = {"keyboard": [["Joskus"], [{"text": "Sijainti", "request_location": True}]]}
    asked = await anna.result("sendMessage", chat_id=ANNA, text="?", reply_markup=keyboard)
    path, here = f"chats/{ANNA}/taps", {"user_id": ANNA, "message_id": asked["message_id"]}
    tap = await anna.act(path, **here, button="Joskus")
    assert tap["message"]["text"] == "Joskus"
    assert [one["message"]["text"] for one in await anna.updates()] == ["Joskus"]
    assert (await anna.denied(path, **here, button="Sijainti"))[0] == 400


@pytest.mark.parametrize("once", [True, False])
async def test_a_keyboard_for_one_use_goes_when_used_and_another_when_removed(
    anna: Sandbox, once: bool
) -> None:
    keyboard = {"keyboard": [["Joskus"]], "one_time_keyboard": once}
    await anna.result("sendMessage", chat_id=ANNA, text="?", reply_markup=keyboard)
    await anna.write(ANNA, "Joskus")
    assert (anna.world.chats[ANNA].keyboard is None) is once
    await anna.result(
        "sendMessage", chat_id=ANNA, text="ok", reply_markup={"remove_keyboard": True}
    )
    assert anna.world.chats[ANNA].keyboard is None


async def test_a_place_is_sent(sandbox: Sandbox) -> None:
    sent = await sandbox.act(
        f"chats/{ANNA}/locations", user_id=ANNA, latitude=62.24, longitude=25.75
    )
    [update] = await sandbox.updates()
    assert update["message"] == sent
    assert sent["location"] == {"latitude": 62.24, "longitude": 25.75}


async def test_a_person_corrects_what_they_wrote(anna: Sandbox) -> None:
    edited = await anna.act(f"chats/{ANNA}/edits", user_id=ANNA, message_id=1, text="moi")
    [update] = await anna.updates()
    assert update["edited_message"] == edited
    assert (edited["text"], "edit_date" in edited) == ("moi", True)
    said = await anna.result("sendMessage", chat_id=ANNA, text="a")
    path = f"chats/{ANNA}/edits"
    assert (await anna.denied(path, user_id=ANNA, message_id=said["message_id"], text="x"))[
        0
    ] == 403
    assert (await anna.denied(path, user_id=ANNA, message_id=1, text=" "))[0] == 400


async def test_what_the_bot_was_told_stays_as_it_was_when_edited(sandbox: Sandbox) -> None:
    await sandbox.write(ANNA, "hei")
    await sandbox.act(f"chats/{ANNA}/edits", user_id=ANNA, message_id=1, text="moi")
    first, second = await sandbox.updates()
    assert first["message"]["text"] == "hei"
    assert second["edited_message"]["text"] == "moi"


async def test_a_person_who_blocks_the_bot_is_out_of_its_reach_until_they_unblock(
    anna: Sandbox,
) -> None:
    await anna.act(f"users/{ANNA}/block")
    await anna.act(f"users/{ANNA}/block")
    blocked = (403, "Forbidden: bot was blocked by the user")
    assert await anna.refusal("sendMessage", chat_id=ANNA, text="hei") == blocked
    assert await anna.refusal("sendChatAction", chat_id=ANNA, action="typing") == blocked
    assert (await anna.denied(f"chats/{ANNA}/messages", user_id=ANNA, text="x"))[0] == 403
    await anna.act(f"users/{ANNA}/unblock")
    await anna.result("sendMessage", chat_id=ANNA, text="hei")
    statuses = [one["my_chat_member"]["new_chat_member"]["status"] for one in await anna.updates()]
    assert statuses == ["kicked", "member"]


async def test_who_never_wrote_cannot_block(sandbox: Sandbox) -> None:
    assert (await sandbox.denied(f"users/{ANNA}/block"))[0] == 404


@pytest.mark.parametrize(
    ("fault", "code", "description", "parameters"),
    [
        (
            {"status": 429, "retry_after": 7},
            429,
            "Too Many Requests: retry after 7",
            {"retry_after": 7},
        ),
        ({"status": 500}, 500, "Internal Server Error", None),
        ({"status": 403}, 403, "Forbidden: bot was blocked by the user", None),
        (
            {"status": 400, "description": "Bad Request: TOPIC_DELETED"},
            400,
            "Bad Request: TOPIC_DELETED",
            None,
        ),
        (
            {"migrate_to_chat_id": -100777},
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            {"migrate_to_chat_id": -100777},
        ),
    ],
)
async def test_an_ordered_failure_meets_the_next_call_and_not_the_one_after(
    anna: Sandbox, fault: Json, code: int, description: str, parameters: Json | None
) -> None:
    await anna.act("faults", **fault)
    failed = await anna.call("sendMessage", chat_id=ANNA, text="a")
    assert (failed.status_code, failed.json()["description"]) == (code, description)
    assert failed.json().get("parameters") == parameters
    await anna.result("sendMessage", chat_id=ANNA, text="b")
    assert [one["text"] for one in await anna.messages(ANNA, after=1)] == ["b"]


async def test_a_failure_may_be_meant_for_a_method_a_chat_and_several_calls(anna: Sandbox) -> None:
    await anna.write(BERTTA, "hei")
    await anna.act("faults", status=500, method="sendMessage", chat_id=BERTTA, times=2)
    codes = [
        (await anna.call(method, chat_id=chat, **more)).status_code
        for method, chat, more in [
            ("sendMessage", ANNA, {"text": "x"}),
            ("sendChatAction", BERTTA, {"action": "typing"}),
            ("sendMessage", BERTTA, {"text": "x"}),
            ("sendMessage", BERTTA, {"text": "x"}),
            ("sendMessage", BERTTA, {"text": "x"}),
        ]
    ]
    assert codes == [200, 200, 500, 500, 200]


async def test_polling_fails_only_when_that_is_asked_for(anna: Sandbox) -> None:
    await anna.act("faults", status=500)
    assert await anna.updates() == []
    await anna.act("faults", status=502, method="getUpdates")
    assert (await anna.refusal("getUpdates"))[0] == 502


async def test_a_call_may_be_performed_before_it_fails(anna: Sandbox) -> None:
    await anna.act("faults", status=500, performed=True)
    assert (await anna.refusal("sendMessage", chat_id=ANNA, text="perillä"))[0] == 500
    assert [one["text"] for one in await anna.messages(ANNA, after=1)] == ["perillä"]


async def test_an_injected_update_comes_as_it_is(sandbox: Sandbox) -> None:
    poll = {"id": "5", "question": "?"}
    await sandbox.act("updates", poll=poll)
    await sandbox.act("updates", update_id=7, novelty={})
    first, second = await sandbox.updates()
    assert first["poll"] == poll
    assert second == {"update_id": 7, "novelty": {}}


async def test_every_call_is_noted_with_its_parameters_and_its_end(anna: Sandbox) -> None:
    before = (await anna.client.get("/sandbox/calls")).json()["calls"][-1]["n"]
    await anna.client.post(
        f"/bot{TOKEN}/sendMessage",
        data={"chat_id": ANNA, "text": "a", "reply_markup": '{"remove_keyboard": true}'},
    )
    await anna.call("sendMessage", chat_id=-5, text="b")
    calls = (await anna.client.get("/sandbox/calls", params={"after": before})).json()["calls"]
    sent, refused = calls
    assert (sent["n"], sent["method"], sent["ok"]) == (before + 1, "sendMessage", True)
    assert sent["params"]["reply_markup"] == {"remove_keyboard": True}
    assert (refused["ok"], refused["description"]) == (False, "Bad Request: chat not found")


async def test_waiting_for_a_call_ends_with_it(anna: Sandbox) -> None:
    before = len(anna.app.state.calls)
    query = {"after": before, "wait": LONG}
    waiting = asyncio.create_task(anna.client.get("/sandbox/calls", params=query))
    await asyncio.sleep(0)
    await anna.result("getMe")
    assert [one["method"] for one in (await waiting).json()["calls"]] == ["getMe"]


async def test_a_picture_is_shown_and_another_file_only_saved(anna: Sandbox) -> None:
    async def disposition(content_type: str) -> str:
        sent = await anna.act(
            f"chats/{ANNA}/files",
            user_id=ANNA,
            kind="document",
            content="aGVp",
            content_type=content_type,
        )
        file = await anna.client.get(f"/sandbox/files/{sent['document']['file_id']}")
        assert file.content == b"hei"
        return file.headers["content-disposition"]

    assert await disposition("image/png") == "inline"
    assert await disposition("text/html") == "attachment"
    assert await disposition("image/svg+xml") == "attachment"
    assert (await anna.client.get("/sandbox/files/none")).status_code == 404


async def test_a_file_that_is_not_base64_is_refused(sandbox: Sandbox) -> None:
    body = {"user_id": ANNA, "kind": "photo", "content": "?"}
    assert (await sandbox.denied(f"chats/{ANNA}/files", **body))[0] == 400


async def test_a_topic_is_changed_only_in_ways_there_are(sandbox: Sandbox) -> None:
    topic = await sandbox.topic()
    assert (await sandbox.denied(f"chats/{GROUP}/topics/{topic}/burn"))[0] == 404
    assert (await sandbox.denied(f"chats/{GROUP}/topics/99/close"))[0] == 404
    assert (await sandbox.client.get(f"/sandbox/chats/{GROUP}/topics")).json() == {
        "topics": [
            {
                "id": topic,
                "message_thread_id": topic,
                "name": "Anna",
                "closed": False,
                "icon_color": 7322096,
            }
        ]
    }
