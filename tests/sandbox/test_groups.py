import pytest

from tests.sandbox.driver import AINO, ANNA, EERO, GROUP, Json, Sandbox


async def test_the_group_is_a_forum_with_its_two_moderators_and_the_bot(sandbox: Sandbox) -> None:
    chat = await sandbox.result("getChat", chat_id=GROUP)
    assert (chat["type"], chat["is_forum"], chat["title"]) == (
        "supergroup",
        True,
        "Seuran moderaattorit",
    )
    standing = {
        user: (await sandbox.result("getChatMember", chat_id=GROUP, user_id=user))["status"]
        for user in (AINO, EERO, ANNA, 4242)
    }
    assert standing == {AINO: "member", EERO: "member", ANNA: "left", 4242: "administrator"}
    [bot] = await sandbox.result("getChatAdministrators", chat_id=GROUP)
    assert bot["can_manage_topics"] is True
    assert await sandbox.result("getChatMemberCount", chat_id=GROUP) == 3


async def test_a_topic_is_created_with_the_message_that_announces_it(sandbox: Sandbox) -> None:
    topic = await sandbox.result("createForumTopic", chat_id=GROUP, name=" Anna ")
    [announcement] = await sandbox.messages(GROUP)
    assert (
        announcement["message_id"]
        == announcement["message_thread_id"]
        == topic["message_thread_id"]
    )
    assert announcement["forum_topic_created"]["name"] == "Anna"
    assert await sandbox.updates() == []


async def test_no_topic_has_the_id_of_general(sandbox: Sandbox) -> None:
    assert await sandbox.topic() > 1


async def test_what_is_said_in_a_topic_is_in_it_and_answers_its_first_message(
    sandbox: Sandbox,
) -> None:
    topic = await sandbox.topic()
    written = await sandbox.write(AINO, "minä otan", GROUP, message_thread_id=topic)
    [update] = await sandbox.updates()
    assert update["message"] == written
    assert (written["message_thread_id"], written["is_topic_message"]) == (topic, True)
    assert written["reply_to_message"]["forum_topic_created"]["name"] == "Anna"


async def test_a_real_reply_in_a_topic_answers_what_it_answers(sandbox: Sandbox) -> None:
    topic = await sandbox.topic()
    said = await sandbox.result("sendMessage", chat_id=GROUP, message_thread_id=topic, text="uusi")
    answer = await sandbox.write(AINO, "joo", GROUP, reply_to_message_id=said["message_id"])
    assert answer["reply_to_message"]["text"] == "uusi"
    assert answer["message_thread_id"] == topic


async def test_general_has_no_thread(sandbox: Sandbox) -> None:
    said = await sandbox.result("sendMessage", chat_id=GROUP, text="kaikille")
    written = await sandbox.write(AINO, "selvä", GROUP)
    for message in (said, written):
        assert not message.keys() & {"message_thread_id", "is_topic_message"}


async def test_messages_of_all_topics_share_one_sequence(sandbox: Sandbox) -> None:
    first, second = await sandbox.topic("a"), await sandbox.topic("b")
    said = await sandbox.result("sendMessage", chat_id=GROUP, message_thread_id=first, text="x")
    assert first < second < said["message_id"]


async def test_a_topic_that_is_not_there_is_not_found(sandbox: Sandbox) -> None:
    await sandbox.write(ANNA, "hei")
    missing = (400, "Bad Request: message thread not found")
    say = {"message_thread_id": 99, "text": "x"}
    assert await sandbox.refusal("sendMessage", chat_id=GROUP, **say) == missing
    assert await sandbox.refusal("sendMessage", chat_id=ANNA, **say) == missing
    topic = {"chat_id": GROUP, "message_thread_id": 99}
    assert await sandbox.refusal("closeForumTopic", **topic) == missing
    assert await sandbox.refusal("sendChatAction", action="typing", **topic) == missing


@pytest.mark.parametrize(
    ("name", "code"), [("", 400), ("  ", 400), ("a", 200), ("ä" * 128, 200), ("a" * 129, 400)]
)
async def test_a_topic_name_has_one_to_128_characters(
    sandbox: Sandbox, name: str, code: int
) -> None:
    response = await sandbox.call("createForumTopic", chat_id=GROUP, name=name)
    assert response.status_code == code


async def test_a_topic_is_closed_and_opened_with_a_message_each(sandbox: Sandbox) -> None:
    topic = {"chat_id": GROUP, "message_thread_id": await sandbox.topic()}
    await sandbox.result("closeForumTopic", **topic)
    assert (await sandbox.client.get(f"/sandbox/chats/{GROUP}/topics")).json()["topics"][0][
        "closed"
    ]
    not_modified = (400, "Bad Request: TOPIC_NOT_MODIFIED")
    assert await sandbox.refusal("closeForumTopic", **topic) == not_modified
    await sandbox.result("reopenForumTopic", **topic)
    assert await sandbox.refusal("reopenForumTopic", **topic) == not_modified
    services = [
        one.keys() & {"forum_topic_closed", "forum_topic_reopened"}
        for one in await sandbox.messages(GROUP)
    ]
    assert services == [set(), {"forum_topic_closed"}, {"forum_topic_reopened"}]


