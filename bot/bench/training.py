"""How the running bot does while a model is trained, and while it is given other models."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import httpx
import psutil
from rich.table import Table

from bot import background, model
from bot.bench import BenchFailed, stock
from bot.bench.criteria import Criterion, Wanted
from bot.bench.full import FullWay, SandboxSpeaker, full_way
from bot.bench.processes import Memory, weigh
from bot.bench.results import BUSY, MB
from bot.bench.talks import Step, load
from bot.settings import Settings
from bot.stories.live import Board
from bot.supervisor import Child

type Json = dict[str, Any]
type Show = Callable[[str, int, int | None], None]

ROUNDS = 3  # of all conversations, without anything else to do
SWAPS = 10
SWAP_SECONDS = 60.0
RASA = "Rasa"

WANTED = {
    "ratio": Wanted("an answer while a model is trained, as a multiple of one without", 1.5, "×"),
    "answered": Wanted("messages answered during the swaps", 100, "%", least=True),
    "growth": Wanted(
        "Rasa's memory at its highest in the later half of the swaps, as a multiple of the earlier",
        1.1,
        "×",
    ),
}


class Talker:
    """Talks without a pause, all conversations in turn, each as a newcomer.

    Attributes:
        asked: messages so far.
        took: seconds until the last answer to each message that was answered.
    """

    def __init__(self, way: FullWay) -> None:
        self.way = way
        self.asked = 0
        self.took: list[float] = []
        self._steps = self._all_steps()
        self._speaker: SandboxSpeaker | None = None

    async def turn(self) -> None:
        """The next message, and what the bot says to it.

        What is not answered is counted, and a newcomer goes on.
        """
        language, step = next(self._steps)
        if self._speaker is None or step.place[1] == 1:
            self._speaker = await self.way.newcomer(language)
        self.asked += 1
        try:
            self.took.append((await self._speaker.do(step)).last)
        except BenchFailed:
            self._steps, self._speaker = self._all_steps(), None

    async def until(self, done: asyncio.Future[Any]) -> None:
        """Talks until something is done."""
        while not done.done():
            await self.turn()

    @staticmethod
    def _all_steps() -> Iterator[tuple[str, Step]]:
        return ((talk.language, step) for talk in cycle(load().talks) for step in talk.steps)


async def measure(settings: Settings, trained: Path, samples: Path, show: Show) -> Json:
    """Talks to the whole bot alone, while a model is trained, and while models are swapped.

    Args:
        settings: where models and logs are.
        trained: our model.
        samples: the activities that are suggested.
        show: is told what is being done, how much of it is done, and of how much.

    Returns:
        `other_programs_percent`; `alone` and `training`, each with `turns`, `median_ms`,
        `longest_ms` (and `seconds` that the training took); `swaps`, a list, each with `seconds`,
        `asked`, `answered`, `longest_ms`, and `before_mb` and `after_mb`: Rasa's memory (PSS).

    Raises:
        SetupError: something does not start, or the model can't be trained.
        BenchFailed: the bot does not answer, or does not take over a model.
    """
    folder = settings.var / "bench" / "training"
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    others = await asyncio.to_thread(psutil.cpu_percent, 2.0)
    show("Starting Seura over the sandbox", 0, None)
    try:
        async with full_way(folder, settings, samples) as way:
            await _warm_up(way, show)
            alone = await _alone(way, show)
            second = folder / "second.tar.gz"
            training = await _while_training(way, settings, second, show)
            swaps = await _swaps(way, Board(folder / "studio"), (second, trained), show)
    except httpx.HTTPError as error:
        raise BenchFailed(f"No good answer ({type(error).__name__}).") from error
    return {
        "other_programs_percent": others,
        "alone": alone,
        "training": training,
        "swaps": swaps,
    }


async def _warm_up(way: FullWay, show: Show) -> None:
    """Learns how many messages belong to what, and lets caches fill."""
    talks = load().talks
    for number, talk in enumerate(talks):
        show("Warming up", number, len(talks))
        speaker = await way.newcomer(talk.language)
        for step in talk.steps:
            await speaker.do(step)


async def _alone(way: FullWay, show: Show) -> Json:
    talker = Talker(way)
    total = ROUNDS * sum(len(talk.steps) for talk in load().talks)
    for number in range(total):
        show("Talking, with nothing else to do", number, total)
        await talker.turn()
    return _account(talker)


async def _while_training(way: FullWay, settings: Settings, path: Path, show: Show) -> Json:
    """Trains a model as publishing does, from the beginning."""
    # Without --force, what Rasa kept of an earlier training would be taken from its cache.
    child = Child(
        "train",
        [*model.train_command(path), "--force"],
        model.rasa_environment(settings, settings.actions_port, ""),
        path.parent / "log",
        stock.is_well,
    )

    def started() -> None:
        if child.process:
            background.step_back(child.process.pid)

    def part(name: str) -> None:
        show(f"Talking, while a model is trained: {name}", 0, None)

    training = asyncio.ensure_future(stock.until_done(child, path, part, started))
    talker = Talker(way)
    try:
        await talker.until(training)
        seconds = await training
    finally:
        training.cancel()
        await asyncio.gather(training, return_exceptions=True)
    return _account(talker) | {"seconds": round(seconds, 1)}


async def _swaps(way: FullWay, board: Board, models: tuple[Path, Path], show: Show) -> list[Json]:
    """Has the bot take over one model after another while somebody talks to it."""
    swaps = []
    for number in range(SWAPS):
        show("Talking, while models are swapped", number, SWAPS)
        before = of_rasa(await asyncio.to_thread(weigh, way.children))
        talker, began = Talker(way), perf_counter()
        version = f"swap-{number + 1}"
        board.want(version, str(models[number % 2].absolute()))
        swapping = asyncio.ensure_future(asyncio.to_thread(board.wait_for, version, SWAP_SECONDS))
        await talker.until(swapping)
        if fault := await swapping:
            raise BenchFailed(f"Swap {number + 1}: the bot could not take it over ({fault}).")
        swaps.append(
            {
                "seconds": round(perf_counter() - began, 1),
                "asked": talker.asked,
                "answered": len(talker.took),
                "longest_ms": round(max(talker.took, default=0.0) * 1000, 1),
                "before_mb": before,
                "after_mb": of_rasa(await asyncio.to_thread(weigh, way.children)),
            }
        )
    return swaps


def of_rasa(memory: list[Memory]) -> float:
    """Rasa's share (PSS) of what the processes hold, in MB."""
    return round(sum(one.pss for one in memory if one.process == RASA) / MB, 1)


