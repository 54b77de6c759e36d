"""The states of a handoff, the moves between them, and who makes a move.

(nothing) → requested → waiting → claimed → active → ended
                    │       │  ↑________│_______│      │
                    ↓       ↓     release              │
                    cancelled     ↑____________________│
                                        reopen

Escalating leaves a handoff where it is; a transfer gives a talk to another moderator; a time-out
ends whatever goes on.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a handoff stands."""

    REQUESTED = "requested"  # asked for; the bot is silent
    WAITING = "waiting"  # the moderators have been told
    CLAIMED = "claimed"  # a moderator has it, and has not written yet
    ACTIVE = "active"  # they talk
    ENDED = "ended"  # the talk is over, the bot is back
    CANCELLED = "cancelled"  # the resident did not want to wait


class Move(StrEnum):
    """What leads from one state to the next."""

    REQUEST = "request"
    ANNOUNCE = "announce"
    CLAIM = "claim"
    ANSWER = "answer"
    RELEASE = "release"
    TRANSFER = "transfer"
    ESCALATE = "escalate"
    END = "end"
    TIME_OUT = "time_out"
    CANCEL = "cancel"
    REOPEN = "reopen"


QUEUED = frozenset({State.REQUESTED, State.WAITING})
HELD = frozenset({State.CLAIMED, State.ACTIVE})
OPEN = QUEUED | HELD

MOVES: dict[Move, dict[State | None, State]] = {
    Move.REQUEST: {None: State.REQUESTED},
    Move.ANNOUNCE: {State.REQUESTED: State.WAITING},
    Move.CLAIM: dict.fromkeys(QUEUED, State.CLAIMED),
    Move.ANSWER: {State.CLAIMED: State.ACTIVE},
    Move.RELEASE: dict.fromkeys(HELD, State.WAITING),
    Move.TRANSFER: dict.fromkeys(HELD, State.CLAIMED),
    Move.ESCALATE: {state: state for state in OPEN},
    Move.END: dict.fromkeys(HELD, State.ENDED),
    Move.TIME_OUT: dict.fromkeys(OPEN, State.ENDED),
    Move.CANCEL: dict.fromkeys(QUEUED, State.CANCELLED),
    Move.REOPEN: {State.ENDED: State.CLAIMED},
}

RESIDENT = "resident"
BOT = "bot"


def moderator(moderator_id: int) -> str:
    """The actor that a moderator is, by their Telegram id."""
    return f"moderator:{moderator_id}"
