"""What was measured, as numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bot.bench.crowds import Level
from bot.bench.processes import SANDBOX, Memory

MB = 1_000_000
BUSY = 10.0  # per cent; above it the numbers are not to be trusted
WINDOW = 5  # turns on either side of one that its cost is the median of

FIGURES = {
    "median_ms": "median, ms",
    "p95_ms": "95 %, ms",
    "first_median_ms": "median to the first message, ms",
    "turns_a_second": "turns a second",
    "together_median_ms": "median, ms",
    "together_p95_ms": "95 %, ms",
    "memory_mb": "memory (PSS), MB",
    "start_seconds": "start to ready, s",
}
KINDS = {
    "typed": "typed",
    "button": "button",
    "action": "with a custom action",
    "typed without action": "typed, without one",
    "button without action": "button, without one",
    "unheard": "typed, never sent before",
}


@dataclass(frozen=True)
class Turn:
    """One message and its answer.

    Attributes:
        place: which conversation and which step of it, both from 1.
        first: seconds until the bot's first message was there.
        last: seconds until its last one was there.
        replies: how many there were.
        missed: a button was not there, and what it means was written instead.
        tapped: it was a button.
        acted: Rasa called a custom action.
        driver: seconds until the driver of the benchmark had seen the last message.
    """

    place: tuple[int, int]
    first: float
    last: float
    replies: int
    missed: bool = False
    tapped: bool = False
    acted: bool = False
    driver: float = 0.0


@dataclass
class Result:
    """What was measured of one way.

    Attributes:
        way: `a`, `b`, `c` or `d`.
        title: what it is.
        others: per cent of the processors that other programs used just before.
        start: seconds from its start until it was ready.
        alone: the turns of one resident after another.
        together: the turns of all residents at once.
        seconds: how long those took from the first to the last.
        memory: of each process, after these turns.
        memory_after: the same at the end of everything, where more came.
        answers: what the bot said to each step of the warm-up.
        growth: long conversations: seconds of each turn.
        unheard: turns with messages that nobody sent before.
        crowds: many residents at once.
    """

    way: str
    title: str
    others: float = 0.0
    start: float = 0.0
    alone: Sequence[Turn] = ()
    together: Sequence[Turn] = ()
    seconds: float = 0.0
    memory: Sequence[Memory] = ()
    memory_after: Sequence[Memory] = ()
    answers: dict[tuple[int, int], str] = field(default_factory=dict)
    growth: Sequence[Sequence[float]] = ()
    unheard: Sequence[Turn] = ()
    crowds: list[Level] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """The numbers of this way, by the keys of FIGURES. Memory is without the sandbox."""
        alone = [turn.last for turn in self.alone]
        together = [turn.last for turn in self.together]
        return {
            "median_ms": median(alone) * 1000,
            "p95_ms": percentile(alone, 95) * 1000,
            "first_median_ms": median(turn.first for turn in self.alone) * 1000,
            "turns_a_second": len(self.together) / self.seconds,
            "together_median_ms": median(together) * 1000,
            "together_p95_ms": percentile(together, 95) * 1000,
            "memory_mb": memory_mb(self.memory),
            "start_seconds": self.start,
        }

    def kinds(self) -> dict[str, list[Turn]]:
        """The turns of one resident after another by kind, as far as there are any."""
        found = {
            "typed": [turn for turn in self.alone if not turn.tapped],
            "button": [turn for turn in self.alone if turn.tapped],
            "action": [turn for turn in self.alone if turn.acted],
            "typed without action": [t for t in self.alone if not t.tapped and not t.acted],
            "button without action": [t for t in self.alone if t.tapped and not t.acted],
            "unheard": list(self.unheard),
        }
        return {kind: turns for kind, turns in found.items() if turns}

    def cost_at(self, turn: int) -> float | None:
        """Seconds of a turn of the long conversations: the median of those around it.

        Args:
            turn: from 1; the last one that there is stands for itself and those before.
        """
        near = [
            seconds
            for talk in self.growth
            for seconds in talk[max(turn - WINDOW, 0) : turn + WINDOW]
        ]
        return median(near) if near and all(len(talk) >= turn for talk in self.growth) else None

    def alike(self, other: "Result") -> set[tuple[int, int]]:
        """The steps that were answered with the same words as in another way."""
        return {place for place, said in other.answers.items() if self.answers.get(place) == said}


@dataclass(frozen=True)
class SetUp:
    """What belongs to no single way.

    Attributes:
        disk: bytes of each environment, by its folder.
        environments: seconds that each took to be made, where it was noted.
        training: seconds that `ours` and `stock` took, where it is known.
        epochs: of the stock model; as Rasa writes them by default where there are none.
        untrained: policies of the stock pipeline that Rasa did not train.
    """

    disk: dict[str, int]
    environments: dict[str, float]
    training: dict[str, float | None]
    epochs: int | None = None
    untrained: Sequence[str] = ()


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` per cent of the values do not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(len(values) * share / 100), 1) - 1]


def ratios(result: Result, base: Result) -> dict[str, float]:
    """Each figure of a way as a multiple of another way's."""
    figures, of_base = result.figures(), base.figures()
    return {key: figures[key] / of_base[key] for key in FIGURES}


def like_for_like(result: Result, base: Result) -> float | None:
    """The ratio of the medians over the steps that both ways answered with the same words.

    A way that understands less does other work, mostly less of it; here the work is the same.
    """
    same = result.alike(base)
    ours, others = (
        [turn.last for turn in way.alone if turn.place in same] for way in (result, base)
    )
    return median(ours) / median(others) if ours and others else None


def quotient(one: float | None, other: float | None) -> float | None:
    """One as a multiple of the other, where both are known."""
    return one / other if one and other else None


def memory_mb(memory: Sequence[Memory]) -> float:
    """The processes together (PSS), without the sandbox."""
    return sum(one.pss for one in memory if one.process != SANDBOX) / MB
