"""Who may sign in: for admins."""

from starlette.responses import Response

from bot.console.visit import Page, Visit
from bot.errors import PersonRefused
from bot.people import audit, registry
from bot.people.permissions import PERMISSIONS, Permission, Role


async def show(visit: Visit, fault: str = "", *, status: int = 200) -> Response:
    """All of them, and what each role may do."""
    async with visit.house.store.begin() as session:
        people = await registry.everybody(session)
    return visit.show(
        "people.html",
        status,
        people=people,
        roles=list(Role),
        permissions=list(Permission),
        has=PERMISSIONS,
        fault=fault,
        given=visit.form,
    )


async def add(visit: Visit) -> Response:
    """Lets somebody sign in."""
    telegram_id = visit.given("telegram_id")
    name = str(visit.form.get("name", ""))
    try:
        role = _role(visit)
        async with visit.house.store.begin() as session:
            added = await registry.add(session, telegram_id, name, role, visit.language)
            audit.note(session, visit.person, "person_add", f"person:{added.id}", role=role)
    except PersonRefused as refusal:
        return await show(visit, refusal.reason, status=422)
    return visit.go("/people")


async def give_role(visit: Visit) -> Response:
    """Gives somebody another role."""
    try:
        role = _role(visit)
        async with visit.house.store.begin() as session:
            person = await registry.give_role(session, visit.number("telegram_id"), role)
            audit.note(session, visit.person, "person_role", f"person:{person.id}", role=role)
    except PersonRefused as refusal:
        return await show(visit, refusal.reason, status=422)
    return visit.go("/people")


async def remove(visit: Visit) -> Response:
    """Lets somebody in no longer."""
    try:
        async with visit.house.store.begin() as session:
            person = await registry.remove(session, visit.number("telegram_id"))
            audit.note(session, visit.person, "person_remove", f"person:{person.id}")
    except PersonRefused as refusal:
        return await show(visit, refusal.reason, status=422)
    return visit.go("/people")


def _role(visit: Visit) -> Role:
    try:
        return Role(str(visit.form.get("role")))
    except ValueError as error:
        raise PersonRefused("role") from error


PAGES = (
    Page("/people", Permission.MANAGE_PEOPLE, show),
    Page("/people", Permission.MANAGE_PEOPLE, add, "POST"),
    Page("/people/{telegram_id:int}/role", Permission.MANAGE_PEOPLE, give_role, "POST"),
    Page("/people/{telegram_id:int}/remove", Permission.MANAGE_PEOPLE, remove, "POST"),
)
