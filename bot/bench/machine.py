"""The machine that a benchmark ran on."""

import platform
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from importlib.metadata import distributions
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


ENVIRONMENTS = (".venv", ".venv-rasa", ".venv-stock")
BLOCK = 512  # bytes, as stat counts


def disk() -> dict[str, int]:
    """What each environment takes on the disk, in bytes, by its folder.

    Of the app's, what only developers have (the tests' packages) is left out.
    """
    sizes = {name: _size(ROOT / name) for name in ENVIRONMENTS if (ROOT / name).exists()}
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    for_developers = packages_of(lock, "dev") - packages_of(lock, "app")
    installed = {_plain(one.metadata["Name"]): one for one in distributions()}
    for name in for_developers & set(installed):
        sizes[".venv"] -= sum(_blocks(Path(file.locate())) for file in installed[name].files or ())
    return sizes


def packages_of(lock: dict[str, Any], group: str) -> set[str]:
    """The names of all packages that a dependency group brings with it.

    Args:
        lock: the content of `uv.lock`.
        group: of `pyproject.toml`.
    """
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in lock["package"]:
        packages.setdefault(package["name"], []).append(package)
    found: set[str] = set()
    asked = list(packages["seura"][0]["dev-dependencies"][group])
    while asked:
        one = asked.pop()
        extras = one.get("extra", ())
        for package in packages[one["name"]]:
            optional = package.get("optional-dependencies", {})
            asked += [more for extra in extras for more in optional.get(extra, ())]
            if one["name"] not in found:
                asked += package.get("dependencies", ())
        found.add(one["name"])
    return found


def set_up() -> dict[str, float]:
    """Seconds that it took to make each environment, where the launcher has noted it."""
    noted = {name: ROOT / name / ".seconds" for name in ENVIRONMENTS}
    return {
        name: float(file.read_text(encoding="utf-8"))
        for name, file in noted.items()
        if file.exists()
    }


def _size(folder: Path) -> int:
    """Blocks that its files take; one with several names counts once."""
    found = (file.lstat() for file in folder.resolve().rglob("*") if not file.is_symlink())
    return sum({one.st_ino: one.st_blocks * BLOCK for one in found}.values())


def _blocks(file: Path) -> int:
    return file.stat().st_blocks * BLOCK if file.exists() else 0


def _plain(name: str) -> str:
    """A package's name as `uv.lock` writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _cpu() -> str:
    """The processor's name; Linux keeps it in a file of its own."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
