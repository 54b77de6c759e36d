"""Trying a draft out: a Rasa of its own with the draft's model, the actions over an empty database.

Nothing of it touches the live bot or residents. It tells its state on a file beside the draft, and
ends by itself.
"""

import asyncio
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import uvicorn

from actions.rooms import Rooms
from bot import model
from bot.activities import catalogue
from bot.app import actions_app
from bot.errors import SetupError
from bot.residents import identity
from bot.residents.aliases import Aliases
from bot.serving import serve
from bot.settings import ROOT, Settings, read_settings
from bot.store.tables import Resident
from bot.stories.trying import STATE
from bot.supervisor import Child, free_port

SAMPLES = ROOT / "bot" / "knowledge" / "sample_activities.yml"
# A try-out that somebody forgot ends after this many seconds.
LIFE = 1800.0
START_SECONDS = 120.0


class TryOut:
    """One of a draft.

    Args:
        settings: the running project's; for its models.
        folder: the draft's.
        show: is told what is being done.
    """

    def __init__(self, settings: Settings, folder: Path, show: Callable[[str], None]) -> None:
        self.folder = folder
        self.show = show
        self.var = Path(tempfile.mkdtemp(prefix="seura-try-"))
        self.settings = read_settings(
            var=self.var, content=folder, models_folder=settings.models, database_url=""
        )
        self.conversation = ""

    async def run(self) -> None:
        """Trains, serves, and ends when it is cancelled or its time is over."""
        try:
            self._tell("training")
            trained = await asyncio.to_thread(self._train)
            self._tell("starting")
            await self._serve(trained)
        except SetupError as error:
            self._tell("failed", message=str(error))
            raise
        else:
            self._tell("ended")
        finally:
            shutil.rmtree(self.var, ignore_errors=True)

    def _train(self) -> Path:
        return model.train(self.settings, self.show, self.folder).absolute()

    async def _serve(self, trained: Path) -> None:
        token, rasa_port, actions_port = secrets.token_hex(24), free_port(), free_port()
        rooms = Rooms.open(self.settings)
        await rooms.store.migrate()
        async with rooms.store.begin() as session:
            await catalogue.load_samples(session, SAMPLES, rooms.gazetteer)
            self.conversation = (await self._somebody(session)).conversation_id
        server = uvicorn.Server(
            uvicorn.Config(
                actions_app(rooms, token),
                host="127.0.0.1",
                port=actions_port,
                ws="none",
                log_level="warning",
                access_log=False,
                lifespan="off",
            )
        )
        rasa = Child(
            "rasa",
            model.rasa_command(
                "run", "--enable-api", "--auth-token", token, "--interface", "127.0.0.1",
                "--port", str(rasa_port), "--model", str(trained),
                "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
            ),
            model.rasa_environment(self.settings, actions_port, token),
            self.var / "log",
            lambda: _answers(rasa_port, token),
            self.folder,
        )  # fmt: skip
        serving = asyncio.create_task(serve(server))
        try:
            await rasa.start()
            async with asyncio.timeout(START_SECONDS):
                while not await rasa.healthy():  # noqa: ASYNC110 - it is another process
                    await asyncio.sleep(0.2)
            self._tell(
                "ready", port=rasa_port, token=token, conversation=self.conversation,
                model=trained.name,
            )  # fmt: skip
            await self._wait()
        except TimeoutError as error:
            raise SetupError(f"Rasa did not start.\n{rasa.last_lines()}") from error
        finally:
            await rasa.stop()
            server.should_exit = True
            await serving
            await rooms.store.close()

    async def _wait(self) -> None:
        """Waits until the time is over, or whoever began this is gone."""
        parent, end = os.getppid(), time.monotonic() + LIFE
        while time.monotonic() < end and os.getppid() == parent:  # noqa: ASYNC110 - a process
            await asyncio.sleep(1)

    async def _somebody(self, session: object) -> Resident:
        aliases = Aliases.load(self.settings.knowledge / "aliases.yml")
        resident, _ = await identity.meet(session, 1, "fi", aliases)  # type: ignore[arg-type]
        return resident

    def _tell(self, stage: str, **more: object) -> None:
        self.show(stage)
        file = self.folder / STATE
        told = json.dumps({"stage": stage, "process": os.getpid(), **more})
        unfinished = file.with_name(f"{STATE}-{os.getpid()}")
        unfinished.touch(mode=0o600)
        unfinished.write_text(told, encoding="utf-8")
        unfinished.replace(file)


async def _answers(port: int, token: str) -> bool:
    async with httpx.AsyncClient(timeout=5) as client:
        try:
            url = f"http://127.0.0.1:{port}/status?token={token}"
            return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False
