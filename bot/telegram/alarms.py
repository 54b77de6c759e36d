"""What the operators must hear of, told in the moderators' group, where somebody reads it."""

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy import func, select
from telegram.error import TelegramError

from bot.dialogue.wording import Wording
from bot.store.engine import Store
from bot.store.tables import Update, now
from bot.telegram.api import Api
from bot.telegram.outbox import post

log = structlog.get_logger(__name__)

LOOK_SECONDS = 60.0
# More updates than this may not wait, at Telegram and here.
MOST_WAITING = 50


@dataclass
class Alarms:
    """Raises alarms, each at most once an hour, and looks for a backlog."""

    store: Store
    bot: Api
    chat_id: int
    language: str
    wording: Wording

    async def sound(self, name: str, /, **values: object) -> None:
        """Tells the group; `name` is the response without `utter_alarm_`."""
        log.error("alarm", name=name, **values)
        text = self.wording.say(f"utter_alarm_{name}", self.language, **values).text
        async with self.store.begin() as session:
            key = f"alarm:{name}:{now():%Y-%m-%dT%H}"
            await post(session, key, self.chat_id, "send_message", {"text": text})

    async def run(self) -> None:
        """Looks once a minute; runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Sounds an alarm when more is waiting than may."""
        try:
            told = await self.bot.call("getWebhookInfo")
        except TelegramError as error:
            log.warning("the backlog is not known", error=type(error).__name__)
            return
        async with self.store.begin() as session:
            here = await session.scalar(select(func.count()).where(Update.handled_at.is_(None)))
        waiting = told.get("pending_update_count", 0) + (here or 0)
        if waiting > MOST_WAITING:
            await self.sound("backlog", count=waiting)
