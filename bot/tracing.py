"""How far a turn has come, and when: to see where its time goes.

Each process notes it into a file of its own, in the folder that `SEURA_PROFILE` names. Where it
names none, `mark` does nothing. Only update ids and times are noted. Rasa's Python reads this, too.
"""

import json
import time
from pathlib import Path
from typing import Any, TextIO

_file: TextIO | None = None


def start(folder: Path, name: str) -> None:
    """Notes from now on, an object a line, into `NAME.jsonl` in the folder."""
    global _file
    stop()
    folder.mkdir(parents=True, exist_ok=True)
    _file = (folder / f"{name}.jsonl").open("a", encoding="utf-8", buffering=1)


def stop() -> None:
    """Notes nothing any more."""
    global _file
    if _file:
        _file.close()
    _file = None


def mark(step: str, *turns: int) -> None:
    """Notes `{turn, step, at}`: that turns have come to the end of a step.

    Args:
        step: what is done now.
        turns: the update ids.
    """
    if _file:
        at = time.time()  # of the clock that all processes of a machine share
        for turn in turns:
            note({"turn": turn, "step": step, "at": at})


def note(facts: dict[str, Any]) -> None:
    """Notes anything else."""
    if _file:
        _file.write(json.dumps(facts) + "\n")
