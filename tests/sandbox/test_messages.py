import pytest

from bot.sandbox.table import MethodTable
from tests.sandbox.driver import AINO, ANNA, BERTTA, GROUP, TOKEN, Json, Sandbox, in_memory


def buttons(*texts: str) -> Json:
    return {"inline_keyboard": [[{"text": text, "callback_data": f"/{text}"}] for text in texts]}


async def sent(sandbox: Sandbox, text: str = "terve", **more: object) -> int:
    return int((await sandbox.result("sendMessage", chat_id=ANNA, text=text, **more))["message_id"])


async def test_what_the_bot_says_is_read_by_the_person_and_is_no_update(anna: Sandbox) -> None:
    message_id = await sent(anna, "<b>Hei</b> Anna", parse_mode="HTML")
    [message] = await anna.messages(ANNA, after=1)
    assert message["message_id"] == message_id == 2
    assert message["text"] == "Hei Anna"
    assert message["entities"] == [{"type": "bold", "offset": 0, "length": 3}]
    assert message["from"]["is_bot"] is True
    assert await anna.updates() == []


async def test_all_private_chats_count_their_messages_together(anna: Sandbox) -> None:
    before = (await anna.write(ANNA, "moi"))["message_id"]
    assert (await anna.write(BERTTA, "moi"))["message_id"] == before + 1
    assert (await anna.write(ANNA, "moi"))["message_id"] == before + 2


@pytest.mark.parametrize(
    ("text", "code"), [("a" * 4096, 200), ("a" * 4097, 400), ("😀" * 2048, 200), ("😀" * 2049, 400)]
)
async def test_a_text_has_at_most_4096_utf16_units(anna: Sandbox, text: str, code: int) -> None:
    response = await anna.call("sendMessage", chat_id=ANNA, text=text)
    assert response.status_code == code
    if code == 400:
        assert response.json()["description"] == "Bad Request: message is too long"


async def test_markup_does_not_count_towards_the_length(anna: Sandbox) -> None:
    await sent(anna, f"<b>{'a' * 4096}</b>", parse_mode="HTML")


@pytest.mark.parametrize(
    ("data", "code"),
    [("", 400), ("a", 200), ("a" * 64, 200), ("a" * 65, 400), ("ä" * 32, 200), ("ä" * 33, 400)],
)
async def test_callback_data_has_one_to_64_bytes(anna: Sandbox, data: str, code: int) -> None:
    markup = {"inline_keyboard": [[{"text": "ok", "callback_data": data}]]}
    response = await anna.call("sendMessage", chat_id=ANNA, text="x", reply_markup=markup)
    assert response.status_code == code
    if code == 400:
        assert response.json()["description"] == "Bad Request: BUTTON_DATA_INVALID"


@pytest.mark.parametrize(
    "button",
    [
        {"text": "ok"},
        {"text": "", "callback_data": "x"},
        {"text": "ok", "callback_data": "x", "url": "https://seura.fi"},
        {"text": "ok", "url": "javascript:alert(1)"},
        {"callback_data": "x"},
    ],
)
async def test_an_inline_button_has_words_and_exactly_one_action(
    anna: Sandbox, button: Json
) -> None:
    markup = {"inline_keyboard": [[button]]}
    code, _ = await anna.refusal("sendMessage", chat_id=ANNA, text="x", reply_markup=markup)
    assert code == 400


async def test_a_place_can_be_asked_for_in_private_only(anna: Sandbox) -> None:
    markup = {"keyboard": [[{"text": "Sijainti", "request_location": True}]]}
    await sent(anna, reply_markup=markup)
    refusal = await anna.refusal("sendMessage", chat_id=GROUP, text="x", reply_markup=markup)
    assert refusal == (400, "Bad Request: location can be requested in private chats only")


async def test_people_see_the_keyboard_below_the_chat_and_the_bot_does_not(anna: Sandbox) -> None:
    markup = {"keyboard": [["Kyllä", {"text": "Ei"}]]}
    message = await anna.result("sendMessage", chat_id=ANNA, text="Sopiiko?", reply_markup=markup)
    assert "reply_markup" not in message
    [seen] = await anna.messages(ANNA, after=1)
    assert seen["reply_markup"] == {"keyboard": [[{"text": "Kyllä"}, {"text": "Ei"}]]}


