"""One run: each way in turn, with only its own processes at work."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter

import httpx
import psutil

from bot.bench import BenchFailed, crowds, machine, stock
from bot.bench.full import FullWay, full_way
from bot.bench.processes import weigh
from bot.bench.results import Result, SetUp, Turn
from bot.bench.talks import Step, Talk, load, programme
from bot.bench.ways import BareRasa, Reply, Speaker, Way, bare_rasa, custom_actions
from bot.evaluation import messages
from bot.settings import ROOT, Settings

TITLES = {
    "a": "our Rasa, bare, over REST",
    "b": "the full way, over the sandbox",
    "c": "stock Rasa, bare, over REST",
    "d": "our model in stock Rasa, bare, over REST",
}
# Messages that nobody has sent before: to be understood, not found in a cache.
UNHEARD = ROOT / "tests" / "nlu" / "messages_fi.tsv"

type Said = list[tuple[Step, Reply]]


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        turns: of each way one after another, and again of all residents together.
        residents: who talk at once in the comparison of the ways.
        growth: turns of the long conversation.
        talks: long conversations of ours; the slow one of stock Rasa is held once.
        crowds: numbers of residents of the full way.
        crowd_talks: that each of these numbers holds together at least.
        unheard: messages that were never sent before.
        training: whether our model is trained anew to see how long it takes.
    """

    turns: int = 200
    residents: int = 8
    growth: int = 200
    talks: int = 3
    crowds: tuple[int, ...] = crowds.RESIDENTS
    crowd_talks: int = 32
    unheard: int = 40
    training: bool = True


QUICK = Size(
    turns=42, growth=40, talks=1, crowds=(1, 8, 32), crowd_talks=8, unheard=8, training=False
)


