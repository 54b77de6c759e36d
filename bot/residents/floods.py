"""Floods: more messages, sent without waiting for an answer, than are worth one each."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

# Nobody types as much; who pastes or leans on a key does.
MESSAGES = 12
SECONDS = 10


@dataclass
class Floods:
    """Counts messages by the moment at which they were written, not at which they came.

    So that what somebody wrote while the bot was away, all of which comes at once, is no flood.
    """

    _written: defaultdict[int, deque[int]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=MESSAGES))
    )

    _over: dict[int, int] = field(default_factory=dict)

    def ebbs(self, resident_id: int) -> None:
        """Somebody has waited for the answer to what they wrote before."""
        self._written.pop(resident_id, None)
        self._over.pop(resident_id, None)

    def overflows(self, resident_id: int, written_at: int) -> int:
        """Takes in one more message.

        Args:
            resident_id: whose.
            written_at: when, in seconds since 1970.

        Returns:
            0 where it is to be answered; else how many in a row were not, this one included.
        """
        last = self._written[resident_id]
        if len(last) == MESSAGES and written_at - last[0] < SECONDS:
            self._over[resident_id] = self._over.get(resident_id, 0) + 1
            return self._over[resident_id]
        self._over.pop(resident_id, None)
        last.append(written_at)
        return 0