async def test_an_edit_is_seen_in_place_and_without_markup_takes_the_buttons_away(
    anna: Sandbox,
) -> None:
    message_id = await sent(anna, "a", reply_markup=buttons("x"))
    edited = await anna.result("editMessageText", chat_id=ANNA, message_id=message_id, text="b")
    assert (edited["text"], "edit_date" in edited, "reply_markup" in edited) == ("b", True, False)
    assert await anna.messages(ANNA, after=1) == [edited]


async def test_only_the_buttons_can_be_changed(anna: Sandbox) -> None:
    message_id = await sent(anna, "a", reply_markup=buttons("x"))
    edit = {"chat_id": ANNA, "message_id": message_id}
    changed = await anna.result("editMessageReplyMarkup", **edit, reply_markup=buttons("y"))
    assert changed["reply_markup"] == buttons("y")
    assert "edit_date" not in changed
    assert "reply_markup" not in await anna.result("editMessageReplyMarkup", **edit)


async def test_an_edit_that_changes_nothing_is_refused(anna: Sandbox) -> None:
    message_id = await sent(anna, "a", reply_markup=buttons("x"))
    edit = {"chat_id": ANNA, "message_id": message_id}
    _, text = await anna.refusal("editMessageText", **edit, text="a", reply_markup=buttons("x"))
    _, markup = await anna.refusal("editMessageReplyMarkup", **edit, reply_markup=buttons("x"))
    assert text.startswith("Bad Request: message is not modified")
    assert markup.startswith("Bad Request: message is not modified")


@pytest.mark.parametrize(
    ("edit", "description"),
    [
        ({"chat_id": ANNA, "message_id": 99, "text": "b"}, "message to edit not found"),
        ({"chat_id": ANNA, "message_id": 1, "text": "b"}, "message can't be edited"),
        ({"message_id": 1, "text": "b"}, "chat_id is empty"),
        ({"chat_id": ANNA, "message_id": 2, "text": ""}, "message text is empty"),
    ],
)
async def test_an_edit_that_telegram_does_not_take_is_refused(
    anna: Sandbox, edit: Json, description: str
) -> None:
    await sent(anna)
    assert await anna.refusal("editMessageText", **edit) == (400, f"Bad Request: {description}")


async def test_a_deleted_message_is_gone_and_the_bot_hears_nothing(anna: Sandbox) -> None:
    message_id = await sent(anna)
    await anna.result("deleteMessage", chat_id=ANNA, message_id=message_id)
    await anna.result("deleteMessage", chat_id=ANNA, message_id=1)
    assert await anna.messages(ANNA) == []
    refusal = await anna.refusal("deleteMessage", chat_id=ANNA, message_id=message_id)
    assert refusal == (400, "Bad Request: message to delete not found")
    assert await anna.updates() == []


async def test_several_are_deleted_at_once_and_missing_ones_passed_over(anna: Sandbox) -> None:
    await sent(anna)
    await anna.result("deleteMessages", chat_id=ANNA, message_ids=[1, 2, 77])
    assert await anna.messages(ANNA) == []
    assert (await anna.refusal("deleteMessages", chat_id=ANNA, message_ids=[]))[0] == 400


async def test_after_two_days_a_private_message_stays() -> None:
    now = 1_700_000_000.0
    sandbox = in_memory(clock=lambda: now)
    await sandbox.write(ANNA, "hei")
    now += 48 * 60 * 60
    refusal = await sandbox.refusal("deleteMessage", chat_id=ANNA, message_id=1)
    assert refusal == (400, "Bad Request: message can't be deleted for everyone")


async def test_a_reply_names_what_it_answers(anna: Sandbox) -> None:
    reply = {"message_id": 1}
    message = await anna.result("sendMessage", chat_id=ANNA, text="no hei", reply_parameters=reply)
    assert message["reply_to_message"]["text"] == "hei"


