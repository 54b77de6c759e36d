"""Forgetting an erased resident outside the database: in Rasa's tracker store and in the group."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select

from bot.dialogue import tracker
from bot.store.engine import Store
from bot.store.tables import Forgotten, Resident
from bot.telegram.outbox import forget_erased, post

BELL = "forgotten"


@dataclass
class Forgetter:
    """Removes what an erasure left behind; rung when the erasing turn is over."""

    store: Store
    tracker_database: Path
    moderator_chat: int

    async def run(self) -> None:
        """Runs until cancelled; takes up first what an earlier process left."""
        bell = self.store.bell(BELL)
        while True:
            bell.clear()
            async with self.store.begin() as session:
                rows = list(await session.scalars(select(Forgotten)))
            for row in rows:
                await self._forget(row)
            await bell.wait()

    async def _forget(self, row: Forgotten) -> None:
        await tracker.forget(self.tracker_database, row.conversation_id)
        async with self.store.begin() as session:
            for topic_id in row.topic_ids:
                await post(
                    session,
                    f"forget:{topic_id}",
                    self.moderator_chat,
                    "delete_forum_topic",
                    {"message_thread_id": topic_id},
                )
            await session.execute(
                delete(Forgotten).where(Forgotten.conversation_id == row.conversation_id)
            )

    async def forget_orphans(self) -> None:
        """Clears tracker store and queue of whoever is not a resident any more."""
        async with self.store.begin() as session:
            await forget_erased(session)
            kept = list(await session.scalars(select(Resident.conversation_id)))
        await tracker.forget_others(self.tracker_database, kept)
