"""The numbers of a run as pages: one with the curves, and tables for docs/performance.md."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.bench.criteria import CROWD, WANTED
from bot.bench.phases import RASA, STEPS, WHOLE
from bot.bench.results import BUSY, FIGURES, KINDS, MB
from bot.drawing import Axis, Curve, draw

type Json = dict[str, Any]

SHARES = (50, 95, 99)


def page(numbers: Json) -> str:
    """One HTML file that needs no net.

    Args:
        numbers: what `report.as_json` gave.
    """
    return _render("page.html", numbers | {"drawings": drawings(numbers)})


def document(bench: Json, profile: Json) -> str:
    """docs/performance.md.

    Args:
        bench: what `report.as_json` gave.
        profile: what `phases.measure` gave.
    """
    ways, environments = bench["ways"], bench["set_up"]["environments"]
    grown = [way for way, measured in ways.items() if measured["growth_ms"]]
    within = [(name, at) for name, turns in profile["rasa"].items() for at in turns]
    tables = {
        "criteria": _table(
            ("wanted", "measured", ""),
            [
                (one["wanted"], f"{one['measured']:.2f} {one['unit']}",
                 "met" if one["met"] else "**missed**")
                for one in bench["criteria"]
            ],
        ),
        "ways": _table(
            ("", *(f"({way}) {measured['title']}" for way, measured in ways.items())),
            [
                (name, *(measured["figures"][key] for measured in ways.values()))
                for key, name in FIGURES.items()
            ],
        ),
        "kinds": _table(
            ("over the sandbox (b)", "turns", "median, ms", "95 %, ms", "median of the driver, ms"),
            [
                (KINDS[kind], found["turns"], found["median_ms"], found["p95_ms"],
                 found["driver_median_ms"])
                for kind, found in ways["b"]["kinds"].items()
            ],
        ),
        "growth": _table(
            ("turn", *(f"({way}), ms" for way in grown), "(c) as a multiple of (a)"),
            [
                (turn, *costs.values(), f"{costs['c'] / costs['a']:.1f} ×")
                for turn, costs in bench["growth"].items()
            ],
        ),
        "crowds": _table(
            ("residents", "", "turns a second", "50 %, ms", "95 %, ms", "99 %, ms", "in order"),
            [
                (level["residents"], KINDS[level["kind"]], level["turns_a_second"],
                 *(level[f"p{share}_ms"] for share in SHARES),
                 f"{level['in_order']} of {level['residents']}")
                for level in ways["b"]["crowds"]
            ],
        ),
        "turn": _table(("step", *profile["turn"]), list(_steps(profile["turn"]))),
        "rasa": _table(
            ("phase", *(f"{name}, turn {at}" for name, at in within)),
            [
                (words, *(profile["rasa"][name][at][phase] for name, at in within))
                for phase, words in (RASA | {WHOLE: WHOLE}).items()
            ],
        ),
        "processes": _table(
            ("", *(f"({way})" for way in ways)),
            [
                (FIGURES[key], *(way["figures"][key] for way in ways.values()))
                for key in ("memory_mb", "start_seconds")
            ],
        ),
        "memory": _table(
            ("process of (b)", "PSS, MB"),
            [(one["process"], f"{one['pss'] / MB:.0f}") for one in ways["b"]["memory"]],
        ),
        "environments": _table(
            ("environment", "disk, MB", "made in, s"),
            [
                (f"`{name}`", f"{size / MB:.0f}", environments.get(name, "not known"))
                for name, size in bench["set_up"]["disk"].items()
            ],
        ),
    }  # fmt: skip
    busy = [note for note in bench["notes"] if "measure again" in note]
    if profile["other_programs_percent"] > BUSY:
        busy.append("Other programs were at work before the profile: measure again.")
    return _render("performance.md", {"bench": bench, "busy": busy, "tables": tables})


def _steps(kinds: dict[str, dict[str, float]]) -> Iterator[tuple[object, ...]]:
    for step, words in STEPS.items():
        yield words, *(phases[step] for phases in kinds.values())
        for phase, inner in RASA.items() if step == "answered" else ():
            yield f"· of it {inner}", *(phases[phase] for phases in kinds.values())
    yield WHOLE, *(phases[WHOLE] for phases in kinds.values())


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table as Markdown; the first column to the left, the others to the right."""
    shown = [[f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row]
             for row in rows]  # fmt: skip
    lines = [head, ["---", *(["---:"] * (len(head) - 1))], *shown]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def drawings(numbers: Json) -> dict[str, Markup]:
    """The curves, by the name of the file that they would have."""
    ways = numbers["ways"]
    costs = {
        way: _by_turn(measured["growth_ms"])
        for way, measured in ways.items()
        if measured["growth_ms"]
    }
    turns = Axis("turn of the conversation")
    found = {}
    if {"a", "b"} <= set(costs):
        found["growth"] = draw(
            "A turn as the conversation grows: ours and stock Rasa",
            [_growth(way, ways, costs) for way in costs],
            turns,
            Axis("milliseconds"),
        )
        found["growth-ours"] = draw(
            "The same, ours alone",
            [_growth(way, ways, costs) for way in ("a", "b")],
            turns,
            Axis("milliseconds"),
        )
    crowds = ways["b"]["crowds"]
    kinds = list(dict.fromkeys(level["kind"] for level in crowds))
    residents = Axis("residents at once", doubling=True)
    if crowds:
        found["crowds"] = draw(
            "Residents at once: turns a second",
            [
                Curve(KINDS[kind], _levels(crowds, kind, "turns_a_second"), dots=True)
                for kind in kinds
            ]
            + [
                Curve(
                    f"wanted with {CROWD}, {KINDS[kind]}",
                    [(at, WANTED[f"{kind}_crowd"].limit) for at in (1, crowds[-1]["residents"])],
                    dashed=True,
                    colour=number,
                )
                for number, kind in enumerate(kinds)
            ],
            residents,
            Axis("turns a second"),
        )  # fmt: skip
    for kind in kinds:
        found[f"crowds-{kind}"] = draw(
            f"Residents at once: how long a turn takes, {KINDS[kind]}",
            [
                Curve(f"{share} %", _levels(crowds, kind, f"p{share}_ms"), dots=True)
                for share in SHARES
            ],
            residents,
            Axis("milliseconds"),
        )
    return found


def _growth(way: str, ways: Json, costs: dict[str, list[float]]) -> Curve:
    return Curve(f"({way}) {ways[way]['title']}", list(enumerate(costs[way], 1)))


def _by_turn(talks: Sequence[Sequence[float]]) -> list[float]:
    """The cost of each turn: the median of the conversations."""
    return [median(turn) for turn in zip(*talks, strict=True)]


def _levels(crowds: Sequence[Json], kind: str, what: str) -> list[tuple[float, float]]:
    return [(level["residents"], level[what]) for level in crowds if level["kind"] == kind]


def _render(template: str, facts: Json) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=template.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(
        facts | {"figures": FIGURES, "kinds": KINDS, "MB": MB}
    )
