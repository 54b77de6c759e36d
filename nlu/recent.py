"""The conversations of the last minutes, held in memory beside the database.

These are people's words about their health: what is held is bounded in number and in time. Each
conversation has a clock of its own, which lets go of it, even if nobody asks for anything more.
"""

import asyncio
from dataclasses import dataclass
from typing import Dict, List, Optional, Text

from rasa.shared.core.events import Event

CONVERSATIONS = 200
SECONDS = 15 * 60


@dataclass
class Held:
    """One conversation as it was written.

    Attributes:
        events: what is in the database, in order.
        texts: each of them in JSON.
        changed_at: what the database says of when this was written.
        clock: lets go of it.
    """

    events: List[Event]
    texts: List[Text]
    changed_at: float
    clock: Optional[asyncio.TimerHandle] = None


class Recent:
    """Conversations by id, the one that was silent longest first.

    Args:
        conversations: how many are held at the most.
        seconds: of silence, after which one is let go.
    """

    def __init__(self, conversations: int = CONVERSATIONS, seconds: float = SECONDS) -> None:
        self._conversations = conversations
        self._seconds = seconds
        self._held: Dict[Text, Held] = {}

    def get(self, sender_id: Text) -> Optional[Held]:
        """What is held of a conversation."""
        return self._held.get(sender_id)

    def hold(self, sender_id: Text, held: Held) -> None:
        """Holds a conversation in the place of what was held of it before."""
        self.drop(sender_id)
        if len(self._held) >= self._conversations:
            self.drop(next(iter(self._held)))
        loop = asyncio.get_running_loop()
        held.clock = loop.call_later(self._seconds, self.drop, sender_id)
        self._held[sender_id] = held

    def drop(self, sender_id: Text) -> None:
        """Lets go of a conversation."""
        held = self._held.pop(sender_id, None)
        if held and held.clock:
            held.clock.cancel()
