import os
import subprocess
import sys

from bot.background import step_back

SHOWS = "import os, sys; sys.stdin.read(); print(os.getpriority(os.PRIO_PROCESS, 0))"


def test_a_process_that_steps_back_comes_after_the_others() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with subprocess.Popen(
        [sys.executable, "-c", SHOWS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        step_back(process.pid)
        said, _ = process.communicate("")
    assert int(said) == min(own + 15, 19)
    assert os.getpriority(os.PRIO_PROCESS, 0) == own