async def test_in_a_closed_topic_the_bot_may_write_and_members_may_not(sandbox: Sandbox) -> None:
    topic = await sandbox.topic()
    await sandbox.result("closeForumTopic", chat_id=GROUP, message_thread_id=topic)
    await sandbox.result("sendMessage", chat_id=GROUP, message_thread_id=topic, text="vielä tämä")
    path, say = (
        f"chats/{GROUP}/messages",
        {"user_id": AINO, "text": "x", "message_thread_id": topic},
    )
    assert await sandbox.denied(path, **say) == (403, f"Topic {topic} is closed")


async def test_a_renamed_topic_has_its_new_name(sandbox: Sandbox) -> None:
    topic = {"chat_id": GROUP, "message_thread_id": await sandbox.topic()}
    await sandbox.result("editForumTopic", **topic, name="✅ Anna")
    assert [one["name"] for one in sandbox.world.topics_json(sandbox.world.chats[GROUP])] == [
        "✅ Anna"
    ]
    refusal = await sandbox.refusal("editForumTopic", **topic, name="✅ Anna")
    assert refusal == (400, "Bad Request: TOPIC_NOT_MODIFIED")


@pytest.mark.parametrize("by_staff", [True, False])
async def test_a_deleted_topic_is_gone_with_its_messages(sandbox: Sandbox, by_staff: bool) -> None:
    kept, gone = await sandbox.topic("jää"), await sandbox.topic("menee")
    await sandbox.write(AINO, "moi", GROUP, message_thread_id=gone)
    await sandbox.updates(offset=-1)
    if by_staff:
        await sandbox.act(f"chats/{GROUP}/topics/{gone}/delete", user_id=AINO)
    else:
        await sandbox.result("deleteForumTopic", chat_id=GROUP, message_thread_id=gone)
    assert [one["message_id"] for one in await sandbox.messages(GROUP)] == [kept]
    assert len(await sandbox.updates()) == 1
    code, _ = await sandbox.refusal("sendMessage", chat_id=GROUP, message_thread_id=gone, text="x")
    assert code == 400


async def test_the_announcement_of_a_topic_cannot_be_deleted(sandbox: Sandbox) -> None:
    topic = await sandbox.topic()
    assert (await sandbox.refusal("deleteMessage", chat_id=GROUP, message_id=topic))[0] == 400


async def test_without_the_right_to_the_bot_makes_no_topics(sandbox: Sandbox) -> None:
    topic = await sandbox.topic()
    await sandbox.act(f"chats/{GROUP}/members", user_id=4242, status="member")
    [update] = await sandbox.updates()
    assert update["my_chat_member"]["new_chat_member"]["status"] == "member"
    refusal = await sandbox.refusal("createForumTopic", chat_id=GROUP, name="x")
    assert refusal == (400, "Bad Request: not enough rights to create a topic")
    await sandbox.act(f"chats/{GROUP}/topics/{topic}/close", user_id=AINO)
    say = {"chat_id": GROUP, "message_thread_id": topic, "text": "x"}
    assert await sandbox.refusal("sendMessage", **say) == (400, "Bad Request: TOPIC_CLOSED")


@pytest.mark.parametrize("status", ["left", "kicked"])
async def test_a_bot_that_is_out_of_the_group_cannot_write_there(
    sandbox: Sandbox, status: str
) -> None:
    await sandbox.act(f"chats/{GROUP}/members", user_id=4242, status=status)
    code, description = await sandbox.refusal("sendMessage", chat_id=GROUP, text="x")
    assert code == 403
    assert description.startswith("Forbidden: bot ")


async def test_a_bot_that_leaves_is_out(sandbox: Sandbox) -> None:
    await sandbox.result("leaveChat", chat_id=GROUP)
    assert (await sandbox.refusal("sendMessage", chat_id=GROUP, text="x"))[0] == 403


async def test_a_private_chat_has_no_topics_and_no_administrators(sandbox: Sandbox) -> None:
    await sandbox.write(ANNA, "hei")
    refusal = await sandbox.refusal("createForumTopic", chat_id=ANNA, name="x")
    assert refusal == (400, "Bad Request: the chat is not a forum")
    assert (await sandbox.refusal("getChatAdministrators", chat_id=ANNA))[0] == 400
    assert (await sandbox.refusal("leaveChat", chat_id=ANNA))[0] == 400


async def test_a_migrated_group_says_its_new_id_and_goes_on_there(sandbox: Sandbox) -> None:
    new = -1001000000009
    await sandbox.act(f"chats/{GROUP}/migrate", to=new)
    response = await sandbox.call("sendMessage", chat_id=GROUP, text="x")
    assert response.status_code == 400
    assert response.json()["parameters"] == {"migrate_to_chat_id": new}
    await sandbox.result("sendMessage", chat_id=new, text="x")
    services: list[Json] = [one["message"] for one in await sandbox.updates()]
    assert [one.get("migrate_to_chat_id") for one in services] == [new, None]
    assert [one.get("migrate_from_chat_id") for one in services] == [None, GROUP]
