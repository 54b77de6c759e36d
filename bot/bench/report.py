"""What was measured, as numbers, as tables to read, and as JSON to keep."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.table import Table

from bot.bench.processes import Memory

MB = 1_000_000
LIMITS = {"full_to_bare": 1.5, "stock_to_bare": 2.0, "demo_mb": 900}
BUSY = 10.0  # per cent; above it the numbers are not to be trusted

FIGURES = {
    "median_ms": "median, ms",
    "p95_ms": "95 %, ms",
    "first_median_ms": "median to the first message, ms",
    "turns_a_second": "turns a second",
    "together_median_ms": "median, ms",
    "together_p95_ms": "95 %, ms",
    "memory_mb": "memory (PSS), MB",
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
    """

    place: tuple[int, int]
    first: float
    last: float
    replies: int
    missed: bool = False


@dataclass(frozen=True)
class Result:
    """What was measured of one way.

    Attributes:
        way: `a`, `b` or `c`.
        title: what it is.
        others: per cent of the processors that other programs used just before.
        alone: the turns of one resident after another.
        together: the turns of all residents at once.
        seconds: how long those took from the first to the last.
        memory: of each process, after the turns.
        answers: what the bot said to each step of the warm-up.
    """

    way: str
    title: str
    others: float
    alone: Sequence[Turn]
    together: Sequence[Turn]
    seconds: float
    memory: Sequence[Memory]
    answers: dict[tuple[int, int], str]

    def figures(self) -> dict[str, float]:
        """The numbers of this way, by the keys of FIGURES."""
        alone = [turn.last for turn in self.alone]
        together = [turn.last for turn in self.together]
        return {
            "median_ms": median(alone) * 1000,
            "p95_ms": percentile(alone, 95) * 1000,
            "first_median_ms": median(turn.first for turn in self.alone) * 1000,
            "turns_a_second": len(self.together) / self.seconds,
            "together_median_ms": median(together) * 1000,
            "together_p95_ms": percentile(together, 95) * 1000,
            "memory_mb": sum(one.pss for one in self.memory) / MB,
        }

    def alike(self, other: "Result") -> set[tuple[int, int]]:
        """The steps that were answered with the same words as in another way."""
        return {place for place, said in other.answers.items() if self.answers.get(place) == said}


@dataclass(frozen=True)
class Criterion:
    """One thing that is wanted of the numbers."""

    wanted: str
    measured: float
    unit: str
    met: bool


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


def criteria(results: Sequence[Result]) -> list[Criterion]:
    """What the benchmark is held against."""
    bare, full, stock = results
    to_bare = ratios(full, bare)["median_ms"]
    of_stock = ratios(stock, bare)["median_ms"]
    demo = full.figures()["memory_mb"]
    most, least, mb = LIMITS["full_to_bare"], LIMITS["stock_to_bare"], LIMITS["demo_mb"]
    return [
        Criterion(f"(b) at the median at most {most} × (a)", to_bare, "×", to_bare <= most),
        Criterion(f"(a) at the median {least} × as fast as (c)", of_stock, "×", of_stock >= least),
        Criterion(f"(b) all processes (PSS) under {mb} MB", demo, "MB", demo < mb),
    ]


def notes(results: Sequence[Result], untrained: Sequence[str], residents: int) -> list[str]:
    """What must be known to read the numbers.

    Args:
        results: of the three ways.
        untrained: policies of the stock pipeline that Rasa did not train.
        residents: how many talked at once.
    """
    bare, full, stock = results
    found = [
        "A turn ends with the bot's last message: in (a) and (c) with the answer of the REST "
        "channel, which has all of them; in (b) when the last one can be seen in the sandbox. How "
        "many belong to a step was found in the warm-up, which is not counted.",
        "In (b) buttons are tapped, so the tap is answered and the buttons are edited as well; in "
        "(a) and (c) the message is the button's payload.",
        f"At once means {residents} residents, each with the next message as soon as the last one "
        "is answered.",
        "Memory is taken after the turns. PSS counts shared pages once, RSS counts them for each "
        "process. MB are 10⁶ bytes.",
        f"The same words as in (a): {_same(full, bare)}; {_same(stock, bare)}. Words with the "
        "resident's alias in them always differ.",
        "(c) is Rasa's own default_config.yml with `language: fi`, on our examples, rules, "
        "responses and actions. Our places and interests are not found in its words, as they have "
        "a component of ours.",
    ]
    if untrained:
        found.append(
            f"In (c) Rasa skipped the training of {' and '.join(untrained)}: our talks are rules, "
            "and these policies learn from stories. (c) would be slower with them."
        )
    missed = sorted({turn.place for turn in full.alone if turn.missed})
    if missed:
        places = ", ".join(f"{talk}.{step}" for talk, step in missed)
        found.append(
            f"In (b) these taps found no button and were written instead: {places}. The talk has "
            "changed: bring bot/bench/conversations.yml into line."
        )
    busy = [f"({result.way}) {result.others:.0f} %" for result in results if result.others > BUSY]
    if busy:
        found.append(f"Other programs were at work before {', '.join(busy)}: measure again.")
    return found


