"""Token and group are checked at Telegram, here at the sandbox, before anything else."""

import pytest

from bot.errors import SettingsError
from bot.sandbox.server import create_app
from bot.supervisor import free_port
from bot.telegram.api import Api
from bot.telegram.meeting import check, meet
from tests.sandbox.driver import GROUP, TOKEN, running


async def test_bot_and_group_are_met() -> None:
    async with running(create_app(TOKEN)) as address:
        bot = Api(TOKEN, address + "/")
        await meet(bot, GROUP)
        await bot.close_connections()
        await check(Api(TOKEN, address), address, GROUP)


@pytest.mark.parametrize(
    ("token", "group", "said"),
    [("4242:wrong", GROUP, "SEURA_TELEGRAM_TOKEN"), (TOKEN, -1, "SEURA_MODERATOR_CHAT")],
)
async def test_what_telegram_does_not_know_is_told_by_its_setting(
    token: str, group: int, said: str
) -> None:
    async with running(create_app(TOKEN)) as address:
        with pytest.raises(SettingsError, match=said):
            await check(Api(token, address), address, group)


async def test_an_address_where_nobody_answers_is_told() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(SettingsError, match=f"can't be reached at {address}"):
        await check(Api(TOKEN, address), address, GROUP)
