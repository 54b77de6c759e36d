"""The states of a handoff, the moves between them, and who makes a move.

(none) → requested → claimed → ended
             │  ↑________│
             ↓   release
         cancelled
"""

from enum import StrEnum


class State(StrEnum):
    """Where a handoff stands."""

    REQUESTED = "requested"  # waits for a moderator; the bot is silent
    CLAIMED = "claimed"  # a moderator has it
    ENDED = "ended"  # the talk is over, the bot is back
    CANCELLED = "cancelled"  # the resident did not want to wait


MOVES: dict[State | None, frozenset[State]] = {
    None: frozenset({State.REQUESTED}),
    State.REQUESTED: frozenset({State.CLAIMED, State.CANCELLED}),
    State.CLAIMED: frozenset({State.ENDED, State.REQUESTED}),
    State.ENDED: frozenset(),
    State.CANCELLED: frozenset(),
}
OPEN = frozenset({State.REQUESTED, State.CLAIMED})

RESIDENT = "resident"
BOT = "bot"


def moderator(moderator_id: int) -> str:
    """The actor that a moderator is, by their Telegram id."""
    return f"moderator:{moderator_id}"
