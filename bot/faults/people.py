"""Those who talk while all of it goes on: residents with the bot, residents with a human."""

import asyncio
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bot.faults.books import Books
from bot.faults.ledger import Kind, Ledger, Sent
from bot.sandbox import people
from bot.sandbox.state import World
from bot.sandbox.table import Json, Upload

CALLS_A_HUMAN = re.compile("ihmi|person|human", re.IGNORECASE)
CLAIM, END = "h:claim", "h:end"
PATIENCE = 600.0  # seconds after which somebody who gets no answer counts as stuck


@dataclass
class Town:
    """Everybody, and the ledger that is kept of what they send.

    Attributes:
        over: set when nobody is to begin anything new.
        books: the product's own.
        talk: what is said, from `talk.yml`.
        stuck: what somebody waited for in vain.
    """

    world: World
    group: int
    random: Random
    ledger: Ledger
    books: Books
    talk: dict[str, Any]
    over: asyncio.Event = field(default_factory=asyncio.Event)
    stuck: list[str] = field(default_factory=list)
    one_cry: asyncio.Lock = field(default_factory=asyncio.Lock)
    marks: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def writes(self, chat_id: int, kind: Kind, text: str, *, mark: bool = False) -> None:
        """A resident writes in their own chat; with `mark` the text gets a mark of its own."""
        who = people.enter(self.world, chat_id, chat_id, {}, force=False)
        given = f"m{next(self.marks)}m" if mark else ""
        people.write(self.world, who, f"{text} {given}".strip())
        self._note(kind, chat_id, given)

    def sends_a_picture(self, chat_id: int) -> None:
        """A resident sends a picture to their human."""
        who = people.enter(self.world, chat_id, chat_id, {}, force=False)
        mark = f"m{next(self.marks)}m"
        picture = Upload("photo.png", "image/png", b"\x89PNG\r\n\x1a\n")
        people.send_file(self.world, who, "photo", picture, mark, None, None)
        self._note("to a human", chat_id, mark)

    def moderates(self, moderator: int, topic: int, chat_id: int, text: str = "") -> None:
        """A moderator writes into a topic: words to the resident of `chat_id`, or a command."""
        who = people.enter(self.world, self.group, moderator, {}, force=False)
        mark = "" if text else f"m{next(self.marks)}m"
        people.write(self.world, who, text or f"{self.talk['to_a_resident']} {mark}", topic)
        self._note("a tap" if text else "to a resident", chat_id, mark)

    def taps(self, chat_id: int, whose: int, user: int, message: Json, data: str) -> None:
        """Somebody taps a button. `whose`: the resident whom it is about."""
        who = people.enter(self.world, chat_id, user, {}, force=False)
        people.tap(self.world, who, message["message_id"], data)
        self._note("a tap", whose, "")

    def _note(self, kind: Kind, chat_id: int, mark: str) -> None:
        update_id = self.world.updates.pending[-1]["update_id"]
        self.ledger.sent.append(Sent(kind, update_id, chat_id, mark))

    def is_handled(self, chat_id: int) -> bool:
        """Whether all that belongs to a talk so far has been handled."""
        mine = {one.update_id for one in self.ledger.sent if one.chat_id == chat_id}
        return mine <= self.books.handled()

    def said(self, chat_id: int, topic: int | None = None, after: int = 0) -> list[Json]:
        """What the bot has said in a chat, or in a topic of the group."""
        chat = self.world.chats.get(chat_id)
        return [
            one
            for number, one in (chat.messages.items() if chat else ())
            if number > after
            and one["from"]["is_bot"]
            and (topic is None or one.get("message_thread_id") == topic)
        ]

    async def until(self, ready: Callable[[], object], what: str) -> bool:
        """Waits for something; whoever waits in vain is noted as stuck."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not ready():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            self.stuck.append(what)
            return False
        return True

    async def pause(self, longest: float) -> None:
        """A moment of a random length."""
        await asyncio.sleep(self.random.uniform(0, longest))


async def talk(town: Town, chat_id: int) -> None:
    """A resident who talks with the bot: one thing after another, now and then several at once."""
    while not town.over.is_set():
        for _ in range(town.random.choice((1, 1, 1, 2, 3))):
            town.writes(chat_id, "to the bot", town.random.choice(town.talk["small_talk"]))
        if town.random.random() < 0.3:
            _tap_something(town, chat_id)
        await asyncio.sleep(3)  # more would be a flood, which gets one answer for all
        await town.pause(6)


def _tap_something(town: Town, chat_id: int) -> None:
    there = [
        (one, button["callback_data"])
        for one in town.said(chat_id)[-3:]
        for button in _buttons(one)
        if not CALLS_A_HUMAN.search(button["text"])  # then the bot would rightly fall silent
    ]
    if there:
        message, data = town.random.choice(there)
        town.taps(chat_id, chat_id, chat_id, message, data)


async def seek(town: Town, chat_id: int, moderator: int) -> None:
    """A resident in danger and the moderator who comes: cry, claim, talk, end, over and over."""
    while not town.over.is_set():
        async with town.one_cry:  # so that it is known whose card it is
            card = await _cry(town, chat_id)
        if card is None:
            return
        town.taps(town.group, chat_id, moderator, card, _data_of(card, CLAIM))
        if not await town.until(lambda one=card: _shows(town, one, END), "a claim"):  # type: ignore[misc]
            return
        await _converse(town, chat_id, moderator, card["message_thread_id"])
        # A word that is still on its way when the talk ends would be for the bot.
        if not await town.until(lambda: town.is_handled(chat_id), "words on their way"):
            return
        town.moderates(moderator, card["message_thread_id"], chat_id, "/end")
        if not await town.until(lambda one=card: not _shows(town, one, END), "an ending"):  # type: ignore[misc]
            return
        await town.pause(3)


async def _cry(town: Town, chat_id: int) -> Json | None:
    """Says that they are in danger, and waits for the card that may be claimed."""
    before = max(town.world.chats[town.group].messages, default=0)
    town.writes(chat_id, "to the bot", town.talk["danger"])

    def cards() -> list[Json]:
        return [one for one in town.said(town.group, after=before) if _data_of(one, CLAIM)]

    if not await town.until(cards, "a card in the group"):
        return None
    card = cards()[0]
    town.ledger.topics[chat_id].add(card["message_thread_id"])
    return card


async def _converse(town: Town, chat_id: int, moderator: int, topic: int) -> None:
    for _ in range(town.random.randint(2, 6)):
        for _ in range(town.random.choice((1, 1, 3))):
            if town.random.random() < 0.15:
                town.sends_a_picture(chat_id)
            else:
                town.writes(chat_id, "to a human", town.talk["to_a_human"], mark=True)
        for _ in range(town.random.choice((1, 1, 3))):
            town.moderates(moderator, topic, chat_id)
        await town.pause(4)


def _shows(town: Town, card: Json, data: str) -> bool:
    """Whether the card has such a button now."""
    return bool(_data_of(town.world.chats[town.group].messages[card["message_id"]], data))


def _data_of(message: Json, beginning: str) -> str:
    """The data of the first button that begins so; empty where there is none."""
    found = (button["callback_data"] for button in _buttons(message))
    return next((data for data in found if data.startswith(beginning)), "")


def _buttons(message: Json) -> list[Json]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", ())
    return [button for row in rows for button in row if "callback_data" in button]
