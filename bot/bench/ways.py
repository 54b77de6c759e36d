"""The ways from a resident's message to the bot's reply that are measured."""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import httpx
import yaml

from actions.rooms import KNOWLEDGE
from bot import model
from bot.activities import catalogue
from bot.activities.places import Gazetteer
from bot.bench import BenchFailed
from bot.bench.processes import answers, running
from bot.bench.talks import Step
from bot.residents.aliases import Aliases
from bot.residents.identity import meet
from bot.settings import Settings, read_settings
from bot.store.engine import Store
from bot.supervisor import Child, free_port

TOKEN = "bench"  # noqa: S105 - of processes that end with the measurement
PATIENCE = 20.0
# In the warm-up a turn of the full way counts as over when nothing came for this long.
QUIET = 1.0


@dataclass(frozen=True)
class Reply:
    """What came of one step.

    Attributes:
        first: seconds until the first message of the bot was there.
        last: seconds until its last one was there.
        texts: the messages.
        missed: the button was not there, and what it means was written instead.
    """

    first: float
    last: float
    texts: tuple[str, ...]
    missed: bool = False


class Speaker(Protocol):
    """A resident whom the bot has not met before."""

    async def do(self, step: Step) -> Reply:
        """Types or taps, and waits for what the bot says."""


class Way(Protocol):
    """One way, up and running."""

    children: tuple[Child, ...]

    async def newcomer(self, language: str) -> Speaker:
        """Somebody new, whose client speaks `language`."""


# --- bare Rasa ------------------------------------------------------------------------------------


@dataclass
class BareSpeaker:
    """Talks to Rasa's REST channel. All replies are in one answer: the first is the last."""

    conversation_id: str
    http: httpx.AsyncClient

    async def do(self, step: Step) -> Reply:
        """One request."""
        body = {"sender": self.conversation_id, "message": step.for_rasa}
        start = perf_counter()
        response = await self.http.post("/webhooks/rest/webhook", json=body)
        took = perf_counter() - start
        response.raise_for_status()
        return Reply(took, took, tuple(m["text"] for m in response.json() if "text" in m))


@dataclass
class BareRasa:
    """Rasa and our actions, without Telegram."""

    children: tuple[Child, ...]
    store: Store
    http: httpx.AsyncClient
    aliases: Aliases
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    async def newcomer(self, language: str) -> BareSpeaker:
        """Makes the resident, so that the actions do their work in the database.

        Rasa is told the language before the talk, as the app would tell it.
        """
        async with self.store.begin() as session:
            resident, _ = await meet(session, next(self.ids), language, self.aliases)
        beginning = [
            {"event": "action", "name": "action_session_start"},
            {"event": "session_started"},
            {"event": "slot", "name": "language", "value": language},
            {"event": "action", "name": "action_listen"},
        ]
        path = f"/conversations/{resident.conversation_id}/tracker/events"
        response = await self.http.post(path, params={"token": TOKEN}, json=beginning)
        response.raise_for_status()
        return BareSpeaker(resident.conversation_id, self.http)


