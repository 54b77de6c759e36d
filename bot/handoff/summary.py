"""What a moderator gets to know about a resident: keys, and words only where they chose that."""

from collections.abc import Sequence
from typing import Any, Literal, TypedDict

from bot.store.tables import Resident

# Why a human was asked for: in words, with a button, because the bot did not understand three times
# in a row, or because there was danger.
Reason = Literal["words", "button", "not_understood", "danger"]


class Line(TypedDict):
    """One message of the talk with the bot: `at` in ISO 8601, `by` is `user` or `bot`."""

    at: str
    by: str
    text: str


def shared_of(
    resident: Resident, factors: Sequence[str], interests: Sequence[str]
) -> dict[str, Any]:
    """What is shared when the resident has seen it and said yes."""
    return {
        "factors": list(factors),
        "interests": list(interests),
        "municipality": resident.municipality,
        "language": resident.language,
    }


def minimal(resident: Resident) -> dict[str, Any]:
    """What is shared without a yes: the language to write in."""
    return {"language": resident.language}