@dataclass
class Bench:
    """What is measured, and who is told how far it is.

    Attributes:
        settings: where models and logs are.
        trained: our model.
        samples: the activities that are suggested.
        size: how much is measured.
        show: is told what is being done, how much of it is done, and of how much.
        epochs: of the stock model's training; as Rasa writes them by default.
        acted: steps in which our model calls a custom action, as the first way found.
    """

    settings: Settings
    trained: Path
    samples: Path
    size: Size
    show: Callable[[str, int, int | None], None]
    epochs: int | None = None
    acted: set[tuple[int, int]] = field(default_factory=set)

    async def run(self) -> tuple[list[Result], SetUp]:
        """Measures all three ways with the same conversations.

        Returns:
            The results of (a), (b), (c) and (d), and what belongs to none of them.

        Raises:
            SetupError: something does not start, or a model can't be trained.
            BenchFailed: a way does not answer.
        """
        stock_model = await stock.train(
            self.settings,
            lambda part: self.show(f"Training the stock model (once, long): {part}", 0, None),
            self.epochs,
        )
        folder = self.settings.var / "bench" / "run"
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        training = None
        if self.size.training:
            training = await stock.train_ours(
                self.settings, lambda part: self.show(f"Training our model: {part}", 0, None)
            )
        ours = bare_rasa(folder / "a", self.trained, self.samples)
        theirs = bare_rasa(folder / "c", stock_model.path, self.samples, stock=True)
        between = bare_rasa(folder / "d", self.trained, self.samples, stock=True)
        results = [
            await self._bare("a", ours, self.size.talks),
            await self._full(folder / "b"),
            await self._bare("c", theirs, 1),
            await self._bare("d", between, 0),
        ]
        return results, SetUp(
            disk=await asyncio.to_thread(machine.disk),
            environments=machine.set_up(),
            training={"ours": training, "stock": stock_model.seconds},
            epochs=self.epochs,
            untrained=stock_model.untrained,
        )

    async def _bare(
        self, name: str, coming: AbstractAsyncContextManager[BareRasa], talks: int
    ) -> Result:
        async with self._measured(name, coming) as (way, result):
            if name == "a":
                way.watched = custom_actions()
            said = await self._warm_up(result, way)
            way.watched = frozenset()
            self.acted |= {step.place for step, reply in said if reply.acted}
            await self._compare(result, way)
            result.growth = [
                [reply.last for _, reply in await self._long_talk(result, way)]
                for _ in range(talks)
            ]
            result.memory = weigh(way.children)
        return result

    async def _full(self, folder: Path) -> Result:
        coming = full_way(folder, self.settings, self.samples)
        async with self._measured("b", coming) as (way, result):
            await self._warm_up(result, way)
            await self._compare(result, way)
            result.memory = weigh(way.children)
            long_talk = await self._timed(way, await self._long_talk(result, way))
            result.growth = [[turn.last for turn in long_talk]]
            unheard = await self._unheard(result, way)
            result.unheard = await self._timed(way, unheard)
            await crowds.warm_up(way, load().crowds)
            show = partial(self._tell, result)
            for crowd in load().crowds:
                for residents in self.size.crowds:
                    level = await crowds.measure(way, crowd, residents, self.size.crowd_talks, show)
                    result.crowds.append(level)
            result.memory_after = weigh(way.children)
        return result

    @asynccontextmanager
    async def _measured[W: Way](
        self, name: str, coming: AbstractAsyncContextManager[W]
    ) -> AsyncIterator[tuple[W, Result]]:
        result = Result(name, TITLES[name])
        self._tell(result, "starting")
        result.others = await asyncio.to_thread(psutil.cpu_percent, 2.0)
        try:
            async with coming as way:
                result.start = way.start
                yield way, result
        except httpx.HTTPError as error:
            raise BenchFailed(f"({name}): no good answer ({type(error).__name__}).") from error

    def _tell(self, result: Result, words: str, done: int = 0, total: int | None = None) -> None:
        self.show(f"({result.way}) {result.title}: {words}", done, total)

    async def _warm_up(self, result: Result, way: Way) -> Said:
        said = await self._alone(result, "warm-up", way, load().talks)
        result.answers = {step.place: " ".join(" ".join(r.texts).split()) for step, r in said}
        return said

    async def _compare(self, result: Result, way: Way) -> None:
        """One resident after another, then several at once."""
        talks = load().talks
        alone = await self._alone(
            result, "one after another", way, programme(talks, 0, self.size.turns)
        )
        result.alone = await self._timed(way, alone)
        together, result.seconds = await self._together(result, way, talks)
        result.together = await self._timed(way, together)

    async def _alone(self, result: Result, words: str, way: Way, talks: list[Talk]) -> Said:
        """One resident after another."""
        total = sum(len(talk.steps) for talk in talks)
        done: Said = []
        for talk in talks:
            speaker = await way.newcomer(talk.language)
            for step in talk.steps:
                done.append((step, await speaker.do(step)))
                self._tell(result, words, len(done), total)
        return done

    async def _together(self, result: Result, way: Way, talks: list[Talk]) -> tuple[Said, float]:
        """All residents at once, each with the next message as soon as the last is answered."""
        share = -(-self.size.turns // self.size.residents)
        speaking = [
            [(await way.newcomer(talk.language), talk) for talk in programme(talks, n, share)]
            for n in range(self.size.residents)
        ]
        self._tell(result, f"{self.size.residents} residents at once")
        start = perf_counter()
        done = await asyncio.gather(*(_talk(everything) for everything in speaking))
        return [turn for turns in done for turn in turns], perf_counter() - start

    async def _long_talk(self, result: Result, way: Way) -> Said:
        return await self._alone(
            result, "a long conversation", way, [load().long_talk(self.size.growth)]
        )

    async def _unheard(self, result: Result, way: Way) -> Said:
        """What nobody wrote before, each from a newcomer who has greeted."""
        greeting = load().growth.steps[0]
        texts = [one.text for one in messages.read(UNHEARD) if one.label.startswith("factor/")]
        talks = [
            Talk("fi", (greeting, Step((0, number), text)))
            for number, text in enumerate(texts[: self.size.unheard], 1)
        ]
        said = await self._alone(result, "messages never sent before", way, talks)
        return [(step, reply) for step, reply in said if step != greeting]

    async def _timed(self, way: Way, said: Said) -> list[Turn]:
        """Turns by the sandbox's clock, where the way goes through it."""
        clock = await way.turns() if isinstance(way, FullWay) else {}

        def timed(step: Step, reply: Reply) -> Turn:
            first, last = reply.first, reply.last
            if reply.turn:
                chat, number = reply.turn
                first, last = clock[chat][number].first, clock[chat][number].last
            return Turn(
                place=step.place,
                first=first,
                last=last,
                replies=len(reply.texts),
                missed=reply.missed,
                tapped=step.tapped and not reply.missed,
                acted=step.place in self.acted,
                driver=reply.last,
            )

        return [timed(step, reply) for step, reply in said]


async def _talk(everything: list[tuple[Speaker, Talk]]) -> Said:
    return [(step, await speaker.do(step)) for speaker, talk in everything for step in talk.steps]
