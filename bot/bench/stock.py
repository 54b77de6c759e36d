"""Training: of what `rasa init` writes, on our data, and of our own model beside it."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import yaml

from bot import model
from bot.errors import SetupError
from bot.settings import Settings
from bot.supervisor import Child

# Where Rasa keeps the pipeline and the policies that it fills in for a new project.
DEFAULTS = "lib/python3*/site-packages/rasa/engine/recipes/config_files/default_config.yml"


def config(epochs: int | None = None) -> str:
    """Rasa's own default configuration, as it is but for the language.

    Args:
        epochs: for the parts that are trained in epochs; as Rasa writes them by default.

    Raises:
        SetupError: it is not where this version of Rasa keeps it.
    """
    found = next(model.PYTHON.parent.parent.glob(DEFAULTS), None)
    if found is None:
        raise SetupError("Rasa's default configuration is not in .venv-rasa.")
    written = yaml.safe_load(found.read_text(encoding="utf-8"))
    for part in (*written["pipeline"], *written["policies"]) if epochs else ():
        if "epochs" in part:
            part["epochs"] = epochs
    return str(yaml.safe_dump(written | {"language": "fi", "assistant_id": "stock"}))


@dataclass(frozen=True)
class Trained:
    """A stock model.

    Attributes:
        path: the model.
        untrained: the policies that Rasa left untrained.
        seconds: that the training took, on whatever day it was; none where nobody looked.
    """

    path: Path
    untrained: list[str]
    seconds: float | None


async def train(
    settings: Settings, show: Callable[[str], None], epochs: int | None = None
) -> Trained:
    """Trains the stock model of the present files, unless it is there.

    Args:
        settings: where it is kept.
        show: is told the component that is being trained.
        epochs: as in `config`.

    Raises:
        SetupError: training failed; with the end of its log.
    """
    folder = settings.var / "bench"
    name = f"stock-{model.fingerprint()}" + (f"-{epochs}" if epochs else "")
    path, log, took = (folder / f"{name}{end}" for end in (".tar.gz", ".log", ".seconds"))
    if not (path.exists() and log.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        written = folder / "stock.yml"
        written.write_text(config(epochs), encoding="utf-8")
        command = [
            str(model.STOCK_PYTHON), "-m", "rasa", "train", "--config", str(written),
            "--domain", "domain.yml", "--data", "nlu", "stories",
            "--out", str(folder), "--fixed-model-name", name,
        ]  # fmt: skip
        seconds = await until_done(Child(name, command, _environment(settings), folder, is_well),
                                    path, show)  # fmt: skip
        took.write_text(f"{seconds:.1f}\n", encoding="utf-8")
    known = float(took.read_text(encoding="utf-8")) if took.exists() else None
    return Trained(path, skipped(log.read_text(encoding="utf-8", errors="replace")), known)


async def train_ours(settings: Settings, show: Callable[[str], None]) -> float:
    """Trains our model anew, as `./seura train` does, and throws it away.

    Returns:
        The seconds that it took.

    Raises:
        SetupError: training failed; with the end of its log.
    """
    folder = settings.var / "bench" / "run"
    path = folder / "ours.tar.gz"
    # --force: what Rasa kept of an earlier training would be taken from its cache.
    command = [*model.train_command(path), "--force"]
    child = Child("ours", command, _environment(settings), folder, is_well)
    try:
        return await until_done(child, path, show)
    finally:
        path.unlink(missing_ok=True)


def _environment(settings: Settings) -> dict[str, str]:
    return model.rasa_environment(settings, settings.actions_port, "")


async def until_done(
    child: Child,
    path: Path,
    show: Callable[[str], None],
    started: Callable[[], None] = lambda: None,
) -> float:
    """Waits while a process trains a model; gives the seconds that it took.

    Args:
        child: trains; it is started here, and stopped where nobody waits any longer.
        path: the model that there must be then.
        show: is told the component that is being trained.
        started: is called as soon as it runs.

    Raises:
        SetupError: training failed; with the end of its log.
    """
    began = perf_counter()
    child.log_file.unlink(missing_ok=True)
    try:
        await child.start()
        started()
        while child.process and child.process.returncode is None:
            show(component(child.log_file.read_text(encoding="utf-8", errors="replace")))
            await asyncio.sleep(0.5)
    finally:
        await child.stop()
    if not await asyncio.to_thread(path.exists):
        raise SetupError(
            f"{child.name}: the model could not be trained.\n{child.last_lines()}\n"
            f"All of it: {child.log_file}"
        )
    return perf_counter() - began


def component(log: str) -> str:
    """The component that a training log speaks of last."""
    _, found, rest = log.rpartition("Starting to train component '")
    return rest.partition("'")[0] if found else "reading"


def skipped(log: str) -> list[str]:
    """The policies that a training log says were not trained."""
    return sorted(set(re.findall(r"Skipping training of `(\w+)`", log)))


async def is_well() -> bool:
    """A training is never asked how it does."""
    return True
