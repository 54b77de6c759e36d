"""The studio: what the console lets staff do with drafts, and the processes that work for it.

Checking, publishing and trying out happen in processes of their own with a lower place in the
queue for the processor: the bot goes on answering.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import cached_property, partial
from multiprocessing import get_context, resource_tracker
from pathlib import Path
from typing import Any

from bot.background import step_back
from bot.settings import ROOT, Settings
from bot.stories.check import check
from bot.stories.drafts import Draft, Drafts
from bot.stories.graph import rules_by_moment, svg, titles_of
from bot.stories.history import History
from bot.stories.live import Board
from bot.stories.names import Topic, names, topics
from bot.stories.reading import Name, Problem, Unreadable
from bot.stories.sources import Sources
from bot.stories.testing import talks_in
from bot.stories.trying import STATE

CLOSE_SECONDS = 3.0


class Studio:
    """One for the app.

    Args:
        settings: where content, drafts and models are.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.board = Board(settings.studio)
        self._publishing: asyncio.subprocess.Process | None = None
        self._trials: list[asyncio.subprocess.Process] = []

    @cached_property
    def history(self) -> History:
        """The versions.

        Raises:
            SetupError: the files are in no repository.
        """
        return History(self.settings.content)

    @property
    def drafts(self) -> Drafts:
        """All of them."""
        return Drafts(self.settings.studio / "drafts", self.history)

    def draft(self, name: str) -> Draft:
        """Somebody's draft."""
        return self.drafts.open(name)

    @cached_property
    def _worker(self) -> ProcessPoolExecutor:
        # Not a thread: a check would take turns with the answers of the bot.
        return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=step_back)

    async def problems(
        self, draft: Draft, instead: Mapping[str, str] | None = None
    ) -> list[Problem]:
        """What is to mend in a draft.

        Args:
            draft: whose.
            instead: texts that are not saved yet, by path.
        """
        return await self._work(_check, draft.folder, dict(instead or {}))

    async def look(self, draft: Draft) -> tuple[dict[str, list[str]], list[Topic]]:
        """The names that may be written, and the files. Of what is live, if it can't be read."""
        return await self._work(_look, draft.folder, self.settings.content)

    async def map(self, draft: Draft, language: str, talk: str, link: str) -> str:
        """The map of the dialogue as SVG.

        Args:
            draft: whose.
            language: of the sentences on it.
            talk: a conversation test whose path is lit; empty for none.
            link: what a click leads to, with {file} and {line}.
        """
        return await self._work(_map, draft.folder, self.settings.content, language, talk, link)

    async def _work[T](self, task: Callable[..., T], *given: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, partial(task, *given))

    @property
    def is_publishing(self) -> bool:
        """Whether something is under way."""
        running = self._publishing is not None and self._publishing.returncode is None
        return running or self.board.is_held("publisher")

    async def publish(self, draft: str, author: str, note: str) -> None:
        """Begins to publish a draft; the board tells how it goes."""
        await self._begin("publish", "--draft", draft, "--author", author, "--note", note)

    async def roll_back(self, version: str, author: str, note: str) -> None:
        """Begins to make an earlier version live again."""
        await self._begin("rollback", version, "--author", author, "--note", note)

    async def _begin(self, *arguments: str) -> None:
        if self.is_publishing:
            return
        log = self.settings.var / "log" / "publish.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self.board.tell({})
        with log.open("wb") as out:
            self._publishing = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "stories", *arguments,
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # it goes on when the app is started again
            )  # fmt: skip

    async def try_out(self, draft: Draft) -> None:
        """Begins to try a draft out; `bot/stories/trying.py` tells how far it is."""
        log = self.settings.var / "log" / "try.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "stories", "try", "--draft", draft.name, "--serve",
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # so that it can end its own Rasa when it is ended
            )  # fmt: skip
        self._trials = [one for one in self._trials if one.returncode is None] + [process]
        state = {"stage": "training", "process": process.pid}
        (draft.folder / STATE).write_text(json.dumps(state), encoding="utf-8")

    async def rule(self, draft: Draft, form: str, intent: str) -> Name | None:
        """The rule that answers an intent while a form is open, or none; with its place."""
        return await self._work(_rule, draft.folder, self.settings.content, form, intent)

    def cancel(self) -> None:
        """Ends what is being published; what is live stays as it is."""
        process = self.board.progress().get("process")
        if process and self.board.is_held("publisher"):
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGTERM)

    def progress(self) -> dict[str, Any]:
        """How far the publishing is, or how the last one went."""
        progress = self.board.progress()
        if not progress and self.is_publishing:
            return {"stage": "waiting"}
        if not progress and self._publishing:
            log = self.settings.var / "log" / "publish.log"
            last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
            return {"stage": "failed", "message": "\n".join(last)}
        return progress

    async def close(self) -> None:
        """Ends the worker, and what is being tried out. What is being published goes on."""
        for trial in self._trials:
            if trial.returncode is None:
                trial.send_signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                for trial in self._trials:
                    await trial.wait()
                if "_worker" in self.__dict__:
                    await asyncio.to_thread(self._worker.shutdown, cancel_futures=True)
                    # Python's own helper of such a worker; it would outlive us for a moment.
                    resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]


def _check(folder: Path, instead: dict[str, str]) -> list[Problem]:
    return check(folder, instead=instead)


def _look(folder: Path, live: Path) -> tuple[dict[str, list[str]], list[Topic]]:
    sources = _read(folder, live)
    return names(sources), topics(sources)


def _map(folder: Path, live: Path, language: str, talk: str, link: str) -> str:
    sources = _read(folder, live)
    talks = {one.get("story").text: one for one in talks_in(sources.root)}
    lit = titles_of(sources, talks[talk]) if talk in talks else ()
    return svg(sources, language, lit, link, styled=False)


def _rule(folder: Path, live: Path, form: str, intent: str) -> Name | None:
    return rules_by_moment(_read(folder, live)).get((form, intent.partition("/")[0]))


def _read(folder: Path, live: Path) -> Sources:
    try:
        return Sources.read(folder, ROOT)
    except Unreadable:
        return Sources.read(live, ROOT)