async def test_a_reply_to_nothing_is_refused_unless_it_may_go_without(anna: Sandbox) -> None:
    reply = {"message_id": 99}
    refusal = await anna.refusal("sendMessage", chat_id=ANNA, text="x", reply_parameters=reply)
    assert refusal == (400, "Bad Request: message to be replied not found")
    await sent(anna, reply_parameters=reply | {"allow_sending_without_reply": True})


async def test_a_reply_into_another_chat_never_goes_without_what_it_answers(anna: Sandbox) -> None:
    say = {"chat_id": GROUP, "text": "x"}
    reply = {"chat_id": ANNA, "message_id": 99, "allow_sending_without_reply": True}
    refusal = await anna.refusal("sendMessage", **say, reply_parameters=reply)
    assert refusal == (400, "Bad Request: message to be replied not found")
    message = await anna.result("sendMessage", **say, reply_parameters=reply | {"message_id": 1})
    assert message["external_reply"]["origin"]["sender_user"]["id"] == ANNA
    assert "reply_to_message" not in message
    MethodTable.read().fit(["Message"], message, "message", strict=True)


async def test_a_copy_says_the_same_without_saying_whose_it_was(anna: Sandbox) -> None:
    topic = await anna.topic()
    copy = await anna.result(
        "copyMessage", chat_id=GROUP, from_chat_id=ANNA, message_id=1, message_thread_id=topic
    )
    [message] = await anna.messages(GROUP, after=copy["message_id"] - 1)
    assert copy.keys() == {"message_id"}
    assert (message["text"], message["message_thread_id"]) == ("hei", topic)
    assert message["from"]["is_bot"] is True
    assert "forward_origin" not in message


async def test_a_forward_says_whose_it_was(anna: Sandbox) -> None:
    message = await anna.result("forwardMessage", chat_id=GROUP, from_chat_id=ANNA, message_id=1)
    assert message["forward_origin"]["sender_user"]["id"] == ANNA


async def test_what_is_protected_or_not_there_is_neither_copied_nor_forwarded(
    anna: Sandbox,
) -> None:
    protected = await sent(anna, protect_content=True)
    here = {"chat_id": GROUP, "from_chat_id": ANNA}
    _, copied = await anna.refusal("copyMessage", **here, message_id=protected)
    _, forwarded = await anna.refusal("forwardMessage", **here, message_id=protected)
    _, missing = await anna.refusal("copyMessage", **here, message_id=99)
    assert copied == "Bad Request: message can't be copied"
    assert forwarded == "Bad Request: message can't be forwarded"
    assert missing == "Bad Request: message to copy not found"


async def test_an_album_is_copied_as_one_album(anna: Sandbox) -> None:
    photo = {"user_id": ANNA, "kind": "photo", "content": "aGVp", "media_group_id": "g"}
    first = await anna.act(f"chats/{ANNA}/files", **photo, caption="kesä")
    second = await anna.act(f"chats/{ANNA}/files", **photo)
    ids = [first["message_id"], second["message_id"]]
    copies = await anna.result(
        "copyMessages", chat_id=GROUP, from_chat_id=ANNA, message_ids=[*ids, 99]
    )
    one, other = await anna.messages(GROUP, after=copies[0]["message_id"] - 1)
    assert one["media_group_id"] == other["media_group_id"] != "g"
    assert one["caption"] == "kesä"
    assert one["photo"] == first["photo"]


async def test_a_copy_may_have_another_caption_or_none(anna: Sandbox) -> None:
    photo = await anna.act(
        f"chats/{ANNA}/files", user_id=ANNA, kind="photo", content="aGVp", caption="kesä"
    )
    here = {"chat_id": ANNA, "from_chat_id": ANNA, "message_id": photo["message_id"]}
    await anna.result("copyMessage", **here, caption="<i>talvi</i>", parse_mode="HTML")
    await anna.result(
        "copyMessages",
        chat_id=ANNA,
        from_chat_id=ANNA,
        message_ids=[photo["message_id"]],
        remove_caption=True,
    )
    captioned, bare = await anna.messages(ANNA, after=photo["message_id"])
    assert captioned["caption"] == "talvi"
    assert "caption" not in bare