@asynccontextmanager
async def bare_rasa(
    folder: Path, module: str, trained: Path, samples: Path
) -> AsyncIterator[BareRasa]:
    """Bare Rasa over its own REST channel.

    Args:
        folder: for its databases and logs.
        module: `nlu.serve` as the demo runs it, or `rasa` as it comes.
        trained: its model.
        samples: the activities that are suggested.

    Raises:
        SetupError: it does not start.
    """
    settings = read_settings(var=folder, database_url="")
    store = Store(settings.database)
    await store.migrate()
    gazetteer = Gazetteer.load(KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv")
    async with store.begin() as session:
        await catalogue.load_samples(session, samples, gazetteer)
    credentials = folder / "credentials.yml"
    credentials.write_text(yaml.safe_dump({"rest": None}), encoding="utf-8")
    rasa_port, actions_port = free_port(), free_port()
    url = f"http://127.0.0.1:{rasa_port}"
    python = model.STOCK_PYTHON if module == "rasa" else model.PYTHON
    rasa = Child(
        "rasa",
        [
            str(python), "-m", module, "run", "--enable-api", "--auth-token", TOKEN,
            "--interface", "127.0.0.1", "--port", str(rasa_port), "--model", str(trained),
            "--endpoints", "endpoints.yml", "--credentials", str(credentials),
        ],
        model.rasa_environment(settings, actions_port, TOKEN),
        folder / "log",
        lambda: answers(f"{url}/status?token={TOKEN}"),
    )  # fmt: skip
    actions = Child(
        "actions",
        [sys.executable, "-m", "bot.bench.actions"],
        _environment(folder) | {"SEURA_ACTIONS_PORT": str(actions_port)},
        folder / "log",
        lambda: answers(f"http://127.0.0.1:{actions_port}/health"),
    )
    aliases = Aliases.load(KNOWLEDGE / "aliases.yml")
    try:
        async with (
            running(rasa, actions),
            httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http,
        ):
            yield BareRasa((rasa, actions), store, http, aliases)
    finally:
        await store.close()


# --- the full way ---------------------------------------------------------------------------------


@dataclass
class SandboxSpeaker:
    """Writes and taps in the sandbox, and sees there what the bot sends."""

    user_id: int
    language: str
    way: "FullWay"
    seen: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)

    async def do(self, step: Step) -> Reply:
        """Acts, and waits for as many messages as this step had in the warm-up."""
        tap = self._button(step) if step.tapped else None
        if await self._fresh(0):
            raise BenchFailed(f"More was said than in the warm-up, before {step}.")
        start = perf_counter()
        if tap:
            await self._act("taps", tap)
        else:
            sent = await self._act("messages", {"text": step.for_rasa})
            self.seen = sent["message_id"]
        wanted = self.way.learnt.get(step)
        times: list[float] = []
        texts: list[str] = []
        while wanted is None or len(texts) < wanted:
            fresh = await self._fresh(QUIET if texts and wanted is None else PATIENCE)
            if not fresh:
                break
            times += [perf_counter() - start] * len(fresh)
            texts += [message.get("text", "") for message in fresh]
        if not texts or len(texts) < (wanted or 0):
            raise BenchFailed(f"{len(texts)} of {wanted or 'the'} messages came after {step}.")
        self.way.learnt.setdefault(step, len(texts))
        return Reply(times[0], times[-1], tuple(texts), missed=step.tapped and not tap)

    async def _act(self, kind: str, act: dict[str, Any]) -> dict[str, Any]:
        who = {"user_id": self.user_id, "language_code": self.language}
        response = await self.way.http.post(f"{self._chat}/{kind}", json=who | act)
        response.raise_for_status()
        done: dict[str, Any] = response.json()
        return done

    async def _fresh(self, wait: float) -> list[dict[str, Any]]:
        """What the bot sent since the last look; waits for it as long as it may."""
        response = await self.way.http.get(
            f"{self._chat}/messages", params={"after": self.seen, "wait": wait}
        )
        response.raise_for_status()
        fresh: list[dict[str, Any]] = response.json()["messages"]
        if fresh:
            self.seen = fresh[-1]["message_id"]
        self.messages += fresh
        return [message for message in fresh if message["from"]["is_bot"]]

    @property
    def _chat(self) -> str:
        return f"/sandbox/chats/{self.user_id}"

    def _button(self, step: Step) -> dict[str, Any] | None:
        """The newest button that means what the step says."""
        for message in reversed(self.messages):
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in (button for row in rows for button in row):
                data = button.get("callback_data", "")
                if self.way.meaning(data) == step.words:
                    return {"message_id": message["message_id"], "button": data}
        return None


@dataclass
class FullWay:
    """The demo as it runs: sandbox, app and Rasa.

    Attributes:
        learnt: how many messages of the bot belong to a step, as the warm-up found.
    """

    children: tuple[Child, ...]
    http: httpx.AsyncClient
    database: Path
    learnt: dict[Step, int] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(500_001))

    async def newcomer(self, language: str) -> SandboxSpeaker:
        """A Telegram account that the bot has not heard of."""
        return SandboxSpeaker(next(self.ids), language, self)

    def meaning(self, callback_data: str) -> str | None:
        """The payload behind a button, which Telegram never sees: read from the database."""
        _, token, number = [*callback_data.split(":"), "", ""][:3]
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            query = "SELECT options FROM keyboards WHERE token = ?"
            row = connection.execute(query, (token,)).fetchone()
        finally:
            connection.close()
        return str(json.loads(row[0])[int(number)]["payload"]) if row else None


@asynccontextmanager
async def full_way(folder: Path, settings: Settings) -> AsyncIterator[FullWay]:
    """`./seura demo` with the models of `settings` and a database of its own in `folder`.

    Raises:
        SetupError: it does not start.
    """
    _share_models(settings.var / "models", folder)
    port = free_port()
    command = [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(port)]

    async def ready() -> bool:
        log = await asyncio.to_thread(demo.log_file.read_text, encoding="utf-8")
        return "ready" in log.splitlines()

    demo = Child("demo", command, _environment(folder), folder / "log", ready)
    url = f"http://127.0.0.1:{port}"
    limits = httpx.Limits(max_connections=None)
    async with (
        running(demo),
        httpx.AsyncClient(base_url=url, timeout=PATIENCE + 10, limits=limits) as http,
    ):
        yield FullWay((demo,), http, folder / "demo" / "seura.db")


def _share_models(models: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models").symlink_to(models.resolve())


def _environment(folder: Path) -> dict[str, str]:
    """Settings that keep a measured process away from everything but its own folder."""
    return os.environ | {"SEURA_VAR": str(folder), "SEURA_DATABASE_URL": ""}
