"""The app's Telegram side between a sandbox, where people act, and a Rasa that keeps a script."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from sqlalchemy import make_url, select
from starlette.applications import Starlette

from actions.rooms import KNOWLEDGE
from bot.app import App
from bot.dialogue.client import RasaClient, Requests
from bot.dialogue.wording import Phrases, Wording
from bot.handoff import service
from bot.handoff.summary import minimal
from bot.residents import identity
from bot.sandbox.state import Callback
from bot.settings import ROOT, Settings
from bot.store.tables import Handoff, Resident
from bot.telegram.inbox import Incoming, Lanes, Poller
from tests.sandbox.driver import ANNA, GROUP, TOKEN, Json, Sandbox

PATIENCE = 20  # seconds after which a test gives up waiting
IMAGE = "iVBORw0KGgo="
# Something has come in that is not handled, or was decided on and is not sent.
BUSY = """
    SELECT EXISTS (SELECT 1 FROM updates WHERE handled_at IS NULL)
        OR EXISTS (SELECT 1 FROM forgotten)
        OR EXISTS (SELECT 1 FROM outgoing WHERE state IN ('pending', 'sending'))
        OR EXISTS (
            SELECT 1 FROM handoffs WHERE state = 'requested' AND NOT EXISTS (
                SELECT 1 FROM outgoing WHERE key = 'handoff:' || handoffs.id || ':card'
            )
        )
        OR EXISTS (SELECT 1 FROM handoff_moves WHERE told_at IS NULL)
        OR EXISTS (SELECT 1 FROM handoff_messages WHERE state = 'pending')
        OR EXISTS (SELECT 1 FROM volunteers WHERE told_at IS NULL AND state <> 'declined')
"""


@cache
def wording() -> Wording:
    """What staff wrote."""
    return Wording.load(ROOT / "stories" / "wording")


@cache
def phrases() -> Phrases:
    """The small words that staff wrote."""
    return Phrases.load(KNOWLEDGE / "phrases.yml")


def words(response: str, language: str = "fi", /, **values: object) -> str:
    """The text of a response."""
    return wording().say(response, language, **values).text


def beginning(response: str, language: str = "fi") -> str:
    """The text of a response up to its first placeholder."""
    return words(response, language).partition("{")[0].strip()


def button(response: str, number: int = 0, language: str = "fi") -> str:
    """The words on a button of a response."""
    return wording().say(response, language).buttons[number].title


class Rasa(Requests):
    """Rasa's side of the HTTP channel: says what the script has for a message, or echoes it.

    Attributes:
        asked: the bodies of all requests, in order.
        script: by message, the body to answer with.
        held: by message, an event to wait for before answering.
        acts: by message, something to do before answering, as a custom action would.
        fault: raised or answered instead, while it is set.
    """

    def __init__(self) -> None:
        super().__init__("http://rasa", "token", 5)
        self.asked: list[Json] = []
        self.script: dict[str, Json] = {}
        self.held: dict[str, asyncio.Event] = {}
        self.acts: dict[str, Callable[[Json], Awaitable[object]]] = {}
        self.fault: Exception | tuple[int, bytes] | None = None

    @property
    def heard(self) -> list[str]:
        """The messages that it was asked about."""
        return [body["message"] for body in self.asked]

    def says(
        self,
        message: str,
        *sayings: str | Json,
        intent: str = "out_of_scope",
        leaf: str | None = None,
        confidence: float = 0.9,
    ) -> None:
        """Writes into the script what is said to a message."""
        found: Json = {"name": intent, "confidence": confidence}
        if leaf:
            found["leaf"] = leaf
        said = [{"text": one} if isinstance(one, str) else one for one in sayings]
        self.script[message] = {"messages": said, "intent": found}

    def says_response(self, message: str, response: str, **values: object) -> None:
        """Writes into the script that a response of the wording is said."""
        said = wording().say(response, "fi", **values)
        buttons = [{"title": b.title, "payload": b.payload} for b in said.buttons]
        self.says(message, {"text": said.text, "buttons": buttons, "custom": said.custom})

    def hold(self, message: str) -> asyncio.Event:
        """Lets a message wait until the event is set."""
        self.held[message] = asyncio.Event()
        return self.held[message]

    async def make(
        self, method: str, path: str, body: Json | None = None, **more: Any
    ) -> tuple[int, bytes]:
        """One turn."""
        assert body is not None
        self.asked.append(body)
        if held := self.held.get(body["message"]):
            await held.wait()
        if isinstance(self.fault, Exception):
            raise self.fault
        if self.fault:
            return self.fault
        if act := self.acts.get(body["message"]):
            await act(body)
        if body["message"] not in self.script:
            self.says(body["message"], f"Rasa: {body['message']}")
        return 200, json.dumps(self.script[body["message"]]).encode()

    def client(self) -> RasaClient:
        """The product's own client, which reaches this Rasa."""
        return RasaClient("http://rasa", "token", 5, self)


