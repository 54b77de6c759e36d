"""The ways from a resident's message to the bot's reply that are measured; bare Rasa is here."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Protocol

import httpx
import yaml

from actions.rooms import KNOWLEDGE
from bot import model
from bot.activities import catalogue
from bot.activities.places import Gazetteer
from bot.bench.processes import answers, running
from bot.bench.talks import Step
from bot.bench.transport import Transport
from bot.residents.aliases import Aliases
from bot.residents.identity import meet
from bot.settings import ROOT, Settings, read_settings
from bot.store.engine import Store
from bot.supervisor import Child, free_port

TOKEN = "bench"  # noqa: S105 - of processes that end with the measurement
PATIENCE = 20.0


@dataclass(frozen=True)
class Reply:
    """What came of one step.

    Attributes:
        first: seconds until the driver of the benchmark had the bot's first message.
        last: seconds until it had the last one.
        texts: the messages.
        missed: the button was not there, and what it means was written instead.
        acted: Rasa called a custom action; only bare Rasa with our model tells.
        turn: where the sandbox's own times are found: the chat, and which update of it.
    """

    first: float
    last: float
    texts: tuple[str, ...]
    missed: bool = False
    acted: bool = False
    turn: tuple[int, int] | None = None


class Speaker(Protocol):
    """A resident whom the bot has not met before."""

    async def do(self, step: Step) -> Reply:
        """Types or taps, and waits for what the bot says."""


class Way(Protocol):
    """One way, up and running.

    Attributes:
        children: its processes.
        start: seconds until they were ready.
    """

    children: tuple[Child, ...]
    start: float

    async def newcomer(self, language: str) -> Speaker:
        """Somebody new, whose client speaks `language`."""


@dataclass
class BareSpeaker:
    """Talks to Rasa's REST channel. All replies are in one answer: the first is the last.

    Attributes:
        watched: actions that are looked for in the tracker after each turn, where there are any.
    """

    conversation_id: str
    http: httpx.AsyncClient
    watched: frozenset[str] = frozenset()

    async def do(self, step: Step) -> Reply:
        """One request."""
        body = {"sender": self.conversation_id, "message": step.for_rasa}
        start = perf_counter()
        response = await self.http.post("/webhooks/rest/webhook", json=body)
        took = perf_counter() - start
        response.raise_for_status()
        texts = tuple(m["text"] for m in response.json() if "text" in m)
        return Reply(took, took, texts, acted=bool(self.watched) and await self._acted())

    async def _acted(self) -> bool:
        """Whether one of the watched actions was run since the last message."""
        path = f"/conversations/{self.conversation_id}/tracker"
        response = await self.http.get(path, params={"token": TOKEN})
        response.raise_for_status()
        for event in reversed(response.json()["events"]):
            if event["event"] == "user":
                break
            if event["event"] == "action" and event["name"] in self.watched:
                return True
        return False


@dataclass
class BareRasa:
    """Rasa and our actions, without Telegram.

    Attributes:
        watched: actions that newcomers look for after each turn; it costs a request.
    """

    children: tuple[Child, ...]
    start: float
    store: Store
    http: httpx.AsyncClient
    aliases: Aliases
    watched: frozenset[str] = frozenset()
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
        return BareSpeaker(resident.conversation_id, self.http, self.watched)


@asynccontextmanager
async def bare_rasa(
    folder: Path, trained: Path, samples: Path, *, stock: bool = False, profile: Path | None = None
) -> AsyncIterator[BareRasa]:
    """Bare Rasa over its own REST channel.

    Args:
        folder: for its databases and logs.
        trained: its model.
        samples: the activities that are suggested.
        stock: Rasa as it comes, from an environment of its own and with its own tracker store,
            instead of as the demo runs it.
        profile: the folder where Rasa is to note what its time goes into.

    Raises:
        SetupError: it does not start.
    """
    settings = read_settings(var=folder, database_url="", profile=profile)
    store = await furnish(settings, samples)
    credentials = folder / "credentials.yml"
    credentials.write_text(yaml.safe_dump({"rest": None}), encoding="utf-8")
    rasa_port, actions_port = free_port(), free_port()
    url = f"http://127.0.0.1:{rasa_port}"
    environment = model.rasa_environment(settings, actions_port, TOKEN)
    module = model.PROFILED if profile else "rasa" if stock else model.SERVE
    endpoints = ROOT / "endpoints.yml"
    if stock:
        endpoints = folder / "endpoints.yml"
        named = {"action_endpoint": {"url": environment["SEURA_ACTIONS_URL"]}}
        endpoints.write_text(yaml.safe_dump(named), encoding="utf-8")
    rasa = Child(
        "rasa",
        [
            str(model.STOCK_PYTHON if stock else model.PYTHON),
            "-m", module,
            "run", "--enable-api", "--auth-token", TOKEN,
            "--interface", "127.0.0.1", "--port", str(rasa_port), "--model", str(trained),
            "--endpoints", str(endpoints), "--credentials", str(credentials),
        ],
        environment,
        folder / "log",
        lambda: answers(f"{url}/status?token={TOKEN}"),
    )  # fmt: skip
    actions = Child(
        "actions",
        [sys.executable, "-m", "bot.bench.actions"],
        apart(folder) | {"SEURA_ACTIONS_PORT": str(actions_port)},
        folder / "log",
        lambda: answers(f"http://127.0.0.1:{actions_port}/health"),
    )
    aliases = Aliases.load(KNOWLEDGE / "aliases.yml")
    try:
        async with (
            running(rasa, actions) as seconds,
            httpx.AsyncClient(base_url=url, timeout=PATIENCE, transport=Transport()) as http,
        ):
            yield BareRasa((rasa, actions), seconds, store, http, aliases)
    finally:
        await store.close()


async def furnish(settings: Settings, samples: Path) -> Store:
    """A fresh database with activities in it."""
    store = Store(settings.database)
    await store.migrate()
    gazetteer = Gazetteer.load(KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv")
    async with store.begin() as session:
        await catalogue.load_samples(session, samples, gazetteer)
    return store


def custom_actions() -> frozenset[str]:
    """The actions that Rasa has run over HTTP."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return frozenset(domain["actions"])


def apart(folder: Path) -> dict[str, str]:
    """Settings that keep a measured process away from everything but its own folder."""
    return os.environ | {"SEURA_VAR": str(folder), "SEURA_DATABASE_URL": ""}
