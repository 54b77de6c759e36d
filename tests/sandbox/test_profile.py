import pytest

from tests.sandbox.driver import AINO, ANNA, GROUP, Json, Sandbox


def command(name: str, description: str = "kuvaus") -> Json:
    return {"command": name, "description": description}


async def seen(sandbox: Sandbox, chat_id: int, **query: str | int) -> list[str]:
    response = await sandbox.client.get(f"/sandbox/chats/{chat_id}/commands", params=query)
    return [one["command"] for one in response.json()["commands"]]


async def test_commands_are_kept_by_scope_and_language(sandbox: Sandbox) -> None:
    private = {"type": "all_private_chats"}
    await sandbox.result("setMyCommands", commands=[command("a")])
    await sandbox.result(
        "setMyCommands", commands=[command("b")], scope=private, language_code="fi"
    )
    assert await sandbox.result("getMyCommands") == [command("a")]
    assert await sandbox.result("getMyCommands", scope=private) == []
    await sandbox.result("deleteMyCommands")
    assert await sandbox.result("getMyCommands") == []


async def test_everybody_sees_the_narrowest_commands_in_their_language(sandbox: Sandbox) -> None:
    scopes: list[tuple[str, Json]] = [
        ("all", {"type": "default"}),
        ("private", {"type": "all_private_chats"}),
        ("groups", {"type": "all_group_chats"}),
        ("staff", {"type": "chat", "chat_id": GROUP}),
        ("aino", {"type": "chat_member", "chat_id": GROUP, "user_id": AINO}),
    ]
    for name, scope in scopes:
        await sandbox.result("setMyCommands", commands=[command(name)], scope=scope)
    await sandbox.result(
        "setMyCommands", commands=[command("english")], scope=scopes[1][1], language_code="en"
    )
    assert await seen(sandbox, ANNA) == ["private"]
    assert await seen(sandbox, ANNA, language_code="en") == ["english"]
    assert await seen(sandbox, GROUP, user_id=9002) == ["staff"]
    assert await seen(sandbox, GROUP, user_id=AINO) == ["aino"]
    await sandbox.result("deleteMyCommands", scope=scopes[3][1])
    assert await seen(sandbox, GROUP, user_id=9002) == ["groups"]


async def test_administrators_see_commands_of_their_own(sandbox: Sandbox) -> None:
    scope = {"type": "all_chat_administrators"}
    await sandbox.result("setMyCommands", commands=[command("admin")], scope=scope)
    assert await seen(sandbox, GROUP, user_id=AINO) == []
    await sandbox.act(f"chats/{GROUP}/members", user_id=AINO, status="administrator")
    assert await seen(sandbox, GROUP, user_id=AINO) == ["admin"]


@pytest.mark.parametrize(
    ("commands", "description"),
    [
        ([command("Iso")], "BOT_COMMAND_INVALID"),
        ([command("ä")], "BOT_COMMAND_INVALID"),
        ([command("a" * 33)], "BOT_COMMAND_INVALID"),
        ([command("a", "")], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([command("a", "b" * 257)], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([command("a")] * 101, "BOT_COMMANDS_TOO_MUCH"),
    ],
)
async def test_commands_that_telegram_does_not_take_are_refused(
    sandbox: Sandbox, commands: list[Json], description: str
) -> None:
    refusal = await sandbox.refusal("setMyCommands", commands=commands)
    assert refusal == (400, f"Bad Request: {description}")


async def test_commands_for_a_chat_need_the_chat(sandbox: Sandbox) -> None:
    scope = {"type": "chat", "chat_id": -5}
    refusal = await sandbox.refusal("setMyCommands", commands=[command("a")], scope=scope)
    assert refusal == (400, "Bad Request: chat not found")


async def test_a_language_is_two_letters(sandbox: Sandbox) -> None:
    assert (await sandbox.refusal("setMyCommands", commands=[], language_code="fin"))[0] == 400


@pytest.mark.parametrize(
    ("what", "method", "longest"),
    [
        ("name", "Name", 64),
        ("description", "Description", 512),
        ("short_description", "ShortDescription", 120),
    ],
)
async def test_the_bots_texts_are_kept_by_language(
    sandbox: Sandbox, what: str, method: str, longest: int
) -> None:
    await sandbox.result(f"setMy{method}", **{what: "Seura"})
    await sandbox.result(f"setMy{method}", **{what: "Company"}, language_code="en")
    assert await sandbox.result(f"getMy{method}") == {what: "Seura"}
    assert await sandbox.result(f"getMy{method}", language_code="en") == {what: "Company"}
    assert await sandbox.result(f"getMy{method}", language_code="sv") == {what: "Seura"}
    await sandbox.result(f"setMy{method}", **{what: "a" * longest})
    assert (await sandbox.refusal(f"setMy{method}", **{what: "a" * (longest + 1)}))[0] == 400


async def test_a_menu_button_is_set_for_one_chat_or_for_all(sandbox: Sandbox) -> None:
    await sandbox.write(ANNA, "hei")
    await sandbox.result("setChatMenuButton", menu_button={"type": "commands"}, chat_id=ANNA)
    assert await sandbox.result("getChatMenuButton", chat_id=ANNA) == {"type": "commands"}
    assert await sandbox.result("getChatMenuButton") == {"type": "default"}


async def test_logging_out_and_closing_are_taken(sandbox: Sandbox) -> None:
    assert await sandbox.result("logOut") is True
    assert await sandbox.result("close") is True
