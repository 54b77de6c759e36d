"""The numbers of a run as tables to read, with what must be known to read them, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.table import Table

from bot.bench.criteria import Criterion, criteria
from bot.bench.crowds import Level
from bot.bench.processes import SANDBOX
from bot.bench.results import (
    BUSY,
    FIGURES,
    KINDS,
    MB,
    WINDOW,
    Result,
    SetUp,
    Turn,
    like_for_like,
    memory_mb,
    percentile,
    ratios,
)

SHOWN_TURNS = (1, 10, 50, 100, 150, 200)


def notes(results: Sequence[Result], set_up: SetUp, residents: int) -> list[str]:
    """What must be known to read the numbers.

    Args:
        results: of the ways, the three that are wanted first.
        set_up: what belongs to none of them.
        residents: how many talked at once in the comparison.
    """
    bare, full, stock = results[:3]
    found = [
        "A turn of (b) is measured by the sandbox's own clock: from the moment it puts the update "
        "into its queue to the moment the bot's last sendMessage of that turn arrives. What the "
        "driver of the benchmark takes to act and to look is no part of it; its own measure is in "
        "the JSON beside it (driver_ms). In the others a turn is one request to the REST channel.",
        "In (b) buttons are tapped, so the tap is answered and the buttons are edited as well; in "
        "the others the message is the button's payload.",
        "Which turns run a custom action is read from the tracker in (a), in the warm-up.",
        f"At once means {residents} residents in the table of the ways, each with the next "
        "message as soon as the last one is answered. The sandbox and the driver of the benchmark "
        "share the processors with what is measured.",
        "Order: each answer is that of the message before it, and the answers to three messages "
        "sent without waiting come one after another.",
        f"The cost of a turn in a long conversation is the median of the {2 * WINDOW} turns around "
        "it. A few messages come again and again, so their sentence features are in a cache; "
        f'"{KINDS["unheard"]}" shows what a new sentence costs.',
        "Memory is taken after the turns, before the many residents at once. PSS counts shared "
        "pages once, RSS counts them for each process. The sandbox stands for Telegram and is not "
        f"in the sum. After everything the sum is {memory_mb(full.memory_after):.0f} MB. MB are "
        "10⁶ bytes.",
        f"The same words as in (a): {_same(full, bare)}; {_same(stock, bare)}. Words with the "
        "resident's alias in them always differ.",
        "(c) is Rasa's own default_config.yml with `language: fi`, with the tracker store that "
        "Rasa has by default, on our examples, rules, responses and actions. Our places and "
        "interests are not found in its words, as they have a component of ours.",
        "(d) has our model, but Rasa as it comes around it: without `nlu/serve.py` and with the "
        "tracker store that Rasa has by default. What is between it and (a) was won within Rasa, "
        "what is between it and (c) is the pipeline.",
        "Start to ready is `./seura run` with a trained model in (b), and Rasa with the actions in "
        "(a) and (c). Set-up is noted by the launcher when an environment is made for the first "
        "time: from the network, or from the package manager's cache where that has it.",
    ]
    if set_up.untrained:
        found.append(
            f"In (c) Rasa skipped the training of {' and '.join(set_up.untrained)}: our talks are "
            "rules, and these policies learn from stories. (c) would be slower with them."
        )
    if set_up.epochs:
        found.append(
            f"The stock model was trained for {set_up.epochs} epochs instead of Rasa's own "
            "number: it answers worse, at the same price a turn."
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


def tables(results: Sequence[Result], set_up: SetUp, residents: int) -> list[Table]:
    """The tables of a run: the ways first, the criteria last."""
    full = results[1]
    return [
        _figures(results, residents),
        _kinds(full),
        _growth(results),
        _crowds(full),
        _memory(results),
        _set_up(set_up),
        _criteria(criteria(results, set_up)),
    ]


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


def _kinds(full: Result) -> Table:
    table = _table("Kinds of turns, over the sandbox (b)", "turns", "median, ms", "95 %, ms",
                   "median of the driver, ms")  # fmt: skip
    for kind, turns in full.kinds().items():
        table.add_row(
            KINDS[kind],
            str(len(turns)),
            f"{median(turn.last for turn in turns) * 1000:.1f}",
            f"{percentile([turn.last for turn in turns], 95) * 1000:.1f}",
            f"{median(turn.driver for turn in turns) * 1000:.1f}",
        )
    return table


def growth(results: Sequence[Result]) -> dict[int, dict[str, float]]:
    """Milliseconds of some turns of the long conversation, by way; those that all have."""
    found = {}
    for turn in SHOWN_TURNS:
        costs = {way.way: way.cost_at(turn) for way in results if way.growth}
        if all(costs.values()):
            found[turn] = {way: _ms(cost) for way, cost in costs.items() if cost}
    return found


def _growth(results: Sequence[Result]) -> Table:
    ways = [f"({way.way}), ms" for way in results if way.growth]
    table = _table("A turn as the conversation grows", *ways, "(c) / (a)")
    for turn, costs in growth(results).items():
        cells = [f"{cost:.1f}" for cost in costs.values()]
        table.add_row(f"turn {turn}", *cells, f"{costs['c'] / costs['a']:.1f} ×")
    return table


def _crowds(full: Result) -> Table:
    table = _table("Residents at once, over the sandbox (b)", "turns a second", "50 %, ms",
                   "95 %, ms", "99 %, ms", "in order")  # fmt: skip
    for level in full.crowds:
        table.add_row(
            f"{level.residents} {level.kind}",
            f"{len(level.turns) / level.seconds:.0f}",
            *(f"{percentile(level.turns, share) * 1000:.1f}" for share in (50, 95, 99)),
            f"{level.in_order} of {level.residents}",
        )
    return table


def _set_up(set_up: SetUp) -> Table:
    table = _table("Set-up", "")
    for name, size in set_up.disk.items():
        table.add_row(f"{name} on disk", f"{size / MB:.0f} MB")
    for name, seconds in set_up.environments.items():
        table.add_row(f"{name} made in", f"{seconds:.0f} s")
    for name, took in set_up.training.items():
        table.add_row(f"training, {name}", "not known" if took is None else f"{took:.0f} s")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table("", title=title, title_justify="left")
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _memory(results: Sequence[Result]) -> Table:
    table = Table("", "process", title="Memory, MB", title_justify="left")
    for name in ("RSS", "USS", "PSS"):
        table.add_column(name, justify="right")
    for result in results:
        for one in result.memory:
            table.add_row(f"({result.way})", one.process, *_mb(one.rss, one.uss, one.pss))
        own = [one for one in result.memory if one.process != SANDBOX]
        total = [sum(getattr(one, kind) for one in own) for kind in ("rss", "uss", "pss")]
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
    set_up: SetUp,
    told: Sequence[str],
    machine: dict[str, Any],
    residents: int,
) -> dict[str, Any]:
    """Everything that was measured, raw: times in milliseconds, memory and disk in bytes."""
    base = results[0]
    return {
        "machine": machine,
        "residents": residents,
        "criteria": [asdict(one) for one in criteria(results, set_up)],
        "notes": list(told),
        "set_up": asdict(set_up),
        "growth": {str(turn): costs for turn, costs in growth(results).items()},
        "ways": {
            result.way: {
                "title": result.title,
                "figures": result.figures(),
                "multiples_of_a": ratios(result, base),
                "kinds": {kind: _summary(turns) for kind, turns in result.kinds().items()},
                "steps": len(result.answers),
                "steps_answered_as_in_a": len(result.alike(base)),
                "multiple_of_a_in_these": like_for_like(result, base),
                "other_programs_percent": result.others,
                "memory": [asdict(one) for one in result.memory],
                "memory_after": [asdict(one) for one in result.memory_after],
                "growth_ms": [[_ms(seconds) for seconds in talk] for talk in result.growth],
                "crowds": [_level(level) for level in result.crowds],
                "alone": [_raw(turn) for turn in result.alone],
                "together": {
                    "seconds": result.seconds,
                    "turns": [_raw(turn) for turn in result.together],
                },
            }
            for result in results
        },
    }


def _summary(turns: Sequence[Turn]) -> dict[str, float]:
    return {
        "turns": len(turns),
        "median_ms": _ms(median(turn.last for turn in turns)),
        "p95_ms": _ms(percentile([turn.last for turn in turns], 95)),
        "driver_median_ms": _ms(median(turn.driver for turn in turns)),
    }


def _level(level: Level) -> dict[str, Any]:
    shares = {f"p{share}_ms": _ms(percentile(level.turns, share)) for share in (50, 95, 99)}
    return {
        "kind": level.kind,
        "residents": level.residents,
        "turns": len(level.turns),
        "turns_a_second": round(len(level.turns) / level.seconds, 1),
        **shares,
        "in_order": level.in_order,
    }


def _raw(turn: Turn) -> dict[str, Any]:
    return {
        "conversation": turn.place[0],
        "step": turn.place[1],
        "first_ms": _ms(turn.first),
        "last_ms": _ms(turn.last),
        "driver_ms": _ms(turn.driver),
        "messages": turn.replies,
        "missed": turn.missed,
        "tapped": turn.tapped,
        "acted": turn.acted,
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