KINDS = ["Animation", "Audio", "Document", "Photo", "Sticker", "Video", "VideoNote", "Voice"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_of_each_kind_is_sent_and_downloaded(anna: Sandbox, kind: str) -> None:
    field = {"VideoNote": "video_note"}.get(kind, kind.lower())
    response = await anna.client.post(
        f"/bot{TOKEN}/send{kind}",
        data={"chat_id": str(ANNA)},
        files={field: ("tiedosto.bin", b"sis\x00lt\xff", "image/png")},
    )
    content = response.json()["result"][field]
    file = await anna.result(
        "getFile", file_id=(content[-1] if kind == "Photo" else content)["file_id"]
    )
    data = await anna.client.get(f"/file/bot{TOKEN}/{file['file_path']}")
    assert data.content == b"sis\x00lt\xff"
    again = await anna.result(f"send{kind}", chat_id=ANNA, **{field: file["file_id"]})
    assert again[field] == content


async def test_a_file_that_is_not_there_is_refused(anna: Sandbox) -> None:
    code, _ = await anna.refusal("sendPhoto", chat_id=ANNA, photo="nowhere")
    assert code == 400
    code, _ = await anna.refusal("sendPhoto", chat_id=ANNA, photo="https://seura.fi/a.png")
    assert code == 501
    assert (await anna.refusal("getFile", file_id="nowhere"))[0] == 400
    assert (await anna.client.get(f"/file/bot{TOKEN}/photos/none.png")).status_code == 404


async def test_a_caption_has_at_most_1024_units_and_can_be_edited(anna: Sandbox) -> None:
    document = {"document": ("a.ics", b"x", "text/calendar")}
    url = f"/bot{TOKEN}/sendDocument"
    fits = await anna.client.post(
        url, data={"chat_id": ANNA, "caption": "a" * 1024}, files=document
    )
    too_long = await anna.client.post(
        url, data={"chat_id": ANNA, "caption": "a" * 1025}, files=document
    )
    assert fits.status_code == 200
    assert too_long.json()["description"] == "Bad Request: message caption is too long"
    edit = {"chat_id": ANNA, "message_id": fits.json()["result"]["message_id"]}
    assert (await anna.result("editMessageCaption", **edit, caption="uusi"))["caption"] == "uusi"
    code, _ = await anna.refusal("editMessageText", **edit, text="ei")
    assert code == 400


async def test_a_place_is_sent_if_it_is_on_earth(anna: Sandbox) -> None:
    message = await anna.result("sendLocation", chat_id=ANNA, latitude=62.24, longitude=25.75)
    assert message["location"] == {"latitude": 62.24, "longitude": 25.75}
    assert (await anna.refusal("sendLocation", chat_id=ANNA, latitude=91, longitude=0))[0] == 400


async def test_a_bot_reacts_with_at_most_one_emoji(anna: Sandbox) -> None:
    heart = {"type": "emoji", "emoji": "❤"}
    here = {"chat_id": ANNA, "message_id": 1}
    await anna.result("setMessageReaction", **here, reaction=[heart])
    assert anna.world.chats[ANNA].reactions == {1: [heart]}
    refusal = await anna.refusal("setMessageReaction", **here, reaction=[heart, heart])
    assert refusal == (400, "Bad Request: REACTIONS_TOO_MANY")
    await anna.result("setMessageReaction", **here)
    assert anna.world.chats[ANNA].reactions == {1: []}


async def test_a_pinned_message_stays_on_top_until_unpinned(anna: Sandbox) -> None:
    await anna.result("pinChatMessage", chat_id=ANNA, message_id=1)
    assert (await anna.result("getChat", chat_id=ANNA))["pinned_message"]["text"] == "hei"
    [service] = await anna.messages(ANNA, after=1)
    assert service["pinned_message"]["message_id"] == 1
    await anna.result("unpinChatMessage", chat_id=ANNA)
    assert "pinned_message" not in await anna.result("getChat", chat_id=ANNA)
    assert (await anna.refusal("unpinChatMessage", chat_id=ANNA))[0] == 400


async def test_the_bot_cannot_begin_a_private_chat(sandbox: Sandbox) -> None:
    refusal = (403, "Forbidden: bot can't initiate conversation with a user")
    assert await sandbox.refusal("sendMessage", chat_id=ANNA, text="hei") == refusal
    assert await sandbox.refusal("sendMessage", chat_id=AINO, text="hei") == refusal


async def test_an_unknown_chat_action_is_refused(anna: Sandbox) -> None:
    assert await anna.result("sendChatAction", chat_id=ANNA, action="typing") is True
    assert (await anna.refusal("sendChatAction", chat_id=ANNA, action="thinking"))[0] == 400


async def test_all_that_the_bot_is_told_fits_the_official_types(anna: Sandbox) -> None:
    topic = await anna.topic()
    await anna.updates(allowed_updates=list(MethodTable.read().types["Update"]["fields"])[1:])
    await anna.result("setMessageReaction", chat_id=ANNA, message_id=1, reaction=[])
    message_id = await sent(anna, reply_markup=buttons("x"))
    await anna.act(f"chats/{ANNA}/taps", user_id=ANNA, message_id=message_id, button="x")
    await anna.act(f"chats/{ANNA}/locations", user_id=ANNA, latitude=62, longitude=25)
    for kind in KINDS:
        name = {"VideoNote": "video_note"}.get(kind, kind.lower())
        await anna.act(
            f"chats/{ANNA}/files", user_id=ANNA, kind=name, content="aGVp", caption="a@b.fi"
        )
    written = await anna.write(AINO, "moi", GROUP, message_thread_id=topic)
    await anna.act(
        f"chats/{GROUP}/edits", user_id=AINO, message_id=written["message_id"], text="hei /a"
    )
    await anna.act(f"chats/{GROUP}/topics/{topic}/close", user_id=AINO)
    await anna.act(f"chats/{GROUP}/topics/{topic}/reopen", user_id=AINO)
    await anna.act(f"chats/{GROUP}/topics", user_id=AINO, name="Toinen")
    await anna.act(f"chats/{GROUP}/members", user_id=ANNA, status="member")
    await anna.act(f"users/{ANNA}/block")
    await anna.act(f"users/{ANNA}/unblock")
    await anna.act(f"chats/{GROUP}/migrate", to=-1001000000009)
    updates = await anna.updates()
    assert len(updates) >= 18
    MethodTable.read().fit(["Array of Update"], updates, "updates", strict=True)


async def test_all_that_the_bot_gets_as_an_answer_fits_the_official_types(anna: Sandbox) -> None:
    table, topic = MethodTable.read(), await anna.topic()
    group, chat = {"chat_id": GROUP}, {"chat_id": ANNA}
    answers = [
        ("User", await anna.result("getMe")),
        ("ChatFullInfo", await anna.result("getChat", **group)),
        ("ChatFullInfo", await anna.result("getChat", **chat)),
        ("Array of ChatMember", await anna.result("getChatAdministrators", **group)),
        ("ChatMember", await anna.result("getChatMember", **group, user_id=AINO)),
        ("ChatMember", await anna.result("getChatMember", **group, user_id=ANNA)),
        ("ChatMember", await anna.result("getChatMember", **chat, user_id=ANNA)),
        ("ForumTopic", await anna.result("createForumTopic", **group, name="x")),
        ("WebhookInfo", await anna.result("getWebhookInfo")),
        ("MenuButton", await anna.result("getChatMenuButton")),
        ("BotName", await anna.result("getMyName")),
        ("BotDescription", await anna.result("getMyDescription")),
        ("BotShortDescription", await anna.result("getMyShortDescription")),
        ("Message", await anna.result("sendMessage", **group, message_thread_id=topic, text="x")),
        ("Message", await anna.result("forwardMessage", **group, from_chat_id=ANNA, message_id=1)),
        ("MessageId", await anna.result("copyMessage", **group, from_chat_id=ANNA, message_id=1)),
    ]
    for kind, answer in answers:
        table.fit([kind], answer, kind, strict=True)
