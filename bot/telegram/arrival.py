"""Whether a message has arrived although the answer to its sending was lost.

Telegram does not list what a bot has sent. But an edit that would change nothing is refused with
"message is not modified" where the bot's message is there, and with other words where it is not.
The ids go upwards: in a group of its own, and through all private chats of a bot together.
"""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Bot, InlineKeyboardMarkup
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.store.tables import Outgoing

# How many ids are tried. Others write meanwhile, and each of their messages takes one.
AHEAD = 40
ATTEMPTS = 3
# Calls that make a message; of others it does no harm to make them twice.
MAKING = frozenset({"send_message", "copy_message", "send_document"})


async def last_before(session: AsyncSession, row: Outgoing) -> int | None:
    """The highest id that is known of what was sent before `row`; none where nothing is.

    Nothing that the bot has said to this chat since is known by an id, but what is looked for.
    """
    place = Outgoing.chat_id > 0 if row.chat_id > 0 else Outgoing.chat_id == row.chat_id
    return await session.scalar(
        select(func.max(Outgoing.message_id)).where(place, Outgoing.id < row.id)
    )


async def find(bot: Bot, row: Outgoing, chat_id: int, after: int) -> int | None:
    """Looks for the message that `row` would have made.

    Args:
        bot: asks Telegram.
        row: was perhaps sent.
        chat_id: where it would be: a group may have another id by now.
        after: an id that comes before it.

    Returns:
        Its id; none where it is not there, or can't be found out about.
    """
    markup = (row.params or {}).get("reply_markup") or {}
    keyboard = InlineKeyboardMarkup.de_json(markup) if "inline_keyboard" in markup else None
    for message_id in range(after + 1, after + 1 + AHEAD):
        is_there = await _is_there(bot, row.chat_id, message_id, keyboard)
        if is_there is None:
            return None
        if is_there:
            return message_id
    return None


async def _is_there(
    bot: Bot, chat_id: int, message_id: int, keyboard: InlineKeyboardMarkup | None
) -> bool | None:
    """Whether the bot's message is there; none where Telegram does not answer."""
    for _ in range(ATTEMPTS):
        try:
            await bot.edit_message_reply_markup(chat_id, message_id, reply_markup=keyboard)
        except BadRequest as refusal:
            return "not modified" in refusal.message
        except RetryAfter as error:
            wait = error.retry_after
            await asyncio.sleep(wait.total_seconds() if isinstance(wait, timedelta) else wait)
        except NetworkError:
            await asyncio.sleep(0.2)
        except TelegramError:
            return None
        else:
            return True
    return None
