"""When each turn began and ended, by the sandbox's own clock.

A turn begins when the sandbox puts the update into its queue. It ends when the bot's last
sendMessage arrives there before the same resident's next update. What the driver of the benchmark
takes to act and to look is no part of it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.telegram.inbox import lane_of

type Json = dict[str, Any]


@dataclass
class Turn:
    """One update of a resident.

    Attributes:
        update_id: Telegram's.
        queued: when the sandbox queued it, in seconds since 1970.
        sent: when each of the bot's messages arrived.
    """

    update_id: int
    queued: float
    sent: list[float] = field(default_factory=list)

    @property
    def first(self) -> float:
        """Seconds until the first message."""
        return self.sent[0] - self.queued

    @property
    def last(self) -> float:
        """Seconds until the last message."""
        return self.sent[-1] - self.queued


def by_resident(updates: Iterable[Json], calls: Iterable[Json]) -> dict[int, list[Turn]]:
    """The turns of each private chat, in order.

    Args:
        updates: of the sandbox's `GET /sandbox/updates`.
        calls: of its `GET /sandbox/calls`.
    """
    turns: defaultdict[int, list[Turn]] = defaultdict(list)
    for one in updates:
        kind, _, chat_id = lane_of(one["update"]).partition(":")
        if kind == "resident":
            turns[int(chat_id)].append(Turn(one["update"]["update_id"], one["time"]))
    for call in calls:
        if call["method"] == "sendMessage" and call.get("ok"):
            began = [t for t in turns[int(call["params"]["chat_id"])] if t.queued <= call["time"]]
            if began:
                began[-1].sent.append(call["time"])
    return dict(turns)
