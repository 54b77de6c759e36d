"""The full way: a Telegram update in the sandbox, `./seura run`, and what the bot sends back."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx

from bot.bench import BenchFailed, sandbox, timing
from bot.bench.processes import answers, running
from bot.bench.talks import Step
from bot.bench.transport import Transport
from bot.bench.ways import PATIENCE, Reply, apart, furnish
from bot.settings import Settings, read_settings, settings_of_the_sandbox
from bot.supervisor import Child, free_port

type Json = dict[str, Any]

# A turn of which is not known how many messages it has is over when none came for this long.
QUIET = 0.6


@dataclass
class SandboxSpeaker:
    """Writes and taps in the sandbox, and hears there what the bot sends.

    Attributes:
        messages: the chat by message id, as it is now.
        inbox: what the bot has sent since, each with when the driver heard of it.
        acts: how often they wrote or tapped.
    """

    user_id: int
    language: str
    way: "FullWay"
    messages: dict[int, Json] = field(default_factory=dict)
    inbox: asyncio.Queue[tuple[float, Json]] = field(default_factory=asyncio.Queue)
    acts: int = 0

    async def do(self, step: Step) -> Reply:
        """Acts, and waits for as many messages as this step had in the warm-up."""
        if not self.inbox.empty():
            raise BenchFailed(f"More was said than in the warm-up, before {step}.")
        start = perf_counter()
        missed = await self.act(step)
        wanted = self.way.learnt.get(step)
        heard: list[tuple[float, Json]] = []
        while wanted is None or len(heard) < wanted:
            wait = QUIET if heard and wanted is None else PATIENCE
            try:
                heard.append(await asyncio.wait_for(self.inbox.get(), wait))
            except TimeoutError:
                break
        if not heard or len(heard) < (wanted or 0):
            raise BenchFailed(f"{len(heard)} of {wanted or 'the'} messages came after {step}.")
        texts = tuple(message.get("text", "") for _, message in heard)
        self.way.learn(step, texts)
        first, last = (at - start for at in (heard[0][0], heard[-1][0]))
        return Reply(first, last, texts, missed, turn=(self.user_id, self.acts - 1))

    async def act(self, step: Step) -> bool:
        """Writes or taps and waits for nothing; says whether the button was not there."""
        tap = self._button(step) if step.tapped else None
        self.acts += 1
        who = {"user_id": self.user_id, "language_code": self.language}
        kind, what = ("taps", tap) if tap else ("messages", {"text": step.for_rasa})
        path = f"/sandbox/chats/{self.user_id}/{kind}"
        response = await self.way.http.post(path, json=who | what)
        response.raise_for_status()
        return step.tapped and not tap

    def hear(self, message: Json) -> None:
        """Takes note of a message, new or changed."""
        is_new = message["message_id"] not in self.messages
        self.messages[message["message_id"]] = message
        if is_new and message["from"]["is_bot"]:
            self.inbox.put_nowait((perf_counter(), message))

    def _button(self, step: Step) -> Json | None:
        """The newest button that means what the step says."""
        for message in reversed(self.messages.values()):
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in (button for row in rows for button in row):
                data = button.get("callback_data", "")
                if self.way.meaning(data) == step.words:
                    return {"message_id": message["message_id"], "button": data}
        return None


@dataclass
class FullWay:
    """Seura as it runs, with the sandbox in Telegram's place.

    Attributes:
        children: the sandbox and the supervisor of the others.
        start: seconds from `./seura run` to `ready`.
        learnt: how many messages of the bot belong to a step, as the warm-up found.
        texts: what they said.
        told: the sandbox's own account, as far as it was asked for.
    """

    children: tuple[Child, ...]
    start: float
    http: httpx.AsyncClient
    database: sqlite3.Connection
    learnt: dict[Step, int] = field(default_factory=dict)
    texts: dict[Step, tuple[str, ...]] = field(default_factory=dict)
    speakers: dict[int, SandboxSpeaker] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(500_001))
    keyboards: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, list[Json]] = field(default_factory=lambda: {"updates": [], "calls": []})

    async def newcomer(self, language: str) -> SandboxSpeaker:
        """A Telegram account that the bot has not heard of."""
        speaker = SandboxSpeaker(next(self.ids), language, self)
        self.speakers[speaker.user_id] = speaker
        return speaker

    def learn(self, step: Step, texts: tuple[str, ...]) -> None:
        """Remembers what belongs to a step, unless that is known."""
        self.learnt.setdefault(step, len(texts))
        self.texts.setdefault(step, texts)

    async def listen(self) -> None:
        """Hands what happens in the sandbox to whom it concerns, until cancelled."""
        async with self.http.stream("GET", "/sandbox/events") as stream:
            async for line in stream.aiter_lines():
                event = json.loads(line[6:]) if line.startswith("data: ") else {}
                speaker = self.speakers.get(event.get("chat_id", 0))
                if speaker and event["kind"] == "message":
                    speaker.hear(event["message"])

    async def turns(self) -> dict[int, list[timing.Turn]]:
        """Everybody's turns so far, by the sandbox's clock."""
        for what, known in self.told.items():
            response = await self.http.get(f"/sandbox/{what}", params={"after": len(known)})
            known += response.raise_for_status().json()[what]
        return timing.by_resident(self.told["updates"], self.told["calls"])

    def meaning(self, callback_data: str) -> str | None:
        """The payload behind a button, which Telegram never sees: read from the database."""
        _, token, number = [*callback_data.split(":"), "", ""][:3]
        if token not in self.keyboards:
            query = "SELECT options FROM keyboards WHERE token = ?"
            row = self.database.execute(query, (token,)).fetchone()
            self.keyboards[token] = [one["payload"] for one in json.loads(row[0])] if row else []
        known = self.keyboards[token]
        return known[int(number)] if known else None


@asynccontextmanager
async def full_way(folder: Path, settings: Settings, samples: Path) -> AsyncIterator[FullWay]:
    """`./seura run` against the sandbox, with the models of `settings` and fresh data.

    Args:
        folder: for its data and logs.
        settings: where the models are, and where to note what a turn's time goes into.
        samples: the activities that are suggested.

    Raises:
        SetupError: it does not start.
    """
    own = read_settings(var=folder, database_url="")
    await (await furnish(own, samples)).close()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = apart(folder) | {
        "SEURA_TELEGRAM_TOKEN": sandbox.TOKEN,
        "SEURA_TELEGRAM_API": url,
        "SEURA_MODERATOR_CHAT": str(sandbox.GROUP),
        "SEURA_PORT": str(free_port()),
        **{f"SEURA_{k.upper()}": str(v) for k, v in settings_of_the_sandbox().items()},
        "SEURA_MODELS": str(settings.model_folder.absolute()),
    }
    if settings.profile:
        environment["SEURA_PROFILE"] = str(settings.profile.absolute())
    telegram = Child(
        "sandbox",
        [sys.executable, "-m", "bot.bench.sandbox", str(port)],
        environment,
        folder / "log",
        lambda: answers(url),
    )
    log = folder / "log" / "run.log"

    async def is_ready() -> bool:
        return "ready" in (await asyncio.to_thread(log.read_text, encoding="utf-8")).splitlines()

    run = Child("run", [sys.executable, "-m", "bot", "run"], environment, log.parent, is_ready)
    async with (
        running(telegram),
        running(run) as seconds,
        httpx.AsyncClient(base_url=url, timeout=PATIENCE + 10, transport=Transport()) as http,
    ):
        # Read only: the app writes there meanwhile.
        database = sqlite3.connect(f"file:{folder / 'seura.db'}?mode=ro", uri=True, timeout=10)
        way = FullWay((telegram, run), seconds, http, database)
        listening = asyncio.create_task(way.listen())
        try:
            yield way
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            database.close()
