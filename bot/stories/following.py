"""The running bot follows what is published: it takes a version over without losing a talk."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from bot.errors import DialogueUnavailable, KnowledgeError, SetupError
from bot.model import point_to
from bot.settings import Settings
from bot.stories.live import Board
from bot.stories.tally import Tally

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.3


class Rasa(Protocol):
    """What is needed of Rasa's client."""

    async def use_model(self, path: str) -> None:
        """Has Rasa load a model.

        Raises:
            DialogueUnavailable: it could not, and has kept the one before.
        """


class Follower:
    """Takes over what is wanted.

    Args:
        settings: where the files and the board are.
        rasa: whose model is swapped.
        tally: is told which version is served.
        read: reads what the app holds of the files, which takes a while, and gives what makes it
            the live one, which takes no time.
    """

    def __init__(
        self, settings: Settings, rasa: Rasa, tally: Tally, read: Callable[[], Callable[[], None]]
    ) -> None:
        self.settings = settings
        self.board = Board(settings.studio)
        self.rasa = rasa
        self.tally = tally
        self.read = read

    async def run(self) -> None:
        """Follows until cancelled."""
        with self.board.held("bot") as is_alone:
            if not is_alone:
                log.warning("another bot follows what is published here")
                return
            # What is there at the start was read at the start.
            seen = self.board.wanted()
            self.board.serve(seen.get("version", ""))
            self.tally.begin(seen.get("version", ""))
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                wanted = self.board.wanted()
                if wanted != seen:
                    seen = wanted
                    await self.take_over(wanted["version"], Path(wanted["model"]))
                self.tally.keep()

    async def take_over(self, version: str, model: Path) -> None:
        """Swaps model and words, or neither."""
        try:
            make_live = await asyncio.to_thread(self.read)
            await self.rasa.use_model(str(model))
        except (KnowledgeError, SetupError, DialogueUnavailable) as error:
            log.error("a version could not be taken over", version=version, reason=str(error))  # noqa: TRY400
            self.board.serve(version, str(error) or type(error).__name__)
            return
        make_live()
        point_to(self.settings.live_model, model)
        self.tally.begin(version)
        self.board.serve(version)
        log.info("a version was taken over", version=version)
