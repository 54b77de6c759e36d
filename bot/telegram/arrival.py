"""Whether a message has arrived although the answer to its sending was lost.

Telegram does not list what a bot has sent. But an edit that would change nothing is refused with
"message is not modified" where the bot's message is there, and with other words where it is not.
The ids go upwards: in a group of its own, and through all private chats of a bot together.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.store.tables import Outgoing
from bot.telegram.api import Api

# How many ids are tried. Others write meanwhile, and each of their messages takes one.
AHEAD = 100
FARTHEST = 400
ATTEMPTS = 3
# Calls that make a message; of others it does no harm to make them twice.
MAKING = frozenset({"send_message", "copy_message", "send_document"})


async def places(session: AsyncSession, row: Outgoing) -> list[int]:
    """The ids that the message may have which `row` would have made, the likeliest first.

    It comes after what this chat had got before, and after what anybody had got when it was queued.
    Ids that are known to be others' are left out. None are given where nothing at all is known: an
    id too early might be an old message's.
    """
    here = Outgoing.chat_id == row.chat_id
    place = Outgoing.chat_id > 0 if row.chat_id > 0 else here
    own = aliased(Outgoing)
    queued_at = select(own.created_at).where(own.id == row.id).scalar_subquery()
    before = await session.scalar(
        select(func.max(Outgoing.message_id)).where(
            (here & (Outgoing.id < row.id)) | (place & (Outgoing.settled_at < queued_at))
        )
    )
    if before is None:
        return []
    ids = range(before + 1, before + 1 + FARTHEST)
    taken = await session.scalars(
        select(Outgoing.message_id).where(place, Outgoing.message_id.in_(ids))
    )
    return sorted(set(ids) - set(taken))[:AHEAD]


async def find(bot: Api, row: Outgoing, chat_id: int, ids: Iterable[int]) -> int | None:
    """Looks for the message that `row` would have made.

    Args:
        bot: asks Telegram.
        row: was perhaps sent.
        chat_id: where it would be: a group may have another id by now.
        ids: that it may have.

    Returns:
        Its id; none where it is not there, or can't be found out about.
    """
    markup = (row.params or {}).get("reply_markup") or {}
    keyboard = markup if "inline_keyboard" in markup else None
    for message_id in ids:
        is_there = await _is_there(bot, chat_id, message_id, keyboard)
        if is_there is None:
            return None
        if is_there:
            return message_id
    return None


async def _is_there(
    bot: Api, chat_id: int, message_id: int, keyboard: dict[str, Any] | None
) -> bool | None:
    """Whether the bot's message is there; none where Telegram does not answer."""
    edit = {"chat_id": chat_id, "message_id": message_id, "reply_markup": keyboard}
    for _ in range(ATTEMPTS):
        try:
            await bot.call("editMessageReplyMarkup", edit)
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
