"""The numbers of the last run, to be held beside those of this one."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.evaluation.measuring import Evaluation

type Numbers = dict[str, Any]


def numbers(evaluation: Evaluation, model: str) -> Numbers:
    """Everything measured, without the messages, ready for JSON."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": model,
        "sets": {
            one.name: {
                **asdict(one.scores),
                "asked_again": one.asked_again,
                "misunderstood": one.misunderstood,
                "median_ms": one.median_ms,
                "wrong": sorted(told.text for told in one.told if told.leaf != told.label),
            }
            for one in evaluation.sets
        },
        "several": asdict(evaluation.several) if evaluation.several else None,
    }


def last(path: Path) -> Numbers | None:
    """The numbers kept from the last run; none when there was none, or they can't be read."""
    try:
        kept: Numbers = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept.get("sets"), dict) else None


def keep(path: Path, found: Numbers) -> None:
    """Keeps this run's numbers for the next one."""
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