def _same(result: Result, base: Result) -> str:
    said = f"({result.way}) in {len(result.alike(base))} of {len(base.answers)} steps"
    ratio = like_for_like(result, base)
    return said if ratio is None else f"{said}, with {ratio:.2f} × the median of (a) in these"


def tables(results: Sequence[Result], residents: int) -> list[Table]:
    """The tables of a run: figures and ratios, memory, criteria."""
    return [_figures(results, residents), _memory(results), _criteria(criteria(results))]


def _figures(results: Sequence[Result], residents: int) -> Table:
    table = Table("", title="A turn, and as a multiple of (a)", title_justify="left")
    for result in results:
        table.add_column(f"({result.way}) {result.title}", justify="right")
    for key, name in FIGURES.items():
        if key == "turns_a_second":
            table.add_section()
            table.add_row(f"{residents} residents at once")
        if key == "memory_mb":
            table.add_section()
        cells = [
            f"{result.figures()[key]:.1f}  {ratios(result, results[0])[key]:5.2f} ×"
            for result in results
        ]
        table.add_row(name, *cells)
    return table


def _memory(results: Sequence[Result]) -> Table:
    table = Table("", "process", title="Memory, MB", title_justify="left")
    for name in ("RSS", "USS", "PSS"):
        table.add_column(name, justify="right")
    for result in results:
        for one in result.memory:
            table.add_row(f"({result.way})", one.process, *_mb(one.rss, one.uss, one.pss))
        total = [sum(getattr(m, kind) for m in result.memory) for kind in ("rss", "uss", "pss")]
        table.add_row("", "together", *_mb(*total), style="bold", end_section=True)
    return table


def _mb(*sizes: int) -> list[str]:
    return [f"{size / MB:.0f}" for size in sizes]


def _criteria(found: Sequence[Criterion]) -> Table:
    table = Table("wanted", title="Criteria", title_justify="left")
    table.add_column("measured", justify="right")
    table.add_column("")
    for one in found:
        words = "[green]met[/]" if one.met else "[red]missed[/]"
        table.add_row(one.wanted, f"{one.measured:.2f} {one.unit}", words)
    return table


def as_json(
    results: Sequence[Result],
    told: Sequence[str],
    machine: dict[str, Any],
    residents: int,
) -> dict[str, Any]:
    """Everything that was measured, raw: times in milliseconds, memory in bytes."""
    base = results[0]
    return {
        "machine": machine,
        "residents": residents,
        "criteria": [asdict(one) for one in criteria(results)],
        "notes": list(told),
        "ways": {
            result.way: {
                "title": result.title,
                "figures": result.figures(),
                "multiples_of_a": ratios(result, base),
                "steps": len(result.answers),
                "steps_answered_as_in_a": len(result.alike(base)),
                "multiple_of_a_in_these": like_for_like(result, base),
                "other_programs_percent": result.others,
                "memory": [asdict(one) for one in result.memory],
                "alone": [_raw(turn) for turn in result.alone],
                "together": {
                    "seconds": result.seconds,
                    "turns": [_raw(turn) for turn in result.together],
                },
            }
            for result in results
        },
    }


def _raw(turn: Turn) -> dict[str, Any]:
    return {
        "conversation": turn.place[0],
        "step": turn.place[1],
        "first_ms": round(turn.first * 1000, 3),
        "last_ms": round(turn.last * 1000, 3),
        "messages": turn.replies,
        "missed": turn.missed,
    }
