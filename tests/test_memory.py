"""What must stay out of processes that run for months: looked for in fresh ones."""

import subprocess
import sys

import pytest

from bot.settings import ROOT

HEAVY = (
    "sklearn", "scipy", "pandas", "py3langid",
    "extruct", "requests", "openpyxl", "pyproj", "shapely",
)  # fmt: skip


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("bot.app", HEAVY),
        # What watches the others hardly weighs anything itself.
        ("bot.cli", (*HEAVY, "numpy", "sqlalchemy", "telegram", "httpx", "aiohttp", "uvicorn")),
    ],
)
def test_a_process_that_stays_leaves_large_libraries_out(
    module: str, absent: tuple[str, ...]
) -> None:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert sorted(set(loaded) & set(absent)) == []
