"""The whole of Seura as `./seura demo` starts it: the sandbox, Rasa with its model, the app."""

import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from bot.cli import SANDBOX_TOKEN
from bot.keys import Keys
from bot.settings import ROOT
from bot.supervisor import free_port

Json = dict[str, Any]

START_SECONDS = 400  # a model may have to be trained first
STOP_SECONDS = 10
WAIT_SECONDS = 60

RASA, APP = "nlu.serve run", "bot app"  # what is in their command lines


def until(condition: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Waits until something is so, and fails in plain words when it does not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Stack:
    """A running demo.

    Attributes:
        var: its `SEURA_VAR`; the demo's own data are in `demo/` below it.
        sandbox: a client of its sandbox.
    """

    def __init__(self, var: Path, process: subprocess.Popen[str], url: str) -> None:
        self.var = var
        self.process = process
        self.sandbox = httpx.Client(base_url=url, timeout=WAIT_SECONDS + 10)

    def child(self, command: str) -> psutil.Process:
        """The process of the demo that has `command` in its command line."""
        return next(child for child in self._children() if command in " ".join(_line(child)))

    def kill(self, command: str) -> None:
        """Ends a process of the demo without a warning, as a crash would."""
        child = self.child(command)
        child.kill()
        psutil.wait_procs([child], timeout=STOP_SECONDS)

    def wait_for_action(self) -> None:
        """Waits until Rasa has asked the app, which is suspended, to run an action."""
        port = f":{int(self.child(APP).environ()['SEURA_ACTIONS_PORT']):04X}"

        def unread() -> bool:
            """Whether there are bytes at that port that nobody has read yet."""
            connections = Path("/proc/net/tcp").read_text().splitlines()[1:]
            fields = (line.split() for line in connections)
            return any(
                at.endswith(port) and int(queues[9:], 16) for _, at, _, _, queues, *_ in fields
            )

        until(unread, "Rasa waits for an action")

    def wait_for_rasa(self) -> None:
        """Waits until Rasa answers with its model loaded."""
        until(self._rasa_answers, "Rasa answers", START_SECONDS)

    def wait_for_call(self, method: str, after: int) -> None:
        """Waits until the bot makes a call to Telegram."""
        until(
            lambda: any(call["method"] == method for call in self.calls(after, wait=1)),
            f"the bot calls {method}",
        )

    def calls(self, after: int = 0, wait: float = 0) -> list[Json]:
        """The bot's calls to Telegram, from the number `after` on."""
        given = {"after": after, "wait": wait}
        return list(self.sandbox.get("/sandbox/calls", params=given).json()["calls"])

    def databases(self) -> bytes:
        """All that the demo's database files hold, byte by byte, write-ahead logs included."""
        for name in ("seura.db", "rasa.db"):
            self._rows(name, "PRAGMA wal_checkpoint(TRUNCATE)")
        return b"\0".join(file.read_bytes() for file in (self.var / "demo").glob("*.db*"))

    def files(self) -> bytes:
        """All that lies in the demo's folder, byte by byte: databases, logs and the rest."""
        self.databases()
        return b"\0".join(f.read_bytes() for f in (self.var / "demo").rglob("*") if f.is_file())

    def conversations(self) -> str:
        """What Rasa keeps of all conversations, decrypted."""
        keys = Keys.load(self.var / "demo" / "keys")
        rows = self._rows("rasa.db", "SELECT events FROM conversations")
        return "\n".join(keys.decrypt(row[0]) for row in rows)

    def sealed(self, value: str) -> bytes:
        """How an id or an alias lies in the database."""
        return Keys.load(self.var / "demo" / "keys").seal(value).encode()

    def logs(self) -> bytes:
        """All that the demo's processes have logged."""
        return b"\0".join(file.read_bytes() for file in self.var.rglob("*.log"))

    def wait_until_all_is_sent(self) -> None:
        """Waits until what the bot has said so far is marked as sent.

        What is not marked yet when the app dies is sent again afterwards.
        """
        waiting = "SELECT 1 FROM outgoing WHERE state IN ('pending', 'sending')"
        until(lambda: not self._rows("seura.db", waiting), "all is sent")

    def stop(self) -> None:
        """Ends the demo as a service manager would; nothing of it may be left."""
        self.sandbox.close()
        children = self._children()
        assert len(children) >= 2, "Rasa and the app run until the end"
        self.process.terminate()
        try:
            status = self.process.wait(STOP_SECONDS)
        finally:
            left = [child for child in children if child.is_running()]
            for child in left:
                child.kill()
        assert not left
        assert status == 0

    def _rows(self, database: str, statement: str) -> list[Any]:
        path = self.var / "demo" / database
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            return connection.execute(statement).fetchall()

    def _children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def tokens(self) -> list[str]:
        """What the demo's processes let each other in by, and the sandbox the bot."""
        options = _line(self.child(RASA))
        return [options[options.index("--auth-token") + 1], SANDBOX_TOKEN]

    def _rasa_answers(self) -> bool:
        try:
            options = _line(self.child(RASA))
            port, token = (options[options.index(o) + 1] for o in ("--port", "--auth-token"))
            url = f"http://127.0.0.1:{port}/status"
            return httpx.get(url, params={"token": token}).is_success
        except (StopIteration, ValueError, httpx.HTTPError):
            return False


@contextmanager
def running_stack(var: Path) -> Iterator[Stack]:
    """A demo with data of its own in `var`, and the models that were trained for earlier ones."""
    models = ROOT / "var" / "models"
    models.mkdir(parents=True, exist_ok=True)
    (var / "models").symlink_to(models)
    port = free_port()
    errors = var / "demo.log"
    with errors.open("w") as log:
        process = subprocess.Popen(
            [str(ROOT / "seura"), "demo", "--no-browser", "--port", str(port)],
            env=_environment(var),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    with process:
        try:
            assert _is_ready(process), errors.read_text()
            stack = Stack(var, process, f"http://127.0.0.1:{port}")
            yield stack
            stack.stop()
        finally:
            process.terminate()


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def _environment(var: Path) -> dict[str, str]:
    """Settings as an operator may have them; of these the demo must only take the folder."""
    given = {key: value for key, value in os.environ.items() if not key.startswith("SEURA_")}
    return given | {
        "SEURA_VAR": str(var),
        "SEURA_DATABASE_URL": f"sqlite+aiosqlite:///{var / 'operator.db'}",
        "SEURA_TELEGRAM_TOKEN": "1:operator",
        "SEURA_MODERATOR_CHAT": "-1",
        "SEURA_MODERATOR_LANGUAGE": "fi",
        "SEURA_LOG_LEVEL": "debug",
        "LOG_LEVEL": "DEBUG",
    }


def _is_ready(process: subprocess.Popen[str]) -> bool:
    """Reads until `ready`; false when the demo ends, or is ended because it takes too long."""
    too_long = threading.Timer(START_SECONDS, process.terminate)
    too_long.start()
    try:
        return any(line.strip() == "ready" for line in process.stdout or ())
    finally:
        too_long.cancel()
