"""Looking afterwards: talks that are over, and what was taken as danger."""

from starlette.responses import Response

from bot.console.visit import Page, Visit
from bot.handoff import aftercare, views
from bot.people import audit
from bot.people.permissions import Permission
from bot.safety import review


async def show(visit: Visit) -> Response:
    """Talks that are over, the newest first."""
    given = visit.parameters
    outcome = given.get("outcome", "")
    async with visit.house.store.begin() as session:
        found = await views.past(
            session,
            alias=given.get("alias", "").strip(),
            outcome=outcome if outcome in aftercare.OUTCOMES else None,
            before_id=visit.count("before"),
            limit=views.PAGE + 1,
        )
    more = found[views.PAGE - 1].handoff.id if len(found) > views.PAGE else None
    return visit.show(
        "review.html",
        found=found[: views.PAGE],
        more=more,
        outcomes=aftercare.OUTCOMES,
        given=given,
    )


async def assessments(visit: Visit) -> Response:
    """What was taken as danger: kind, level and patterns, never the words."""
    async with visit.house.store.begin() as session:
        found = await views.assessments(session)
    return visit.show("assessments.html", found=found)


async def judge(visit: Visit) -> Response:
    """Marks one right or wrong."""
    assessment_id = visit.number("assessment_id")
    verdict = "wrong" if visit.form.get("verdict") == "wrong" else "right"
    async with visit.house.store.begin() as session:
        if await review.judge(session, assessment_id, wrong=verdict == "wrong"):
            about = f"assessment:{assessment_id}"
            audit.note(session, visit.person, "judge", about, verdict=verdict)
    return visit.go("/review/assessments")


PAGES = (
    Page("/review", Permission.REVIEW, show),
    Page("/review/assessments", Permission.REVIEW, assessments),
    Page("/review/assessments/{assessment_id:int}", Permission.REVIEW, judge, "POST"),
)
