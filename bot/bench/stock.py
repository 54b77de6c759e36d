"""The stock pipeline: what `rasa init` writes, trained on our data."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

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


async def train(
    settings: Settings, show: Callable[[str], None], epochs: int | None = None
) -> tuple[Path, list[str]]:
    """Trains the stock model of the present files, unless it is there.

    Args:
        settings: where it is kept.
        show: is told the component that is being trained.
        epochs: as in `config`.

    Returns:
        The model, and the policies that Rasa left untrained.

    Raises:
        SetupError: training failed; with the end of its log.
    """
    folder = settings.var / "bench"
    name = f"stock-{model.fingerprint()}" + (f"-{epochs}" if epochs else "")
    path, log = folder / f"{name}.tar.gz", folder / f"{name}.log"
    if path.exists() and log.exists():
        return path, skipped(log.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "stock.yml"
    written.write_text(config(epochs), encoding="utf-8")
    command = [
        str(model.STOCK_PYTHON), "-m", "rasa", "train", "--config", str(written),
        "--domain", "domain.yml", "--data", "nlu", "stories",
        "--out", str(folder), "--fixed-model-name", name,
    ]  # fmt: skip
    environment = model.rasa_environment(settings, settings.actions_port, "")
    child = Child(name, command, environment, folder, _is_well)
    log.unlink(missing_ok=True)
    try:
        await child.start()
        while child.process and child.process.returncode is None:
            show(component(log.read_text(encoding="utf-8", errors="replace")))
            await asyncio.sleep(1)
    finally:
        await child.stop()
    if not path.exists():
        raise SetupError(
            f"The stock model could not be trained.\n{child.last_lines()}\nAll of it: {log}"
        )
    return path, skipped(log.read_text(encoding="utf-8", errors="replace"))


def component(log: str) -> str:
    """The component that a training log speaks of last."""
    _, found, rest = log.rpartition("Starting to train component '")
    return rest.partition("'")[0] if found else "reading"


def skipped(log: str) -> list[str]:
    """The policies that a training log says were not trained."""
    return sorted(set(re.findall(r"Skipping training of `(\w+)`", log)))


async def _is_well() -> bool:
    return True