def _account(talker: Talker) -> Json:
    if not talker.took or len(talker.took) < talker.asked:
        raise BenchFailed(f"{len(talker.took)} of {talker.asked} messages were answered.")
    return {
        "turns": len(talker.took),
        "median_ms": round(median(talker.took) * 1000, 2),
        "longest_ms": round(max(talker.took) * 1000, 1),
    }


def judge(numbers: Json) -> list[Criterion]:
    """What was measured, held against what is wanted."""
    swaps = numbers["swaps"]
    after = [swap["after_mb"] for swap in swaps]
    half = len(after) // 2
    measured = {
        "ratio": numbers["training"]["median_ms"] / numbers["alone"]["median_ms"],
        "answered": 100 * sum(s["answered"] for s in swaps) / sum(s["asked"] for s in swaps),
        # By halves: from one swap to the next it goes up and down with when memory is given back.
        "growth": max(after[half:]) / max(after[:half]),
    }
    return [WANTED[name].judge(round(number, 3)) for name, number in measured.items()]


def as_json(numbers: Json, machine: Json) -> Json:
    """Everything, to be kept."""
    return {
        "machine": machine,
        **numbers,
        "criteria": [asdict(criterion) for criterion in judge(numbers)],
        "notes": notes(numbers),
    }


def notes(numbers: Json) -> list[str]:
    """What whoever reads the numbers has to know."""
    others = numbers["other_programs_percent"]
    if others <= BUSY:
        return []
    return [f"Other programs kept the processors {others:.0f} % busy: measure again when idle."]


def tables(numbers: Json) -> list[Table]:
    """The numbers to read; the criteria last."""
    turns = Table("", "turns", "median, ms", "longest, ms", title="An answer")
    words = {"alone": "alone", "training": f"while training ({numbers['training']['seconds']} s)"}
    for name, label in words.items():
        one = numbers[name]
        turns.add_row(label, str(one["turns"]), str(one["median_ms"]), str(one["longest_ms"]))
    swaps = Table(
        "swap",
        "s",
        "answered",
        "longest, ms",
        "before, MB",
        "after, MB",
        title="Swaps of the model",
    )
    for number, swap in enumerate(numbers["swaps"], 1):
        swaps.add_row(
            str(number), str(swap["seconds"]), f"{swap['answered']} of {swap['asked']}",
            str(swap["longest_ms"]), str(swap["before_mb"]), str(swap["after_mb"]),
        )  # fmt: skip
    wanted = Table("wanted", "measured", "", title="Criteria")
    for criterion in judge(numbers):
        word = "[green]met[/]" if criterion.met else "[red]missed[/]"
        wanted.add_row(criterion.wanted, f"{criterion.measured:.2f} {criterion.unit}", word)
    return [turns, swaps, wanted]
