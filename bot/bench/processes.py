"""The processes that are measured: started, waited for, weighed and ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter

import httpx
import psutil

from bot.errors import SetupError
from bot.supervisor import Child

START_SECONDS = 240
END_SECONDS = 15

SANDBOX = "sandbox"  # it stands for Telegram, and is no part of what runs for an operator
ROLES = {
    "-m nlu.serve ": "Rasa",
    "-m bot.bench.rasa_phases ": "Rasa",
    "-m rasa ": "Rasa",
    "-m bot app": "app",
    "-m bot run": "supervisor",
    "-m bot.bench.sandbox": SANDBOX,
    "-m bot.bench.actions": "actions",
}


@dataclass(frozen=True)
class Memory:
    """What a process holds, in bytes.

    Attributes:
        process: what it does.
        rss: resident, shared pages counted in full.
        uss: its own pages alone.
        pss: its own, and its share of the shared ones; sums without counting a page twice. Only
            Linux tells it; `uss` stands in for it elsewhere.
    """

    process: str
    rss: int
    uss: int
    pss: int


@asynccontextmanager
async def running(*children: Child) -> AsyncIterator[float]:
    """Runs the children for as long as the block lasts.

    Yields:
        Seconds until the last of them was up.

    Raises:
        SetupError: one of them does not come up; with the end of its log.
    """
    began = perf_counter()
    try:
        for child in children:
            await child.start()
        for child in children:
            await _until_well(child)
        yield perf_counter() - began
    finally:
        await asyncio.gather(*(_end(child) for child in children))


async def answers(url: str) -> bool:
    """Whether there is a good answer at an address."""
    async with httpx.AsyncClient(timeout=5) as client:
        try:
            return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False


def weigh(children: Iterable[Child]) -> list[Memory]:
    """The memory of the children and of all that they started."""
    weights = []
    for child in children:
        assert child.process is not None  # noqa: S101 - it is running
        root = psutil.Process(child.process.pid)
        for process in (root, *root.children(recursive=True)):
            full = process.memory_full_info()
            pss = getattr(full, "pss", full.uss)
            weights.append(Memory(role(process.cmdline()), full.rss, full.uss, pss))
    return weights


def role(command: list[str]) -> str:
    """What a process does, by its command line."""
    line = " ".join([*command, ""])
    return next((name for mark, name in ROLES.items() if mark in line), line.strip())


async def _until_well(child: Child) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            while child.process and child.process.returncode is None:
                if await child.healthy():
                    return
                await asyncio.sleep(0.05)
    raise SetupError(f"{child.name} does not start.\n{child.last_lines()}\nLog: {child.log_file}")


async def _end(child: Child) -> None:
    """The demo ends its own children before itself, which may take longer than others get."""
    if child.process and child.process.returncode is None:
        child.process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await child.process.wait()
    await child.stop()
