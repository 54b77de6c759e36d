"""Who is typing to a resident just now. In memory alone: it is past in some seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

LASTS = 6.0  # seconds since the last stroke
ANEW = 4.0  # seconds after which the resident is shown it again


@dataclass
class Presence:
    """Keeps who types in which handoff.

    Attributes:
        show: told of the id of a handoff whose resident is to be shown it, now and then.
    """

    clock: Callable[[], float] = time.monotonic
    show: list[Callable[[int], None]] = field(default_factory=list)
    _typing: dict[int, dict[int, tuple[str, float]]] = field(default_factory=dict)
    _shown: dict[int, float] = field(default_factory=dict)

    def types(self, handoff_id: int, moderator_id: int, moderator_name: str) -> None:
        """A moderator strikes a key in the field for a resident."""
        at = self.clock()
        self._typing.setdefault(handoff_id, {})[moderator_id] = (moderator_name, at)
        if at - self._shown.get(handoff_id, -ANEW) >= ANEW:
            self._shown[handoff_id] = at
            for show in self.show:
                show(handoff_id)

    def stops(self, handoff_id: int, moderator_id: int) -> None:
        """They have sent it, or left."""
        self._typing.get(handoff_id, {}).pop(moderator_id, None)

    def typing(self, handoff_id: int, but: int = 0) -> list[str]:
        """Names of those who type in a handoff, without oneself."""
        since = self.clock() - LASTS
        still = {
            who: (name, at)
            for who, (name, at) in self._typing.get(handoff_id, {}).items()
            if at > since
        }
        if still:
            self._typing[handoff_id] = still
        else:
            self._typing.pop(handoff_id, None)
            self._shown.pop(handoff_id, None)
        return [name for who, (name, _) in still.items() if who != but]
