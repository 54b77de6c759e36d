import pytest

from bot.sandbox.methods import PLAYED
from bot.sandbox.table import ApiError, MethodTable
from tests.sandbox.driver import ANNA, GROUP, TOKEN, Sandbox


@pytest.fixture(scope="module")
def table() -> MethodTable:
    return MethodTable.read()


def test_every_method_played_is_an_official_one(table: MethodTable) -> None:
    assert PLAYED.keys() <= table.methods.keys()


def test_every_type_that_the_table_names_is_in_it(table: MethodTable) -> None:
    scalars = {"Integer", "Float", "Boolean", "String", "InputFile"}
    named = {
        kind.replace("Array of ", "")
        for fields in [
            *table.methods.values(),
            *(t.get("fields", {}) for t in table.types.values()),
        ]
        for field in fields.values()
        for kind in field["types"]
    }
    assert named - scalars <= table.types.keys()


async def test_an_unknown_method_is_not_found(sandbox: Sandbox) -> None:
    assert await sandbox.refusal("sendMesage", chat_id=ANNA) == (404, "Not Found")


async def test_an_official_method_that_is_not_played_says_so(sandbox: Sandbox) -> None:
    refusal = await sandbox.refusal("sendPoll", chat_id=ANNA)
    assert refusal == (501, "Not implemented in the sandbox: sendPoll")


async def test_a_method_is_found_in_any_case_as_on_telegram(sandbox: Sandbox) -> None:
    assert (await sandbox.result("getme"))["is_bot"] is True


async def test_another_token_is_unauthorized_and_a_malformed_one_not_found(
    sandbox: Sandbox,
) -> None:
    assert (await sandbox.client.get("/bot1:other/getMe")).status_code == 401
    assert (await sandbox.client.get("/botnonsense/getMe")).status_code == 404
    assert (await sandbox.client.get(f"/bot{TOKEN}/getMe")).status_code == 200


async def test_an_unknown_parameter_is_refused_by_name(anna: Sandbox) -> None:
    refusal = await anna.refusal("sendMessage", chat_id=ANNA, text="hei", repy_markup="{}")
    assert refusal == (400, "Bad Request: unknown parameter repy_markup")


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"text": "hei"}, "chat_id is empty"),
        ({"chat_id": ANNA}, "message text is empty"),
        ({"chat_id": ANNA, "text": "  \n "}, "message text is empty"),
        ({"chat_id": "", "text": "hei"}, "chat_id is empty"),
        ({"chat_id": ANNA, "text": 5}, "wrong type of text, expected String"),
        ({"chat_id": True, "text": "hei"}, "wrong type of chat_id, expected Integer or String"),
        (
            {"chat_id": ANNA, "text": "hei", "message_thread_id": "x"},
            "wrong type of message_thread_id, expected Integer",
        ),
        (
            {"chat_id": ANNA, "text": "hei", "protect_content": "perhaps"},
            "wrong type of protect_content, expected Boolean",
        ),
        (
            {"chat_id": ANNA, "text": "hei", "reply_parameters": {}},
            "can't parse ReplyParameters: field reply_parameters.message_id is required",
        ),
        (
            {"chat_id": ANNA, "text": "hei", "reply_markup": "{"},
            "can't parse reply_markup: not valid JSON",
        ),
    ],
)
async def test_a_parameter_missing_or_of_the_wrong_type_is_refused(
    anna: Sandbox, parameters: dict[str, object], description: str
) -> None:
    assert await anna.refusal("sendMessage", **parameters) == (400, f"Bad Request: {description}")


def test_a_union_is_told_apart_by_its_constant(table: MethodTable) -> None:
    scope = {"type": "chat", "chat_id": "-5"}
    fitted = table.parameters("getMyCommands", {"scope": scope})
    assert fitted == {"scope": {"type": "chat", "chat_id": -5}}
    with pytest.raises(ApiError, match="wrong type of scope"):
        table.parameters("getMyCommands", {"scope": {"type": "chat"}})


def test_unknown_fields_inside_an_object_are_left_alone(table: MethodTable) -> None:
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b", "novelty": 1}]]}
    given = {"chat_id": 1, "text": "x", "reply_markup": markup}
    assert table.parameters("sendMessage", given)["reply_markup"] == markup


def test_strings_of_a_form_become_what_the_table_says(table: MethodTable) -> None:
    given = {
        "chat_id": "-1001",
        "latitude": "62.24",
        "longitude": "25.75",
        "disable_notification": "true",
        "reply_parameters": '{"message_id": "7"}',
        "live_period": "",
    }
    assert table.parameters("sendLocation", given) == {
        "chat_id": -1001,
        "latitude": 62.24,
        "longitude": 25.75,
        "disable_notification": True,
        "reply_parameters": {"message_id": 7},
    }


@pytest.mark.parametrize("latitude", ["nan", "inf", "north", ""])
def test_a_number_must_be_one(table: MethodTable, latitude: str) -> None:
    with pytest.raises(ApiError):
        table.parameters("sendLocation", {"chat_id": 1, "latitude": latitude, "longitude": 1})


async def test_a_chat_that_is_not_there_is_not_found(sandbox: Sandbox) -> None:
    assert await sandbox.refusal("getChat", chat_id=-5) == (400, "Bad Request: chat not found")
    assert await sandbox.refusal("getChat", chat_id="@nobody") == (
        400,
        "Bad Request: chat not found",
    )
    assert (await sandbox.result("getChat", chat_id=str(GROUP)))["is_forum"] is True
