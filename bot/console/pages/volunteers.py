"""People who offer to help: invited to the moderators' group, or thanked."""

from starlette.responses import Response

from bot.console.visit import Page, Visit
from bot.handoff import volunteers
from bot.people import audit
from bot.people.permissions import Permission


async def show(visit: Visit) -> Response:
    """The list, those nobody has looked at first."""
    async with visit.house.store.begin() as session:
        found = await volunteers.volunteers(session)
        audit.note(session, visit.person, "see", "volunteers")
    return visit.show("volunteers.html", found=found, questions=volunteers.QUESTIONS)


async def review(visit: Visit) -> Response:
    """Invites, or declines; of two who do so at once the first counts."""
    state = str(visit.form.get("state"))
    if state in {volunteers.INVITED, volunteers.DECLINED}:
        number, person = visit.number("volunteer_id"), visit.person
        async with visit.house.store.begin() as session:
            if await volunteers.review(session, number, state, person.telegram_id, person.name):
                audit.note(session, person, f"volunteer_{state}", f"volunteer:{number}")
    return visit.go("/volunteers")


PAGES = (
    Page("/volunteers", Permission.MANAGE_VOLUNTEERS, show),
    Page("/volunteers/{volunteer_id:int}", Permission.MANAGE_VOLUNTEERS, review, "POST"),
)
