"""Whether a message has arrived, or a topic was made, although Telegram's answer was lost.

Telegram does not list what a bot has sent. But an edit that would change nothing is refused with
"message is not modified" where the bot's message is there, and with other words where it is not.
The ids go upwards: in a group of its own, and through all private chats of a bot together.
"""

import asyncio
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.store.tables import Handoff, Outgoing, Update
from bot.telegram.api import Api

# How many ids are tried. Others write meanwhile, and each of their messages takes one.
AHEAD = 100
FARTHEST = 400
ATTEMPTS = 3
# How the key of what answers an update begins.
ANSWERS = re.compile(r"update:(-?\d+):", re.ASCII)
# Calls that make a message; of others it does no harm to make them twice.
MAKING = frozenset({"send_message", "copy_message", "send_document"})


async def places(session: AsyncSession, row: Outgoing) -> list[int]:
    """The ids that the message may have which `row` would have made, the likeliest first.

    It comes after what this chat had got before, after what anybody had got when it was queued,
    after the message that it answers, and after the topic that it is in. Ids that are known to be
    others' are left out. None are given where nothing at all is known: an id too early might be an
    old message's.
    """
    here = Outgoing.chat_id == row.chat_id
    place = type_coerce(Outgoing.chat_id, Text).not_like("-%") if row.chat_id > 0 else here
    own = aliased(Outgoing)
    queued_at = select(own.created_at).where(own.id == row.id).scalar_subquery()
    before = await session.scalar(
        select(func.max(Outgoing.message_id)).where(
            (here & (Outgoing.id < row.id)) | (place & (Outgoing.settled_at < queued_at))
        )
    )
    before = max(before or 0, await _cause(session, row))
    if not before:
        return []
    ids = range(before + 1, before + 1 + FARTHEST)
    taken = await session.scalars(
        select(Outgoing.message_id).where(place, Outgoing.message_id.in_(ids))
    )
    return sorted(set(ids) - set(taken))[:AHEAD]


async def _cause(session: AsyncSession, row: Outgoing) -> int:
    """The id of what was there before a message: its topic, or what it answers; 0 for neither."""
    if row.chat_id < 0:
        handoff = await session.get(Handoff, row.handoff_id) if row.handoff_id else None
        return (handoff and handoff.topic_id) or 0
    update = ANSWERS.match(row.key)
    answered = await session.get(Update, int(update[1])) if update else None
    return (answered and answered.message_id) or 0


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
    edit = {"chat_id": chat_id, "reply_markup": keyboard}
    return await _first(bot, "editMessageReplyMarkup", "message_id", ids, edit)


async def topic_places(session: AsyncSession, group_id: int, begun_at: datetime) -> list[int]:
    """The ids that a topic may have which was to be made at a moment, the likeliest first.

    As of a message: a topic has the id of the message that announces it.
    """
    last = select(func.max(Outgoing.message_id)).where(
        Outgoing.chat_id == group_id, Outgoing.settled_at < begun_at
    )
    before = max(
        await session.scalar(last) or 0,
        await session.scalar(select(func.max(Handoff.topic_id))) or 0,
    )
    if not before:
        return []
    ids = range(before + 1, before + 1 + FARTHEST)
    taken = select(Outgoing.message_id).where(
        Outgoing.chat_id == group_id, Outgoing.message_id.in_(ids)
    )
    return sorted(set(ids) - set(await session.scalars(taken)))[:AHEAD]


async def find_topic(bot: Api, chat_id: int, name: str, ids: Iterable[int]) -> int | None:
    """Looks for a topic of that name; its id, or none where it is not there."""
    edit = {"chat_id": chat_id, "name": name}
    return await _first(bot, "editForumTopic", "message_thread_id", ids, edit)


async def _first(
    bot: Api, method: str, target: str, ids: Iterable[int], edit: dict[str, Any]
) -> int | None:
    """The first of the ids under which there is something that the edit leaves as it is."""
    for one in ids:
        is_there = await _is_there(bot, method, edit | {target: one})
        if is_there is None:
            return None
        if is_there:
            return one
    return None


async def _is_there(bot: Api, method: str, edit: dict[str, Any]) -> bool | None:
    """Whether there is what is edited; none where Telegram does not answer."""
    for _ in range(ATTEMPTS):
        try:
            await bot.call(method, edit)
        except BadRequest as refusal:
            return "not modified" in refusal.message.lower().replace("_", " ")
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
