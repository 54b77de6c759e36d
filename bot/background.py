"""Work that must not keep the running bot waiting: training, trying out, checking."""

import os

NICENESS = 15


def step_back(process: int = 0) -> None:
    """Gives a process, and what it starts from then on, a place behind the running bot.

    Args:
        process: its number; the calling process by default.
    """
    now = os.getpriority(os.PRIO_PROCESS, process)
    os.setpriority(os.PRIO_PROCESS, process, min(now + NICENESS, 19))
