"""`/konsoli`, `/console`: whoever may sign in to the web console gets a link, in private."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue.wording import Wording
from bot.people import audit, registry, sign_in
from bot.store.engine import Store
from bot.store.tables import Person
from bot.telegram.api import NO_PREVIEW, answering
from bot.telegram.inbox import Handler, Incoming
from bot.telegram.outbox import post

COMMANDS = {"konsoli", "console"}


@dataclass
class SigningIn:
    """Gives the links.

    Attributes:
        store: the database.
        wording: what is said.
        chat_id: the moderators' group.
        language: the group's.
        address: where the console is, without a path.
    """

    store: Store
    wording: Wording
    chat_id: int
    language: str
    address: str

    def takes(self, incoming: Incoming) -> bool:
        """Whether the update is such a command."""
        text = str((incoming.body.get("message") or {}).get("text") or "")
        if not text.startswith("/"):
            return False
        return text.split(maxsplit=1)[0][1:].partition("@")[0].lower() in COMMANDS

    async def handle(self, incoming: Incoming, otherwise: Handler) -> None:
        """Gives the link to the person alone, wherever they asked.

        Args:
            incoming: the update.
            otherwise: takes it when a resident wrote it: for them it is a word like any other.
        """
        message = incoming.body["message"]
        asked_by = int((message.get("from") or {}).get("id") or 0)
        chat = message["chat"]
        in_group = chat["id"] == self.chat_id
        async with self.store.begin() as session:
            person = await registry.by_telegram_id(session, asked_by)
            if person:
                await self._give(session, incoming, person)
            if in_group:
                response = "utter_console_sent" if person else "utter_console_not_yours"
                await self._answer(session, incoming, message, response)
            if person or chat["type"] != "private":
                await incoming.settle(session)
                return
        await otherwise(incoming)

    async def _give(self, session: AsyncSession, incoming: Incoming, person: Person) -> None:
        secret = await sign_in.make_link(session, person)
        audit.note(session, person, "link_asked")
        link = f"{self.address}/console/link/{secret}"
        text = self.wording.say("utter_console_link", person.language, link=link).text
        # Without a preview: it would be Telegram that opens the link first.
        params = {"text": text, **NO_PREVIEW, "protect_content": True}
        await post(
            session,
            f"update:{incoming.id}:link",
            person.telegram_id,
            "send_message",
            params,
        )

    async def _answer(
        self, session: AsyncSession, incoming: Incoming, message: dict[str, Any], response: str
    ) -> None:
        asked_by = message["from"]["id"]
        params = {
            "text": self.wording.say(response, self.language, id=asked_by).text,
            **answering(message["message_id"]),
        }
        if thread := message.get("message_thread_id"):
            params["message_thread_id"] = thread
        await post(session, f"update:{incoming.id}:reply", self.chat_id, "send_message", params)
