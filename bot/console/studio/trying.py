"""The try-out: a chat with the draft, which tells what it understood and why it answers so."""

from typing import Any

from starlette.responses import Response

from bot.console.studio.desk import draft_of, show
from bot.console.visit import Page, Visit
from bot.errors import DialogueUnavailable, SetupError
from bot.people.permissions import Permission
from bot.stories import trying
from bot.stories.trying import Turn

LONGEST = 500


async def show_try(visit: Visit, fault: str = "", *, status: int = 200) -> Response:
    """The chat, or how far its start is."""
    draft = draft_of(visit)
    return show(visit, "try.html", status, state=trying.state_of(draft), fault=fault)


async def state(visit: Visit) -> Response:
    """How far the start is; asked for again and again."""
    return visit.show("studio/try_state.html", state=trying.state_of(draft_of(visit)))


async def start(visit: Visit) -> Response:
    """Begins a try-out of the draft as it is now."""
    draft = draft_of(visit)
    if await visit.house.studio.problems(draft):
        return await show_try(visit, visit.words("studio.mend_first"), status=422)
    trying.stop(draft)
    await visit.house.studio.try_out(draft)
    return visit.go("/stories/try")


async def say(visit: Visit) -> Response:
    """A turn."""
    text = str(visit.form.get("payload") or visit.form.get("text", "")).strip()[:LONGEST]
    draft = draft_of(visit)
    try:
        turn = await trying.say(trying.state_of(draft), text)
    except (DialogueUnavailable, KeyError):
        return visit.show("studio/try_gone.html", 200)
    rule = await visit.house.studio.rule(draft, turn.form_before, turn.intent)
    return visit.show("studio/try_turn.html", turn=turn, rule=rule, **_shown(visit, turn))


def _shown(visit: Visit, turn: Turn) -> dict[str, Any]:
    tapped = str(visit.form.get("title", ""))
    return {"said": tapped or turn.said, "percent": round(turn.confidence * 100)}


async def begin_again(visit: Visit) -> Response:
    """Forgets the talk."""
    try:
        await trying.begin_again(trying.state_of(draft_of(visit)))
    except (DialogueUnavailable, KeyError):
        return await show_try(visit, visit.words("studio.try_gone"), status=422)
    return visit.go("/stories/try")


async def save(visit: Visit) -> Response:
    """Saves the talk as a conversation test."""
    name = " ".join(str(visit.form.get("name", "")).split())[:120]
    try:
        if not name:
            return await show_try(visit, visit.words("studio.name_missing"), status=422)
        await trying.save_as_test(draft_of(visit), name)
    except (DialogueUnavailable, SetupError, KeyError):
        return await show_try(visit, visit.words("studio.not_saved"), status=422)
    return visit.go(f"/stories?file={trying.SAVED}")


PAGES = (
    Page("/stories/try", Permission.EDIT_STORIES, show_try),
    Page("/stories/try/state", Permission.EDIT_STORIES, state),
    Page("/stories/try/start", Permission.EDIT_STORIES, start, "POST"),
    Page("/stories/try/say", Permission.EDIT_STORIES, say, "POST"),
    Page("/stories/try/again", Permission.EDIT_STORIES, begin_again, "POST"),
    Page("/stories/try/save", Permission.EDIT_STORIES, save, "POST"),
)
