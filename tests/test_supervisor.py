import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from bot import supervisor
from bot.errors import SettingsError, SetupError
from bot.supervisor import Child, Supervisor, free_port

PATIENCE = 20  # seconds after which a test gives up waiting
STAYS = "import time; mark(); time.sleep(60)"
# Notes each start in a file: how often, and as which process.
MARK = """
import os, pathlib
def mark():
    with pathlib.Path(os.environ["MARK"]).open("a") as marks:
        marks.write(f"{os.getpid()}\\n")
"""


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RESTART_SECONDS", (0.0, 0.01, 0.02, 0.02, 0.02))


@pytest.fixture
def child(tmp_path: Path) -> Callable[..., Child]:
    """Makes small Python processes."""

    def make(script: str, name: str = "child") -> Child:
        mark = tmp_path / f"{name}.marks"

        async def healthy() -> bool:
            return mark.exists()

        environment = os.environ | {"MARK": str(mark), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-c", MARK + script]
        return Child(name, command, environment, tmp_path / "log", healthy)

    return make


def starts(child: Child) -> list[int]:
    """The processes that the child has been."""
    try:
        marks = Path(child.environment["MARK"]).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [int(line) for line in marks.splitlines()]


def lives(process: int) -> bool:
    """Whether it runs; a zombie does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    return False


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def supervised(*children: Child) -> AsyncIterator[asyncio.Event]:
    """The supervisor at work; gives what is set once all are well."""
    ready = asyncio.Event()
    work = asyncio.create_task(Supervisor(*children).run(ready.set))
    try:
        yield ready
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def fault_of(run: Awaitable[None]) -> BaseException:
    """What a supervisor that ends by itself ends with."""
    async with asyncio.timeout(PATIENCE):
        [fault] = await asyncio.gather(run, return_exceptions=True)
    assert isinstance(fault, BaseException)
    return fault


# --- starting and keeping --------------------------------------------------------------------


async def test_ready_is_told_once_all_are_well(child: Callable[..., Child]) -> None:
    first, second = child(STAYS, "first"), child(f"import time; time.sleep(0.3); {STAYS}", "second")
    async with supervised(first, second) as ready:
        await asyncio.wait_for(ready.wait(), PATIENCE)
        assert len(starts(first)) == len(starts(second)) == 1


async def test_what_dies_is_started_again_and_the_others_go_on(
    child: Callable[..., Child],
) -> None:
    dying, staying = child("mark(); raise SystemExit(1)", "dying"), child(STAYS, "staying")
    async with supervised(dying, staying) as ready:
        await asyncio.wait_for(ready.wait(), PATIENCE)
        await until(lambda: len(starts(dying)) >= 4)
        assert len(starts(staying)) == 1
        assert lives(starts(staying)[0])


async def test_what_was_killed_is_started_again(child: Callable[..., Child]) -> None:
    one = child(STAYS)
    async with supervised(one) as ready:
        await asyncio.wait_for(ready.wait(), PATIENCE)
        psutil.Process(starts(one)[0]).kill()
        await until(lambda: len(starts(one)) == 2)
        assert lives(starts(one)[1])


async def test_what_ends_because_of_its_settings_ends_all_with_its_reason(
    child: Callable[..., Child],
) -> None:
    script = "import sys; print('SEURA_PORT: a number is wanted.'); sys.exit(2)"
    faulty, staying = child(script, "faulty"), child(STAYS, "staying")
    fault = await fault_of(Supervisor(faulty, staying).run(lambda: None))
    assert type(fault) is SettingsError
    assert str(fault) == "SEURA_PORT: a number is wanted."
    assert not any(map(lives, starts(staying)))


async def test_settings_that_go_wrong_later_end_all_as_well(child: Callable[..., Child]) -> None:
    one = child("import sys, time; mark(); time.sleep(0.5); print('gone'); sys.exit(2)")
    readies: list[bool] = []
    fault = await fault_of(Supervisor(one).run(lambda: readies.append(True)))
    assert (type(fault), str(fault), readies) == (SettingsError, "gone", [True])


async def test_what_does_not_start_at_all_is_given_up_with_its_last_words(
    child: Callable[..., Child],
) -> None:
    script = "print(*range(30), sep='\\n'); raise SystemExit('no module named rasa')"
    fault = await fault_of(Supervisor(child(script, "rasa")).run(lambda: None))
    assert type(fault) is SetupError
    assert str(fault).startswith("rasa does not start.\n")
    assert str(fault).endswith("28\n29\nno module named rasa")
    assert "\n5\n" not in str(fault)


async def test_a_program_that_is_not_there_is_told(
    child: Callable[..., Child], tmp_path: Path
) -> None:
    missing = child("")
    missing.command = [str(tmp_path / "missing")]
    fault = await fault_of(Supervisor(missing).run(lambda: None))
    assert type(fault) is SetupError
    assert "missing" in str(fault)


# --- ending ----------------------------------------------------------------------------------


async def test_stopping_ends_all_children(child: Callable[..., Child]) -> None:
    children = [child(STAYS, f"child{number}") for number in range(3)]
    async with supervised(*children) as ready:
        await asyncio.wait_for(ready.wait(), PATIENCE)
    assert all(len(starts(one)) == 1 for one in children)
    assert not any(lives(process) for one in children for process in starts(one))


async def test_a_child_may_finish_what_it_is_doing(
    child: Callable[..., Child], tmp_path: Path
) -> None:
    script = """
import signal, sys, time
def finish(*_):
    time.sleep(0.3)
    print("finished")
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
mark()
time.sleep(60)
"""
    one = child(script)
    async with supervised(one) as ready:
        await asyncio.wait_for(ready.wait(), PATIENCE)
    assert one.last_lines() == "finished"


def test_whoever_ends_it_does_not_wait_long() -> None:
    assert supervisor.GRACE_SECONDS <= 5


async def test_who_does_not_listen_is_made_to_end(
    child: Callable[..., Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "GRACE_SECONDS", 0.3)
    script = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAYS}"
    deaf = [child(script, f"deaf{number}") for number in range(2)]
    async with supervised(*deaf) as ready:
        await asyncio.wait_for(ready.wait(), PATIENCE)
    assert not any(lives(process) for one in deaf for process in starts(one))


async def test_what_a_child_has_started_itself_ends_with_it(child: Callable[..., Child]) -> None:
    script = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {MARK + STAYS!r}])
mark()
time.sleep(60)
"""
    parent = child(script)
    async with supervised(parent) as ready:
        await asyncio.wait_for(ready.wait(), PATIENCE)
        await until(lambda: len(starts(parent)) == 2)
    await until(lambda: not any(map(lives, starts(parent))))


async def test_pressed_twice_it_ends_all_the_same(
    child: Callable[..., Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "GRACE_SECONDS", PATIENCE)
    deaf = child(f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAYS}")
    ready = asyncio.Event()
    work = asyncio.create_task(Supervisor(deaf).run(ready.set))
    await asyncio.wait_for(ready.wait(), PATIENCE)
    for _ in range(2):
        work.cancel()
        await asyncio.sleep(0.2)
    await asyncio.gather(work, return_exceptions=True)
    await until(lambda: not any(map(lives, starts(deaf))))


async def test_a_child_that_was_never_started_can_be_stopped(child: Callable[..., Child]) -> None:
    one = child(STAYS)
    await one.stop()
    assert starts(one) == []


# --- small parts -----------------------------------------------------------------------------


async def test_what_a_child_prints_is_added_to_its_log(child: Callable[..., Child]) -> None:
    one = child("import sys; print('out'); print('err', file=sys.stderr)")
    for _ in range(2):
        await one.start()
        assert one.process is not None
        await one.process.wait()
    assert sorted(one.last_lines().splitlines()) == ["err", "err", "out", "out"]
    assert len(one.last_lines(3).splitlines()) == 3


def test_a_free_port_is_free() -> None:
    port = free_port()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
