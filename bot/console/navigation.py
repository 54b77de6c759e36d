"""The places of the console, in the order in which they stand in its menu."""

from dataclasses import dataclass

from bot.people.permissions import Permission, allows


@dataclass(frozen=True)
class Place:
    """A place in the menu.

    Attributes:
        inside: its path.
        name: the key of its name, and of its icon.
        permission: which one it takes.
    """

    inside: str
    name: str
    permission: Permission


PLACES = (
    Place("/queue", "queue", Permission.SEE_QUEUE),
    Place("/review", "review", Permission.REVIEW),
    Place("/numbers", "numbers", Permission.SEE_NUMBERS),
    Place("/duty", "duty", Permission.PLAN_DUTY),
    Place("/volunteers", "volunteers", Permission.MANAGE_VOLUNTEERS),
    Place("/activities", "activities", Permission.EDIT_ACTIVITIES),
    Place("/stories", "stories", Permission.EDIT_STORIES),
    Place("/people", "people", Permission.MANAGE_PEOPLE),
    Place("/audit", "audit", Permission.SEE_AUDIT),
)


def places(role: str) -> list[Place]:
    """Those that a role may go to."""
    return [place for place in PLACES if allows(role, place.permission)]
