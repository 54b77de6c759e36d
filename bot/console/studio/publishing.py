"""From a draft to what is live, and back: what it changes, how far it is, all versions."""

from starlette.responses import Response

from bot.console.studio.desk import draft_name, draft_of, show, told
from bot.console.visit import Page, Visit
from bot.errors import SetupError
from bot.people import audit
from bot.people.permissions import Permission
from bot.stories.comparing import changes
from bot.stories.drafts import Drafts
from bot.stories.tally import ENOUGH, counts_of

SHOWN = 20
STAGES = ("merging", "checking", "training", "testing", "measuring", "swapping")


async def show_publishing(visit: Visit, fault: str = "", *, status: int = 200) -> Response:
    """The draft in words, the drafts of others, and the versions."""
    studio, draft = visit.house.studio, draft_of(visit)
    problems = await studio.problems(draft)
    counts = counts_of(studio.board)
    return show(
        visit,
        "publish.html",
        status,
        changes=changes(draft.changes()),
        problems=told(problems, visit.language),
        approvals=draft.approvals(),
        review=studio.settings.stories_review,
        others=_others(studio.drafts, draft.name),
        versions=studio.history.versions(SHOWN),
        head=studio.history.head,
        counts=counts,
        enough=ENOUGH,
        is_behind=draft.is_behind,
        progress=studio.progress(),
        running=studio.is_publishing,
        stages=STAGES,
        fault=fault,
    )


def _others(drafts: Drafts, own: str) -> list[dict[str, object]]:
    found = [(one.name, changes(one.changes())) for one in drafts.all() if one.name != own]
    return [{"name": name, "changes": changed} for name, changed in found if changed]


async def progress(visit: Visit) -> Response:
    """How far the publishing is; asked for again and again until it is over."""
    studio = visit.house.studio
    running = studio.is_publishing
    response = visit.show(
        "studio/progress.html", progress=studio.progress(), running=running, stages=STAGES
    )
    if not running:  # the draft and the versions on the page are others now
        response.headers["hx-refresh"] = "true"
    return response


async def publish(visit: Visit) -> Response:
    """Begins to publish their draft."""
    note = str(visit.form.get("note", "")).strip()
    if not note:
        return await show_publishing(visit, visit.words("studio.note_missing"), status=422)
    await visit.house.studio.publish(draft_name(visit), visit.person.name, note)
    await _note(visit, "story_publish", draft_name(visit))
    return visit.go("/stories/publish")


async def roll_back(visit: Visit) -> Response:
    """Begins to make an earlier version live again."""
    version = str(visit.form.get("version", ""))
    try:
        found = visit.house.studio.history.version(version)
    except SetupError:
        return await show_publishing(visit, visit.words("faults.not_found"), status=404)
    note = visit.words("studio.back_to", note=found.note.partition("\n")[0])
    await visit.house.studio.roll_back(found.id, visit.person.name, note)
    await _note(visit, "story_rollback", found.short)
    return visit.go("/stories/publish")


async def cancel(visit: Visit) -> Response:
    """Ends what is being published."""
    visit.house.studio.cancel()
    await _note(visit, "story_cancel", "")
    return visit.go("/stories/publish")


async def approve(visit: Visit) -> Response:
    """Says yes to somebody else's draft, or comments on it."""
    name = str(visit.form.get("draft", ""))
    known = {one.name: one for one in visit.house.studio.drafts.all()}
    if name not in known or name == draft_name(visit):
        return await show_publishing(visit, visit.words("faults.not_found"), status=404)
    comment = str(visit.form.get("comment", ""))[:1000]
    known[name].approve(visit.person.name, comment, yes="yes" in visit.form)
    await _note(visit, "story_approve", name)
    return visit.go("/stories/publish")


async def _note(visit: Visit, act: str, about: str) -> None:
    async with visit.house.store.begin() as session:
        audit.note(session, visit.person, act, about=about)


PAGES = (
    Page("/stories/publish", Permission.EDIT_STORIES, show_publishing),
    Page("/stories/progress", Permission.EDIT_STORIES, progress),
    Page("/stories/publish", Permission.PUBLISH_STORIES, publish, "POST"),
    Page("/stories/rollback", Permission.PUBLISH_STORIES, roll_back, "POST"),
    Page("/stories/cancel", Permission.PUBLISH_STORIES, cancel, "POST"),
    Page("/stories/approve", Permission.PUBLISH_STORIES, approve, "POST"),
)
