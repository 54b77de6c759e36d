"""The machine that a benchmark ran on."""

import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bot import model

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


def _cpu() -> str:
    """The processor's name; Linux keeps it in a file of its own."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
