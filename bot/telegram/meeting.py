"""Getting to know the bot and the moderators' group."""

import contextlib
from collections.abc import Callable

import httpx
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError
from telegram.request import HTTPXRequest

from bot.errors import SettingsError


def make_bot(token: str, api: str, transport: Callable[[], httpx.AsyncBaseTransport]) -> Bot:
    """A client of the Bot API; nothing is asked yet.

    Args:
        token: the bot's.
        api: the address of the Bot API server.
        transport: makes what requests leave by.
    """
    base = api.rstrip("/")

    def request() -> HTTPXRequest:
        return HTTPXRequest(
            read_timeout=20,
            connect_timeout=10,
            pool_timeout=10,
            httpx_kwargs={"transport": transport()},
        )

    return Bot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request(),
        get_updates_request=request(),
    )


async def meet(bot: Bot, group: int) -> None:
    """Finds the bot and the moderators' group at Telegram.

    Raises:
        SettingsError: Telegram does not know the token or the group.
        NetworkError: Telegram can't be reached.
    """
    try:
        await bot.initialize()
        with contextlib.suppress(ChatMigrated):  # it has another id now, and is followed later
            await bot.get_chat(group)
    except InvalidToken as error:
        raise SettingsError("Telegram does not know the token in SEURA_TELEGRAM_TOKEN.") from error
    except (BadRequest, Forbidden) as error:
        raise SettingsError(
            f"The bot can't see the group of SEURA_MODERATOR_CHAT: add it there, and check "
            f"the id ({error.message})."
        ) from error


async def check(bot: Bot, api: str, group: int) -> None:
    """Checks token and group, before anything else is set up.

    Raises:
        SettingsError: as `meet`, or Telegram can't be reached.
    """
    try:
        await meet(bot, group)
    except NetworkError as error:
        raise SettingsError(f"Telegram can't be reached at {api}: {error.message}.") from error
    finally:
        await bot.shutdown()
