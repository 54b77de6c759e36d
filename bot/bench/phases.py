"""Where a turn's time goes: `./seura bench profile`."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
from rich.table import Table

from bot.bench import BenchFailed, stock
from bot.bench.full import full_way
from bot.bench.results import WINDOW
from bot.bench.talks import load, programme
from bot.bench.timing import Turn
from bot.bench.ways import bare_rasa
from bot.settings import Settings

type Json = dict[str, Any]
type Phases = dict[str, float]

# What the app notes (bot/tracing.py) when a step is done, and the words for the step.
STEPS = {
    "received": "sandbox → app (getUpdates)",
    "stored": "stored",
    "taken up": "danger, who it is, what is asked",
    "answered": "Rasa",
    "decided": "answer queued, turn settled (deliver)",
    "sent": "sent, until the last message arrives",
}
# What Rasa's own time goes into; the rest is HTTP, JSON and the channel.
RASA = {
    "understanding": "understanding (NLU)",
    "deciding": "deciding (policies)",
    "acting": "acting (slots, responses, custom actions)",
    "remembering": "remembering (tracker store)",
    "rest": "the rest: HTTP, the channel",
}
WHOLE = "together"
TURNS = 84
GROWTH = 150
AT = (10, 150)


async def measure(
    settings: Settings,
    trained: Path,
    samples: Path,
    show: Callable[[str, int, int | None], None],
    epochs: int | None = None,
) -> Json:
    """Has each process note where its time goes, and puts it together.

    Returns:
        `other_programs_percent`: how busy the processors were before; `turn`: milliseconds of each
        step of a turn over the sandbox, by kind; `rasa`: those within Rasa at some turns of a long
        conversation, ours and stock. They are medians and need not add up.
    """
    stock_model = await stock.train(
        settings,
        lambda part: show(f"Training the stock model (once, long): {part}", 0, None),
        epochs,
    )
    folder = settings.var / "bench" / "profile"
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    others = await asyncio.to_thread(psutil.cpu_percent, 2.0)
    try:
        show("The full way", 0, None)
        turn = await _full(folder / "full", settings, samples)
        rasa = {}
        for name, path in (("stock", stock_model.path), ("ours", trained)):
            show(f"A long conversation: {name}", 0, None)
            rasa[name] = await _growth(folder / name, path, samples, is_stock=name == "stock")
    except httpx.HTTPError as error:
        raise BenchFailed(f"No good answer ({type(error).__name__}).") from error
    return {"other_programs_percent": others, "turn": turn, "rasa": rasa}


async def _full(folder: Path, settings: Settings, samples: Path) -> dict[str, Phases]:
    noted = folder / "noted"
    profiled = settings.model_copy(update={"profile": noted})
    talks = load().talks
    steps, turns = [], []
    async with full_way(folder, profiled, samples) as way:
        # Once to learn how many answers belong to what; not counted.
        for counted, these in ((False, talks), (True, programme(talks, 0, TURNS))):
            for talk in these:
                speaker = await way.newcomer(talk.language)
                for step in talk.steps:
                    reply = await speaker.do(step)
                    if counted and reply.turn:
                        steps.append(step)
                        turns.append(reply.turn)
        clock = await way.turns()
    marks = by_turn(_lines(noted / "app.jsonl"))
    spent = {str(line["turn"]): line["spent"] for line in _lines(noted / "rasa.jsonl")}
    found: dict[str, list[Phases]] = {"typed": [], "button": []}
    for step, (chat, number) in zip(steps, turns, strict=True):
        turn = clock[chat][number]
        phases = of_turn(turn, marks.get(turn.update_id, {}), spent.get(str(turn.update_id), {}))
        if phases:  # what the bot answers without Rasa has no such steps
            found["button" if step.tapped else "typed"].append(phases)
    return {kind: medians(all_phases) for kind, all_phases in found.items()}


async def _growth(
    folder: Path, trained: Path, samples: Path, *, is_stock: bool
) -> dict[str, Phases]:
    noted = folder / "noted"
    coming = bare_rasa(folder, trained, samples, stock=is_stock, profile=noted)
    async with coming as way:
        talk = load().long_talk(GROWTH + WINDOW)
        speaker = await way.newcomer(talk.language)
        took = [(await speaker.do(step)).last for step in talk.steps]
    spent = [line["spent"] for line in _lines(noted / "rasa.jsonl")][-len(took) :]
    phases = [within_rasa(whole, inner) for whole, inner in zip(took, spent, strict=True)]
    return {str(at): medians(phases[max(at - WINDOW, 0) : at + WINDOW]) for at in AT}


def by_turn(lines: Iterable[Json]) -> dict[int, dict[str, float]]:
    """When each turn came to the end of each step, by update id."""
    found: dict[int, dict[str, float]] = {}
    for line in lines:
        found.setdefault(line["turn"], {})[line["step"]] = line["at"]
    return found


def of_turn(turn: Turn, marks: dict[str, float], spent: Phases) -> Phases:
    """Milliseconds of each step of one turn; nothing where Rasa had no part in it.

    Args:
        turn: by the sandbox's clock.
        marks: when each step was done.
        spent: seconds within Rasa.
    """
    times = marks | {"sent": turn.sent[-1]}
    if any(step not in times for step in STEPS):
        return {}
    before = turn.queued
    found: Phases = {}
    for step in STEPS:
        found[step] = (times[step] - before) * 1000
        before = times[step]
    inner = within_rasa(found["answered"] / 1000, spent)
    return {**found, **{phase: inner[phase] for phase in RASA}, WHOLE: turn.last * 1000}


def within_rasa(whole: float, spent: Phases) -> Phases:
    """Milliseconds of each phase of Rasa; `whole` and `spent` are seconds."""
    found = {phase: spent.get(phase, 0.0) * 1000 for phase in RASA if phase != "rest"}
    return {**found, "rest": whole * 1000 - sum(found.values()), WHOLE: whole * 1000}


def medians(turns: Sequence[Phases]) -> Phases:
    """The median of each phase."""
    names = turns[0] if turns else {}
    return {name: round(median(turn[name] for turn in turns), 2) for name in names}


def tables(numbers: Json) -> list[Table]:
    """The profile to read."""
    kinds = numbers["turn"]
    turn = Table("a turn over the sandbox, ms", *kinds, title="Where a turn's time goes")
    for step, words in STEPS.items():
        turn.add_row(words, *(f"{kinds[kind].get(step, 0):.1f}" for kind in kinds))
        for phase, inner in RASA.items() if step == "answered" else ():
            turn.add_row(f"  {inner}", *(f"{kinds[kind].get(phase, 0):.1f}" for kind in kinds))
    turn.add_row(WHOLE, *(f"{kinds[kind].get(WHOLE, 0):.1f}" for kind in kinds))
    columns = [(name, at) for name in numbers["rasa"] for at in numbers["rasa"][name]]
    heads = [f"{name}, turn {at}" for name, at in columns]
    rasa = Table("within Rasa, ms", *heads, title="As the conversation grows")
    for phase, words in (RASA | {WHOLE: WHOLE}).items():
        rasa.add_row(words, *(f"{numbers['rasa'][name][at][phase]:.1f}" for name, at in columns))
    return [turn, rasa]


def _lines(file: Path) -> list[Json]:
    if not file.exists():
        raise BenchFailed(f"Nothing was noted in {file}.")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
