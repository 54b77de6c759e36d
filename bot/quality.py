"""`./seura check` and `./seura test`: what developers and CI run."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bot import model
from bot.errors import SetupError
from bot.settings import ROOT, Settings
from bot.stories.check import check as check_stories

BIN = Path(sys.executable).parent
# Everything takes two processes: what needs the whole stack runs in one of them, in one group.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadgroup")


def check(settings: Settings, out: Console) -> None:
    """Style, types, import directions, the files that staff edit, and Rasa's own validation.

    Raises:
        SetupError: something was found; it has been printed.
    """
    found = [
        _run(out, "ruff: style", [str(BIN / "ruff"), "check", "."]),
        _run(out, "ruff: format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
        _run(out, "mypy: types", [str(BIN / "mypy")]),
        _run(
            out,
            "import directions",
            [sys.executable, "-m", "pytest", "-q", "--no-header", "tests/test_architecture.py"],
        ),
        _stories(out),
        _run(
            out,
            "rasa data validate",
            model.rasa_command(
                "data", "validate", "--domain", "domain.yml", "--data", "nlu", "stories"
            ),
            model.rasa_environment(settings, settings.actions_port, ""),
        ),
    ]
    if not all(found):
        raise SetupError("The check found something: see above.")


def test(arguments: Sequence[str], out: Console) -> None:
    """All tests, the conversation tests and those through the whole stack among them.

    Args:
        arguments: for pytest; without any, all tests run in two processes.
        out: where to say how it went.

    Raises:
        SetupError: a test failed; it has been printed.
    """
    if not _run(out, "tests", [sys.executable, "-m", "pytest", *(arguments or SIDE_BY_SIDE)]):
        raise SetupError("A test failed: see above.")


def _stories(out: Console) -> bool:
    problems = check_stories(ROOT)
    for problem in problems:
        out.print(str(problem), markup=False)
    _say(out, "stories and wording", not problems)
    return not problems


def _run(
    out: Console, what: str, command: list[str], environment: dict[str, str] | None = None
) -> bool:
    process = subprocess.run(command, cwd=ROOT, env=environment or dict(os.environ), check=False)  # noqa: S603
    _say(out, what, process.returncode == 0)
    return process.returncode == 0


def _say(out: Console, what: str, well: bool) -> None:
    out.print(f"{'[green]ok[/]  ' if well else '[red]no[/]  '}{what}")
