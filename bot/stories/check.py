"""The check of what staff edit: in a second or two, before a model is trained on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from bot.settings import ROOT
from bot.stories.checks import (
    contradictions,
    crisis,
    examples,
    knowledge,
    shape,
    talk,
    tone,
    wording,
)
from bot.stories.reading import Problem, Unreadable
from bot.stories.sources import Sources

# Gives the problems that it finds.
type Check = Callable[[Sources], Iterable[Problem]]

CHECKS: tuple[Check, ...] = (
    *shape.CHECKS,
    *wording.CHECKS,
    *talk.CHECKS,
    *contradictions.CHECKS,
    *examples.CHECKS,
    *knowledge.CHECKS,
    *tone.CHECKS,
    *crisis.CHECKS,
)


def check(
    root: Path,
    code: Path = ROOT,
    checks: Sequence[Check] = CHECKS,
    instead: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Everything to mend, by file and line; empty when all is well.

    Args:
        root: the folder of what staff edit.
        code: the folder that has `actions/` and `bot/`.
        checks: those that are made.
        instead: texts that are not saved yet, by path.
    """
    try:
        sources = Sources.read(root, code, instead)
    except Unreadable as error:
        found = set(error.problems)
    else:
        found = {problem for one in checks for problem in one(sources)}
    return sorted(found, key=lambda problem: (problem.file, problem.line, problem.key))
