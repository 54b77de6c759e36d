"""What a moderator gets to know about a resident. Keys, never their words."""

from collections.abc import Sequence
from typing import Any

from bot.store.tables import Resident


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
