"""Getting to know the bot and the moderators' group."""

import structlog
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError

from bot.errors import SettingsError
from bot.telegram.api import Api

log = structlog.get_logger(__name__)


async def meet(bot: Api, group: int) -> None:
    """Finds the bot and the moderators' group at Telegram.

    Raises:
        SettingsError: Telegram does not know the token or the group.
        NetworkError: Telegram can't be reached.
    """
    try:
        await bot.call("getMe")
    except InvalidToken as error:
        raise SettingsError("Telegram does not know the token in SEURA_TELEGRAM_TOKEN.") from error
    try:
        await bot.call("getChat", {"chat_id": group})
    except ChatMigrated:
        pass  # it has another id now, and is followed later
    except (Forbidden, BadRequest) as error:
        raise SettingsError(
            f"The bot can't see the group of SEURA_MODERATOR_CHAT: add it there, and check "
            f"the id ({error.message})."
        ) from error
    except (NetworkError, InvalidToken) as error:  # or a server that does not have the method
        log.warning("the moderators' group can't be looked at", error=type(error).__name__)


async def check(bot: Api, api: str, group: int) -> None:
    """Checks token and group, before anything else is set up.

    Raises:
        SettingsError: as `meet`, or Telegram can't be reached.
    """
    try:
        await meet(bot, group)
    except NetworkError as error:
        raise SettingsError(f"Telegram can't be reached at {api}: {error.message}.") from error
    finally:
        await bot.close_connections()
