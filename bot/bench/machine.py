"""The machine that a benchmark ran on."""

import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bot import model
from bot.settings import ROOT

VERSIONS = (
    "import platform; from importlib.metadata import version; "
    "print(platform.python_version(), version('rasa'))"
)


def describe() -> dict[str, Any]:
    """Processors, memory (bytes), system and versions."""
    command = [str(model.PYTHON), "-c", VERSIONS]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    rasa_python, _, rasa = said.stdout.strip().partition(" ")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": psutil.cpu_count(),
        "memory": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "python_of_rasa": rasa_python,
        "rasa": rasa,
        "model": model.fingerprint(),
    }


ENVIRONMENTS = {".venv": "app", ".venv-rasa": "Rasa", ".venv-stock": "Rasa as it comes"}


def disk() -> dict[str, int]:
    """What each environment takes on the disk, in bytes, by its folder."""
    return {name: _size(ROOT / name) for name in ENVIRONMENTS if (ROOT / name).exists()}


def set_up() -> dict[str, float]:
    """Seconds that it took to make each environment, where the launcher has noted it."""
    noted = {name: sorted((ROOT / name).glob(".seconds-*")) for name in ENVIRONMENTS}
    return {
        name: sum(float(file.read_text(encoding="utf-8")) for file in files)
        for name, files in noted.items()
        if files
    }


def _size(folder: Path) -> int:
    """Blocks that its files take; one with several names counts once."""
    found = (file.lstat() for file in folder.resolve().rglob("*") if not file.is_symlink())
    return sum({one.st_ino: one.st_blocks * 512 for one in found}.values())


def _cpu() -> str:
    """The processor's name; Linux keeps it in a file of its own."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
