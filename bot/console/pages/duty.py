"""Who is on duty, and when: the list that warnings and opening hours go by."""

import contextlib
from datetime import datetime, timedelta

from starlette.responses import Response

from bot.activities.times import HELSINKI
from bot.console.visit import Page, Visit
from bot.handoff import duty
from bot.people import audit, registry
from bot.people.permissions import Permission, allows
from bot.store.tables import now

AHEAD = timedelta(weeks=8)
MOST_WEEKS = 26


async def show(visit: Visit, fault: str = "") -> Response:
    """The shifts of the coming weeks."""
    async with visit.house.store.begin() as session:
        shifts = await duty.shifts(session, now(), now() + AHEAD)
        people = await registry.everybody(session)
    return visit.show(
        "duty.html",
        422 if fault else 200,
        shifts=shifts,
        now=now(),
        moderators=[one for one in people if allows(one.role, Permission.TALK)],
        fault=fault,
        given=visit.form,
        most_weeks=MOST_WEEKS,
    )


async def add(visit: Visit) -> Response:
    """Puts somebody on duty, once or every week for some weeks."""
    form = visit.form
    starts, ends = (_moment(str(form.get("day")), str(form.get(end))) for end in ("from", "to"))
    given = str(form.get("weeks") or "1")
    weeks = int(given) if given.isascii() and given.isdigit() and len(given) < 3 else 0
    if not starts or not ends or not 1 <= weeks <= MOST_WEEKS:
        return await show(visit, "time")
    if ends <= starts:  # over midnight
        ends += timedelta(days=1)
    async with visit.house.store.begin() as session:
        who = await registry.by_telegram_id(session, visit.given("who"))
        may = who is not None and allows(who.role, Permission.TALK)
        if who and may:
            await duty.add_shift(session, who.telegram_id, who.name, starts, ends, weeks)
            audit.note(session, visit.person, "duty_add", f"person:{who.id}", weeks=weeks)
    return visit.go("/duty") if may else await show(visit, "who")


async def remove(visit: Visit) -> Response:
    """Takes a shift off the list."""
    number = visit.number("shift_id")
    async with visit.house.store.begin() as session:
        await duty.remove_shift(session, number)
        audit.note(session, visit.person, "duty_remove", f"shift:{number}")
    return visit.go("/duty")


def _moment(day: str, time: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.strptime(f"{day} {time}", "%Y-%m-%d %H:%M").replace(tzinfo=HELSINKI)
    return None


PAGES = (
    Page("/duty", Permission.PLAN_DUTY, show),
    Page("/duty", Permission.PLAN_DUTY, add, "POST"),
    Page("/duty/{shift_id:int}/remove", Permission.PLAN_DUTY, remove, "POST"),
)
