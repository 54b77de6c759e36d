"""What is wanted of the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bot.bench.results import MB, Result, SetUp, quotient, ratios

CROWD = 32  # residents at once that turns a second are wanted with
RUNS = (".venv", ".venv-rasa")  # what an operator has


@dataclass(frozen=True)
class Criterion:
    """One thing that is wanted, and what was measured of it."""

    wanted: str
    measured: float
    unit: str
    met: bool


@dataclass(frozen=True)
class Wanted:
    """One thing that is wanted: at most this, or at least.

    Attributes:
        what: is measured.
        limit: that it is held against.
        unit: of both.
        least: whether more is better.
    """

    what: str
    limit: float
    unit: str
    least: bool = False

    def judge(self, measured: float) -> Criterion:
        """Holds a number against it."""
        met = measured >= self.limit if self.least else measured <= self.limit
        words = f"{self.what}: at {'least' if self.least else 'most'} {self.limit:g} {self.unit}"
        return Criterion(words, measured, self.unit, met)


WANTED = {
    "full_to_bare": Wanted("(b) at the median, as a multiple of (a)", 1.5, "×"),
    "stock_to_bare": Wanted("(a) at the median, times faster than (c)", 2, "×", least=True),
    "typed": Wanted("(b) typed turn", 25, "ms"),
    "button": Wanted("(b) button turn", 12, "ms"),
    "action": Wanted("(b) turn with a custom action", 20, "ms"),
    "bare_growth": Wanted("(a) turn 200, as a multiple of turn 10", 1.2, "×"),
    "full_growth": Wanted("(b) turn 200, as a multiple of turn 10", 1.2, "×"),
    "stock_at_10": Wanted("(a) at turn 10, times faster than (c)", 4, "×", least=True),
    "stock_at_150": Wanted("(a) at turn 150, times faster than (c)", 20, "×", least=True),
    "typed_crowd": Wanted(f"(b) typed, {CROWD} residents at once", 120, "a second", least=True),
    "button_crowd": Wanted(f"(b) buttons, {CROWD} residents at once", 250, "a second", least=True),
    "in_order": Wanted("(b) residents answered in order", 100, "%", least=True),
    "memory": Wanted("(b) processes of ./seura run (PSS)", 450, "MB"),
    "start": Wanted("(b) ./seura run to ready", 12, "s"),
    "disk": Wanted("both environments on disk", 1500, "MB"),
}


def criteria(results: Sequence[Result], set_up: SetUp) -> list[Criterion]:
    """What the benchmark is held against; what was not measured is left out."""
    measured = _measured(results, set_up)
    return [
        wanted.judge(number)
        for name, wanted in WANTED.items()
        if (number := measured.get(name)) is not None
    ]


def _measured(results: Sequence[Result], set_up: SetUp) -> dict[str, float | None]:
    """The number for each name of WANTED, where there is one."""
    bare, full, stock = results[:3]
    kinds = {kind: median(t.last for t in turns) * 1000 for kind, turns in full.kinds().items()}
    crowds = {
        f"{level.kind}_crowd": len(level.turns) / level.seconds
        for level in full.crowds
        if level.residents == CROWD
    }
    in_order = [level.in_order / level.residents * 100 for level in full.crowds]
    sizes = [set_up.disk[name] for name in RUNS if name in set_up.disk]
    return {
        "full_to_bare": ratios(full, bare)["median_ms"],
        "stock_to_bare": ratios(stock, bare)["median_ms"],
        "bare_growth": quotient(bare.cost_at(200), bare.cost_at(10)),
        "full_growth": quotient(full.cost_at(200), full.cost_at(10)),
        "stock_at_10": quotient(stock.cost_at(10), bare.cost_at(10)),
        "stock_at_150": quotient(stock.cost_at(150), bare.cost_at(150)),
        "in_order": min(in_order, default=None),
        "memory": full.figures()["memory_mb"],
        "start": full.start,
        "disk": sum(sizes) / MB if len(sizes) == len(RUNS) else None,
        **{kind: kinds.get(kind) for kind in ("typed", "button", "action")},
        **crowds,
    }
