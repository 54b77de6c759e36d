"""A run of the fault test: a town that talks, troubles, quiet, and the ledger."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic

from bot import processes
from bot.errors import SetupError
from bot.faults import people
from bot.faults.books import Books
from bot.faults.ledger import Ledger, Seen
from bot.faults.troubles import Troubles
from bot.reading import read_mapping
from bot.sandbox.server import SandboxServer, create_app
from bot.sandbox.state import MODERATOR_CHAT, MODERATORS, World
from bot.serving import serve
from bot.settings import Settings, read_settings
from bot.supervisor import Child, Supervisor, free_port

TOKEN = "9000:faults"  # noqa: S105 - of a sandbox that ends with the run
TALKERS, SEEKERS = 6, 4
TALK = Path(__file__).with_name("talk.yml")
FIRST_RESIDENT = 7_000_000_001
QUIET_SECONDS = 600.0

Show = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes:
        ledger: what was sent and what came of it.
        troubles: how often what went wrong.
        stuck: what somebody waited for in vain.
        undone: how much was neither handled nor sent when all was quiet again.
        whole: whether the database has stayed whole.
        seconds: how long it took.
    """

    ledger: Ledger
    troubles: Counter[str]
    stuck: list[str]
    undone: int
    whole: bool
    seconds: float

    @property
    def faults(self) -> list[str]:
        """What is not as it should be; none when the run was clean."""
        found = self.ledger.faults()
        found += [f"waited in vain for {what}" for what in self.stuck]
        if self.undone:
            found.append(f"{self.undone} neither handled nor sent in the end")
        if not self.whole:
            found.append("the database is damaged")
        return found


async def run(settings: Settings, trained: Path, kills: int, seed: int, show: Show) -> Outcome:
    """Runs it all in a folder of its own.

    Args:
        settings: whose `var` the folder is made in.
        trained: Rasa's model.
        kills: how many processes are killed.
        seed: the same one makes the same choices; their moments are the machine's.
        show: is told how far it is.

    Raises:
        SetupError: Seura does not start.
    """
    began = monotonic()
    folder = settings.var / "faults"
    shutil.rmtree(folder, ignore_errors=True)
    sandbox = create_app(TOKEN)
    world, random = sandbox.state.world, Random(seed)  # noqa: S311 - to be repeated, not secret
    async with _served(SandboxServer(sandbox, world, 0)) as address:
        own = read_settings(
            telegram_token=TOKEN,
            telegram_api=address,
            moderator_chat=MODERATOR_CHAT,
            database_url="",
            var=folder,
        )
        show("Starting Rasa and the app", 0, None)
        children = processes.of(own, trained, free_port())
        async with _kept_alive(children):
            books = Books(folder / "seura.db", own.key_file)
            ledger = Ledger(MODERATOR_CHAT)
            town = people.Town(world, MODERATOR_CHAT, random, ledger, books, read_mapping(TALK))
            troubles = Troubles(children, sandbox.state.faults, random, kills, show)
            async with asyncio.TaskGroup() as group:
                _settle_in(town, group)
                await troubles.run()
                town.over.set()
                show("Waiting for the last answers", 0, None)
            await _quiet(world, books, children)
            _look(ledger, world, books)
            undone = books.undone() + len(world.updates.pending)
    return Outcome(ledger, troubles.done, town.stuck, undone, books.is_whole(), monotonic() - began)


def _settle_in(town: people.Town, group: asyncio.TaskGroup) -> None:
    ids = range(FIRST_RESIDENT, FIRST_RESIDENT + TALKERS + SEEKERS)
    for number, chat_id in enumerate(ids):
        if number < TALKERS:
            group.create_task(people.talk(town, chat_id))
        else:
            moderator = list(MODERATORS)[number % len(MODERATORS)]
            group.create_task(people.seek(town, chat_id, moderator))


@asynccontextmanager
async def _served(server: SandboxServer) -> AsyncIterator[str]:
    serving = asyncio.create_task(serve(server))
    try:
        await server.listening.wait()
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def _kept_alive(children: tuple[Child, ...]) -> AsyncIterator[None]:
    up = asyncio.Event()
    keeping = asyncio.create_task(Supervisor(*children).run(up.set))
    starting = asyncio.create_task(up.wait())
    try:
        await asyncio.wait({keeping, starting}, return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            await keeping  # raises why
            raise SetupError("The processes have ended.")
        yield
    finally:
        starting.cancel()
        keeping.cancel()
        await asyncio.gather(keeping, starting, return_exceptions=True)


async def _quiet(world: World, books: Books, children: tuple[Child, ...]) -> None:
    """Waits until nothing is left to do, for as long as that is to be expected at most."""
    try:
        async with asyncio.timeout(QUIET_SECONDS):
            for child in children:
                while not await child.healthy():
                    await asyncio.sleep(0.2)
            while world.updates.pending or books.undone():
                await asyncio.sleep(0.2)
    except TimeoutError:
        return  # what is left is in the outcome


def _look(ledger: Ledger, world: World, books: Books) -> None:
    """Writes into the ledger what can be seen now."""
    ledger.seen = [
        Seen(
            chat.id,
            message.get("message_thread_id"),
            message["message_id"],
            str(message.get("text") or message.get("caption")),
        )
        for chat in world.chats.values()
        for message in chat.messages.values()
        if message["from"]["is_bot"] and (message.get("text") or message.get("caption"))
    ]
    ledger.queued = books.queued()
    ledger.handled = books.handled()
