import pytest

from bot.errors import NotPermitted
from bot.people.permissions import PERMISSIONS, Permission, Role, allows, check


def test_an_admin_may_do_everything() -> None:
    assert PERMISSIONS[Role.ADMIN] == frozenset(Permission)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_the_check_refuses_whatever_is_not_in_the_registry(
    role: Role, permission: Permission
) -> None:
    if permission in PERMISSIONS[role]:
        check(role, permission)
    else:
        assert not allows(role, permission)
        with pytest.raises(NotPermitted, match=permission):
            check(role, permission)


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_is_refused_to_somebody(permission: Permission) -> None:
    assert any(not allows(role, permission) for role in Role)


def test_only_admins_manage_people_and_read_the_audit() -> None:
    for role in (Role.MODERATOR, Role.STAFF):
        assert not allows(role, Permission.MANAGE_PEOPLE)
        assert not allows(role, Permission.SEE_AUDIT)


def test_staff_see_no_talks() -> None:
    for permission in (Permission.SEE_QUEUE, Permission.TALK, Permission.REVIEW):
        assert not allows(Role.STAFF, permission)