class Watch:
    """Looks into a database from beside the app, and takes no lock in it."""

    def __init__(self, database: str) -> None:
        self._url = make_url(database)
        self._postgres: asyncpg.Connection | None = None
        self._sqlite: sqlite3.Connection | None = None

    async def scalar(self, statement: str) -> Any:
        """The first value that a statement gives."""
        if self._url.get_backend_name() == "sqlite":
            self._sqlite = self._sqlite or sqlite3.connect(str(self._url.database))
            return self._sqlite.execute(statement).fetchone()[0]
        address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._postgres = self._postgres or await asyncpg.connect(address)
        return await self._postgres.fetchval(statement)

    async def close(self) -> None:
        """Gives the connection back."""
        if self._sqlite:
            self._sqlite.close()
        if self._postgres:
            await self._postgres.close()


class Seura:
    """The app's Telegram side, as `bot/app.py` wires it, running against a sandbox.

    Attributes:
        app: the app; a new one after `restart`.
        rasa: who answers in Rasa's place.
        people: what people do, and what they see.
    """

    def __init__(
        self, sandbox: Starlette, address: str, database: str, folder: Path, **more: Any
    ) -> None:
        client = httpx.AsyncClient(
            base_url=address, trust_env=False, verify=False, timeout=PATIENCE
        )
        self.people = Sandbox(sandbox, client)
        self.rasa = Rasa()
        self.settings = Settings(
            telegram_token=TOKEN,
            telegram_api=address,
            moderator_chat=GROUP,
            group_messages=10_000,
            **more,
            database_url=database,
            var=folder,
        )
        self._watch = Watch(database)
        self.app = self._app()
        self._work: list[asyncio.Task[None]] = []

    def _app(self) -> App:
        app = App(self.settings, "token")
        app.residents.rasa = self.rasa.client()
        return app

    async def open(self) -> "Seura":
        """Gets everything ready; nothing runs yet."""
        await self.app.store.migrate()
        await self.app.group.open()
        await self.app.residents.open()
        return self

    async def close(self) -> None:
        """Ends everything."""
        await self.stop()
        await self._close_app()
        await self._watch.close()
        await self.people.client.aclose()

    async def _close_app(self) -> None:
        async with AsyncExitStack() as stack:
            for closing in (
                self.app.store.close,
                self.app.rasa.close,
                self.app.residents.rasa.close,
                self.app.bot.close_connections,
            ):
                stack.push_async_callback(closing)

    def start(self) -> None:
        """Runs what `App.run` runs, without the endpoint of the actions and the timed work."""
        app = self.app
        self._sender = app.sender()
        self._lanes = Lanes(app.store, app._route, app.residents.give_up)
        self._work = [
            asyncio.create_task(work)
            for work in (
                self._sender.run(),
                self._lanes.run(),
                app.desk.run(),
                app.relay.run(),
                app.volunteering.run(),
                app.forgetter.run(),
                Poller(app.store, app.bot, self._lanes, app.alarms).run(),
            )
        ]

    async def stop(self) -> None:
        """Ends it as a crash would: what is under way is not finished."""
        if not self._work:
            return
        # Not in the middle of a transaction: a process that dies gives back its locks, but here
        # nothing dies, and a connection whose task is cancelled may keep its lock for a while.
        while self.app.store.engine.pool.checkedout():  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        tasks = [*self._work, *self._lanes._tasks.values(), *self._sender._tasks.values()]
        self._work = []
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    async def restart(self) -> None:
        """A new process over the same database."""
        await self.stop()
        await self._close_app()
        self.app = self._app()
        await self.open()
        self.start()

    # --- waiting ----------------------------------------------------------------------------

    async def until(self, ready: Callable[[], Awaitable[object]]) -> None:
        """Waits until `ready()`; a test that would wait for ever fails."""
        async with asyncio.timeout(PATIENCE):
            while not await ready():
                self._check()
                await asyncio.sleep(0.02)

    async def quiet(self) -> None:
        """Waits until everything that has come in is handled, and all that it led to is sent."""
        await self.until(self._is_quiet)

    async def _is_quiet(self) -> bool:
        if self.people.world.updates.pending:
            return False
        return not await self._watch.scalar(BUSY)

    def _check(self) -> None:
        for task in self._work:
            if task.done() and not task.cancelled():
                task.result()
                raise AssertionError("a piece of the app has ended")

    # --- what people do ---------------------------------------------------------------------

    async def writes(self, text: str, who: int = ANNA, **more: Any) -> list[str]:
        """A resident writes; gives what is said to them because of it."""
        written = await self.people.write(who, text, **more)
        await self.quiet()
        return await self.said(who, after=written["message_id"])

    async def taps(self, name: str, who: int = ANNA, message: Json | None = None) -> str | None:
        """A resident taps a button, on the newest message that has it; gives the toast."""
        return await self._tap(who, who, name, message or await self.with_button(name, who))

    async def claims(self, who: int, name: str = button("utter_topic_card")) -> str | None:
        """A moderator taps a button of the newest card; gives the toast."""
        return await self._tap(GROUP, who, name, await self.with_button(name, GROUP))

    async def _tap(self, chat: int, who: int, name: str, message: Json) -> str | None:
        tap = await self.people.act(
            f"chats/{chat}/taps?wait={PATIENCE}",
            user_id=who,
            message_id=message["message_id"],
            button=name,
        )
        assert tap["answered"], "the tap was not answered"
        await self.quiet()
        return tap["text"]

    async def forges(self, data: str, who: int = ANNA, chat: int | None = None) -> str | None:
        """Somebody's own client sends callback data that no button has; gives the toast."""
        world = self.people.world
        message = (await self.people.messages(chat or who))[-1]
        callback_id = world.new_callback(Callback(who, chat or who, message["message_id"]))
        world.updates.add(
            "callback_query",
            {
                "id": callback_id,
                "from": world.user(who),
                "message": message,
                "chat_instance": "1",
                "data": data,
            },
        )
        await self.quiet()
        response = await self.people.client.get(
            f"/sandbox/callbacks/{callback_id}", params={"wait": PATIENCE}
        )
        assert response.json()["answered"]
        return response.json()["text"]

    async def moderates(self, text: str, who: int, topic: int | None = None) -> list[str]:
        """A moderator writes into a topic; gives what the bot says in it because of that."""
        thread = topic or await self.topic()
        written = await self.people.write(who, text, GROUP, message_thread_id=thread)
        await self.quiet()
        return await self.in_topic(thread, after=written["message_id"])

    async def sends(self, kind: str, who: int = ANNA, chat: int | None = None, **more: Any) -> Json:
        """Somebody sends a file."""
        sent = await self.people.act(
            f"chats/{chat or who}/files", user_id=who, kind=kind, content=IMAGE, **more
        )
        await self.quiet()
        return sent

    async def has_a_human(self, who: int = ANNA, moderator: int = 9001) -> None:
        """A resident has asked for a human, and a moderator takes the talk."""
        await self.waits_for_a_human(who)
        await self.claims(moderator)

    async def waits_for_a_human(self, who: int = ANNA) -> None:
        """A resident has asked for a human: what Rasa's action does, and what it says."""
        world, app = self.people.world, self.app
        world.meet(who, {})
        world.private_chat(who)
        async with app.store.begin() as session:
            resident, _ = await identity.meet(session, who, "fi", app.residents.aliases)
            handoff = await service.request(session, resident, minimal(resident))
            said = wording().say("utter_handoff_requested", "fi")
            await app.residents.renderer.say(session, resident, [said], f"asked:{handoff.id}")
        await self.quiet()

    # --- what people see --------------------------------------------------------------------

    async def seen(self, chat: int = ANNA, after: int = 0) -> list[Json]:
        """The bot's messages in a chat."""
        known = self.people.world.chats.get(chat)
        found = known.messages.items() if known else ()
        return [one for number, one in found if number > after and one["from"]["is_bot"]]

    async def said(self, chat: int = ANNA, after: int = 0) -> list[str]:
        """The texts of the bot's messages in a chat."""
        return [message["text"] for message in await self.seen(chat, after) if "text" in message]

    async def topic(self) -> int:
        """The newest topic."""
        return int((await self.topics())[-1]["id"])

    async def topics(self) -> list[Json]:
        """The topics of the moderators' group."""
        world = self.people.world
        return world.topics_json(world.chats[GROUP])

    async def in_topic(self, topic: int | None = None, after: int = 0) -> list[str]:
        """The texts of the bot's messages in a topic, the newest one if none is named."""
        thread = topic or await self.topic()
        found = await self.seen(GROUP, after)
        return [m["text"] for m in found if m.get("message_thread_id") == thread and "text" in m]

    async def with_button(self, name: str, chat: int = ANNA) -> Json:
        """The newest message of the bot that has such a button."""
        for message in reversed(await self.seen(chat)):
            if any(one["text"] == name for one in buttons_of(message)):
                return message
        raise AssertionError(f"no message has a button {name}")

    def calls(self, method: str, chat: int | None = None) -> list[Json]:
        """The calls of a method that the bot has made."""
        return [
            call
            for call in self.people.app.state.calls
            if call["method"] == method and chat in (None, int(call["params"].get("chat_id", 0)))
        ]

    # --- what is in the database --------------------------------------------------------------

    async def resident(self, who: int = ANNA) -> Resident:
        """The resident, as they are now."""
        async with self.app.store.begin() as session:
            found = await identity.by_telegram_id(session, who)
        assert found is not None
        return found

    async def handoffs(self, who: int = ANNA) -> Sequence[Handoff]:
        """A resident's handoffs, the oldest first."""
        async with self.app.store.begin() as session:
            found = await session.scalars(
                select(Handoff)
                .join(Resident, Resident.id == Handoff.resident_id)
                .where(Resident.telegram_id == who)
                .order_by(Handoff.id)
            )
            return found.all()


def buttons_of(message: Json) -> list[Json]:
    """The inline buttons under a message."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return [one for row in rows for one in row]


def labels_of(message: Json) -> list[str]:
    """The words on the inline buttons under a message."""
    return [one["text"] for one in buttons_of(message)]


def incoming(number: int, body: Json, attempts: int = 1) -> Incoming:
    """An update, as the lanes hand it to a handler."""
    return Incoming(number, body, attempts)
