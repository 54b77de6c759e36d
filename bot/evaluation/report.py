"""What was measured, as a table for the terminal and as a page that needs no net."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.table import Table

from bot.drawing import Axis, Curve, draw
from bot.evaluation.history import Numbers
from bot.evaluation.measuring import Evaluation, Measured
from bot.evaluation.scores import (
    Understood,
    calibration,
    confusions,
    intent_of,
    risks,
)

TEMPLATE = "report.html"
# Sides of the drawings, and of the confusion picture's squares, in pixels.
SIDE = 320
CELL = 17
WORST = 25


@dataclass(frozen=True)
class Change:
    """A number now and in the last run."""

    what: str
    now: float
    before: float

    @property
    def difference(self) -> float:
        """How much it grew."""
        return self.now - self.before


def table(evaluation: Evaluation, before: Numbers | None) -> Table:
    """The sets, a row each; in brackets what changed since the last run."""
    shown = Table()
    for heading in ("set", "messages", "intents", "factors", "macro F1", "calibration error",
                    "asked again", "misunderstood", "median ms"):  # fmt: skip
        shown.add_column(heading, justify="left" if heading == "set" else "right")
    for one in evaluation.sets:
        old = (before or {}).get("sets", {}).get(one.name, {})
        shown.add_row(
            one.name,
            str(one.scores.messages),
            _number(one.scores.intents, old.get("intents")),
            _number(one.scores.factors, old.get("factors")),
            _number(one.scores.macro_f1, old.get("macro_f1")),
            _number(one.scores.calibration_error, None),
            _number(one.asked_again, None),
            _number(one.misunderstood, None),
            "" if one.median_ms is None else f"{one.median_ms:.1f}",
        )
    return shown


def page(evaluation: Evaluation, before: Numbers | None, model: str, threshold: float) -> str:
    """The report as one HTML file.

    Args:
        evaluation: what was measured.
        before: the numbers of the last run, where there was one.
        model: its fingerprint.
        threshold: below this confidence the bot asks again.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        sets=[_drawn(one, before, threshold) for one in evaluation.sets],
        several=evaluation.several,
        before=before,
        model=model,
        threshold=threshold,
        cell=CELL,
    )


def changes(one: Measured, before: Numbers | None) -> list[Change]:
    """Numbers of a set that differ from the last run, the overall ones first."""
    old = (before or {}).get("sets", {}).get(one.name)
    if not old:
        return []
    new: dict[str, Any] = {"intents": one.scores.intents, "factors": one.scores.factors}
    told = [(key, value, old.get(key)) for key, value in new.items()]
    told += [(f"F1 of {label}", f1, old["f1"].get(label)) for label, f1 in one.scores.f1.items()]
    return [
        Change(what, now, then)
        for what, now, then in told
        if now is not None and then is not None and abs(now - then) >= 0.0005
    ]


def newly_wrong(one: Measured, before: Numbers | None) -> tuple[list[Understood], list[str]]:
    """The messages that only this run got wrong, and those that only the last one did."""
    old = (before or {}).get("sets", {}).get(one.name)
    if not old:
        return [], []
    wrong = [told for told in one.told if told.leaf != told.label]
    all_texts = {told.text for told in one.told}
    now = {told.text for told in wrong}
    fresh = [told for told in wrong if told.text not in old["wrong"]]
    return fresh, [text for text in old["wrong"] if text in all_texts - now]


def _drawn(one: Measured, before: Numbers | None, threshold: float) -> dict[str, Any]:
    broken, mended = newly_wrong(one, before)
    curve = risks(one.told)
    chosen = min(curve, key=lambda risk: abs(risk.threshold - threshold))
    return {
        "measured": one,
        "matrix": _matrix(one.told),
        "calibration": draw(
            "Calibration",
            [
                Curve(
                    "measured",
                    [(step.confidence, step.right) for step in calibration(one.told)],
                    dots=True,
                ),
                Curve("as it should be", [(0, 0), (1, 1)], dashed=True),
            ],
            Axis("confidence", 1.0),
            Axis("share that is right", 1.0),
            *(SIDE, SIDE),
        ),
        "risk": draw(
            "Risk and coverage",
            [
                Curve("every threshold", [(risk.answered, risk.wrong) for risk in curve]),
                Curve(f"the chosen one, {threshold}", [(chosen.answered, chosen.wrong)], dots=True),
            ],
            Axis("share that is answered", 1.0),
            Axis("share of these that is wrong"),
            *(SIDE, SIDE),
        ),
        "chosen": chosen,
        "confusions": confusions(one.told)[:WORST],
        "changes": changes(one, before),
        "broken": broken,
        "mended": mended,
    }


def _matrix(told: Sequence[Understood]) -> dict[str, Any]:
    """Intents against intents: each cell as a share of its row's messages."""
    pairs = Counter((intent_of(one.label), intent_of(one.leaf)) for one in told)
    labels = sorted({label for pair in pairs for label in pair})
    totals = Counter(intent_of(one.label) for one in told)
    cells = [
        {
            "x": labels.index(taken),
            "y": labels.index(label),
            "label": label,
            "taken": taken,
            "count": count,
            "share": count / totals[label],
        }
        for (label, taken), count in sorted(pairs.items())
    ]
    return {"labels": labels, "cells": cells}


def _number(now: float | None, before: float | None) -> str:
    if now is None:
        return ""
    changed = before is not None and abs(now - before) >= 0.0005
    return f"{now:.3f} ({now - before:+.3f})" if changed and before is not None else f"{now:.3f}"
