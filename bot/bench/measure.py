"""One run: each way in turn, with only its own processes at work."""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import httpx
import psutil

from bot.bench import BenchFailed, stock
from bot.bench.processes import weigh
from bot.bench.report import Result, Turn, notes
from bot.bench.talks import Step, Talk, load, programme
from bot.bench.ways import Reply, Speaker, Way, bare_rasa, full_way
from bot.settings import Settings

TITLES = {
    "a": "our Rasa, bare, over REST",
    "b": "the full way, over the sandbox",
    "c": "stock Rasa, bare, over REST",
}


@dataclass
class Bench:
    """What is measured, and who is told how far it is.

    Attributes:
        settings: where models and logs are.
        trained: our model.
        samples: the activities that are suggested.
        turns: of each way one after another, and again of all residents together.
        residents: who talk at once.
        show: is told what is being done, how much of it is done, and of how much.
        epochs: of the stock model's training; as Rasa writes them by default.
    """

    settings: Settings
    trained: Path
    samples: Path
    turns: int
    residents: int
    show: Callable[[str, int, int | None], None]
    epochs: int | None = None

    async def run(self) -> tuple[list[Result], list[str]]:
        """Measures all three ways with the same conversations.

        Returns:
            The results of (a), (b) and (c), and what must be known to read them.

        Raises:
            SetupError: something does not start, or the stock model can't be trained.
            BenchFailed: a way does not answer.
        """
        stock_model, untrained = await stock.train(
            self.settings,
            lambda part: self.show(f"Training the stock model (once, long): {part}", 0, None),
            self.epochs,
        )
        folder = self.settings.var / "bench" / "run"
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        ways: dict[str, AbstractAsyncContextManager[Way]] = {
            "a": bare_rasa(folder / "a", "nlu.serve", self.trained, self.samples),
            "b": full_way(folder / "b", self.settings),
            "c": bare_rasa(folder / "c", "rasa", stock_model, self.samples),
        }
        talks = load()
        results = [await self._measure(name, way, talks) for name, way in ways.items()]
        told = notes(results, untrained, self.residents)
        if self.epochs:
            told.append(
                f"The stock model was trained for {self.epochs} epochs instead of Rasa's own "
                f"number: it answers worse, at the same price a turn."
            )
        return results, told

    async def _measure(
        self, name: str, coming: AbstractAsyncContextManager[Way], talks: list[Talk]
    ) -> Result:
        title = f"({name}) {TITLES[name]}"
        self.show(f"{title}: starting", 0, None)
        others = await asyncio.to_thread(psutil.cpu_percent, 2.0)
        try:
            async with coming as way:
                said = await self._alone(f"{title}: warm-up", way, talks)
                alone = await self._alone(title, way, programme(talks, 0, self.turns))
                together, seconds = await self._together(title, way, talks)
                memory = weigh(way.children)
        except httpx.HTTPError as error:
            raise BenchFailed(f"{title}: no good answer ({type(error).__name__}).") from error
        return Result(
            way=name,
            title=TITLES[name],
            others=others,
            alone=[_turn(step, reply) for step, reply in alone],
            together=[_turn(step, reply) for step, reply in together],
            seconds=seconds,
            memory=memory,
            answers={step.place: " ".join(" ".join(r.texts).split()) for step, r in said},
        )

    async def _alone(self, title: str, way: Way, talks: list[Talk]) -> list[tuple[Step, Reply]]:
        """One resident after another."""
        total, done = sum(len(talk.steps) for talk in talks), list[tuple[Step, Reply]]()
        for talk in talks:
            speaker = await way.newcomer(talk.language)
            for step in talk.steps:
                done.append((step, await speaker.do(step)))
                self.show(title, len(done), total)
        return done

    async def _together(
        self, title: str, way: Way, talks: list[Talk]
    ) -> tuple[list[tuple[Step, Reply]], float]:
        """All residents at once, each with the next message as soon as the last is answered."""
        share = -(-self.turns // self.residents)
        speaking = [
            [(await way.newcomer(talk.language), talk) for talk in programme(talks, n, share)]
            for n in range(self.residents)
        ]
        self.show(f"{title}: {self.residents} residents at once", 0, None)
        start = perf_counter()
        done = await asyncio.gather(*(_talk(everything) for everything in speaking))
        return [turn for turns in done for turn in turns], perf_counter() - start


async def _talk(everything: list[tuple[Speaker, Talk]]) -> list[tuple[Step, Reply]]:
    return [(step, await speaker.do(step)) for speaker, talk in everything for step in talk.steps]


def _turn(step: Step, reply: Reply) -> Turn:
    return Turn(step.place, reply.first, reply.last, len(reply.texts), reply.missed)
