"""What somebody may do in the console: named permissions, the roles that have them, one check."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.errors import NotPermitted


class Permission(StrEnum):
    """Everything in the console that not everybody may do. The catalogue has a word for each."""

    SEE_QUEUE = "see_queue"
    TALK = "talk"  # claim, write, release, transfer, end
    TAKE_OVER = "take_over"  # from somebody else
    REVIEW = "review"  # past talks, assessments marked
    BLOCK = "block"
    PLAN_DUTY = "plan_duty"
    SEE_NUMBERS = "see_numbers"
    MANAGE_VOLUNTEERS = "manage_volunteers"
    EDIT_ACTIVITIES = "edit_activities"
    EDIT_STORIES = "edit_stories"
    PUBLISH_STORIES = "publish_stories"
    SEE_AUDIT = "see_audit"
    MANAGE_PEOPLE = "manage_people"


class Role(StrEnum):
    """What somebody is in Seura."""

    MODERATOR = "moderator"
    STAFF = "staff"
    ADMIN = "admin"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.MODERATOR: frozenset(
            {
                Permission.SEE_QUEUE,
                Permission.TALK,
                Permission.REVIEW,
                Permission.BLOCK,
                Permission.PLAN_DUTY,
                Permission.SEE_NUMBERS,
                Permission.MANAGE_VOLUNTEERS,
            }
        ),
        Role.STAFF: frozenset(
            {
                Permission.EDIT_ACTIVITIES,
                Permission.EDIT_STORIES,
                Permission.PUBLISH_STORIES,
            }
        ),
        Role.ADMIN: frozenset(Permission),
    }
)


def allows(role: str, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return permission in PERMISSIONS[Role(role)]


def check(role: str, permission: Permission) -> None:
    """The one check.

    Raises:
        NotPermitted: the role does not have the permission.
    """
    if not allows(role, permission):
        raise NotPermitted(permission)
