"""What goes wrong on purpose: kills, Telegram's bad days, a disk on which nothing is written."""

import asyncio
import os
import resource
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bot.sandbox.faults import Fault, Faults
from bot.supervisor import Child

CHILD_SECONDS = 5.0
# How often they are killed when they are well. Rasa takes long to start.
WELL = {"app": 0.85, "rasa": 0.5}
FULL_SECONDS = 6.0
# Where every write lies beyond: even a small database has more pages.
FULL_BYTES = 4096
MOST_AT_ONCE = 3
BAD_DAYS: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "method": "sendMessage", "times": 2, "retry_after": 1},
    "429 for anything": {"status": 429, "retry_after": 1},
    "500": {"status": 500, "method": "sendMessage"},
    "500 after doing it": {"status": 500, "method": "sendMessage", "performed": True},
    "cut off": {"method": "sendMessage", "drop": True},
    "cut off after doing it": {"method": "sendMessage", "drop": True, "performed": True},
    "a copy cut off after it was made": {
        "method": "copyMessage",
        "drop": True,
        "performed": True,
    },
    "no updates": {"status": 502, "method": "getUpdates"},
    "no updates, cut off": {"drop": True, "method": "getUpdates"},
    "no answer for long": {"status": 504, "method": "sendMessage", "hold": 25.0},
}
UNLIMITED = resource.RLIM_INFINITY


@dataclass
class Troubles:
    """Makes trouble until enough processes have been killed.

    Attributes:
        kills: how many are to be killed.
        done: how often what was done.
    """

    children: tuple[Child, ...]
    faults: Faults
    random: Random
    kills: int
    show: Callable[[str, int, int | None], None]
    done: Counter[str] = field(default_factory=Counter)

    @property
    def killed(self) -> int:
        """How many have been killed."""
        return sum(self.done[f"{child.name} killed"] for child in self.children)

    async def run(self) -> None:
        """Returns once all of it has happened."""
        bad_days = asyncio.create_task(self._bad_days())
        try:
            async with asyncio.TaskGroup() as group:
                for child in self.children:
                    group.create_task(self._kill_again_and_again(child))
                group.create_task(self._fill_the_disk())
        finally:
            bad_days.cancel()
            self.faults.ordered.clear()

    async def _kill_again_and_again(self, child: Child) -> None:
        while self.killed < self.kills:
            # When it is well, or while it is starting.
            if self.random.random() < WELL[child.name]:
                while not await child.healthy():
                    await asyncio.sleep(0.1)
            await asyncio.sleep(self.random.uniform(0, CHILD_SECONDS))
            process = child.process
            if self.killed < self.kills and process and process.returncode is None:
                os.kill(process.pid, signal.SIGKILL)
                self.done[f"{child.name} killed"] += 1
                self.show("Killing", self.killed, self.kills)
                await process.wait()

    async def _bad_days(self) -> None:
        while True:
            await asyncio.sleep(self.random.uniform(0.2, 2))
            # Not more than the bot meets: while it is down nothing is to pile up.
            if sum(fault.times for fault in self.faults.ordered) < MOST_AT_ONCE:
                name = self.random.choice(tuple(BAD_DAYS))
                self.faults.ordered = [one for one in self.faults.ordered if one.times > 0]
                self.faults.ordered.append(Fault(**BAD_DAYS[name]))
                self.done[name] += 1

    async def _fill_the_disk(self) -> None:
        """Halfway through no file can be written for some seconds."""
        while self.killed * 2 < self.kills:
            await asyncio.sleep(0.1)
        self.done["disk full"] += 1
        until = asyncio.get_running_loop().time() + FULL_SECONDS
        while asyncio.get_running_loop().time() < until:
            self._limit(FULL_BYTES)  # again and again: one of them may just have been started
            await asyncio.sleep(0.05)
        self._limit(UNLIMITED)

    def _limit(self, size: int) -> None:
        """Files may not be written beyond a size. Python ignores the signal and gets an error."""
        for child in self.children:
            process = child.process
            if process and process.returncode is None:
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, UNLIMITED))
