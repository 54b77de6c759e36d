"""Starts the processes, waits until they are well, restarts what dies, and ends them all."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot.errors import SettingsError, SetupError

log = structlog.get_logger(__name__)

GRACE_SECONDS = 4.0
RESTART_SECONDS = (0.5, 2.0, 5.0, 15.0, 30.0)
SETTINGS_STATUS = 2


def free_port() -> int:
    """A port on the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_port(port: int) -> None:
    """Checks that a port on the loopback interface can be listened on.

    Raises:
        SetupError: something else listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SetupError(f"Port {port} is taken: choose another one with --port.") from error


@dataclass
class Child:
    """A process of ours.

    Attributes:
        name: for the log file and the messages.
        command: program and arguments.
        environment: all of it.
        folder: where logs go.
        healthy: says whether it is up.
        started_in: the folder that it starts in; the present one by default.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    folder: Path
    healthy: Callable[[], Awaitable[bool]]
    started_in: Path | None = None
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def log_file(self) -> Path:
        """What it prints."""
        return self.folder / f"{self.name}.log"

    async def start(self) -> None:
        """Starts it, in a session of its own, so that Ctrl-C reaches only the supervisor.

        Raises:
            SetupError: there is no such program.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as out:
            try:
                self.process = await asyncio.create_subprocess_exec(
                    *self.command,
                    env=self.environment,
                    cwd=self.started_in,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=out,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise SetupError(f"{self.name} can't be started: {error}.") from error

    async def stop(self) -> None:
        """Asks it to end; makes it end where it does not, and whatever it has started itself."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE_SECONDS):
                    await process.wait()
        finally:  # also when somebody does not want to wait for it any longer
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    def last_lines(self, count: int = 12) -> str:
        """The end of its log."""
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-count:])


class Supervisor:
    """Keeps children alive until it is told to stop."""

    def __init__(self, *children: Child) -> None:
        self.children = children

    async def run(self, ready: Callable[[], None]) -> None:
        """Starts all, calls `ready` once all are well, and runs until cancelled.

        Raises:
            SettingsError: a child ended because of its settings.
            SetupError: a child could not be started.
        """
        try:
            async with asyncio.TaskGroup() as group:
                up = [asyncio.Event() for _ in self.children]
                for child, event in zip(self.children, up, strict=True):
                    group.create_task(self._keep(child, event))
                for event in up:
                    await event.wait()
                ready()
        except* (SettingsError, SetupError) as faults:
            raise faults.exceptions[0] from None
        finally:
            await asyncio.gather(*(child.stop() for child in self.children))

    async def _keep(self, child: Child, up: asyncio.Event) -> None:
        failures = 0
        while True:
            await child.start()
            was_up = await self._until_up(child)
            if was_up:
                up.set()
                failures = 0
            assert child.process is not None  # noqa: S101 - started above
            status = await child.process.wait()
            if status == SETTINGS_STATUS:
                raise SettingsError(child.last_lines(3))
            if not up.is_set() and failures >= len(RESTART_SECONDS) - 2:
                raise SetupError(f"{child.name} does not start.\n{child.last_lines()}")
            pause = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
            failures += 1
            log.warning("a process ended and is started again", process=child.name, status=status)
            await asyncio.sleep(pause)

    async def _until_up(self, child: Child) -> bool:
        assert child.process is not None  # noqa: S101 - started by the caller
        while child.process.returncode is None:
            if await child.healthy():
                return True
            await asyncio.sleep(0.1)
        return False
