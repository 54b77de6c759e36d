"""The editor: topics on the left, both languages side by side, or the file as it is."""

from starlette.responses import JSONResponse, Response

from bot.console.studio.desk import draft_of, show, told
from bot.console.visit import Page, Visit
from bot.errors import SetupError
from bot.people import audit
from bot.people.permissions import Permission
from bot.stories.drafts import Draft, Stale, digest
from bot.stories.editing import answers, with_texts
from bot.stories.reading import Unreadable

FIRST = "stories/wording/hello.yml"
WORDING = "stories/wording/"


async def edit(visit: Visit, fault: str = "", *, status: int = 200) -> Response:
    """A file of the draft: sentence by sentence, or whole."""
    draft = draft_of(visit)
    file = visit.parameters.get("file", FIRST)
    text = draft.text(file)
    names, topics = await visit.house.studio.look(draft)
    whole = "whole" in visit.parameters or not file.startswith(WORDING)
    try:
        sentences = [] if whole else answers(file, text)
    except Unreadable:
        sentences, whole = [], True
    problems = await visit.house.studio.problems(draft)
    return show(
        visit,
        "edit.html",
        status,
        file=file,
        line=visit.parameters.get("line", "1"),
        text=text,
        seen=digest(text),
        whole=whole,
        answers=sentences,
        topics=topics,
        names=names,
        problems=told(problems, visit.language),
        changed=set(draft.changes()),
        is_behind=draft.is_behind,
        fault=fault,
    )


async def save_text(visit: Visit) -> Response:
    """Saves a file as a whole."""
    return await _save(visit, str(visit.form.get("text", "")))


async def save_sentences(visit: Visit) -> Response:
    """Saves the sentences of one response."""
    draft = draft_of(visit)
    file = str(visit.form.get("file", ""))
    new = {
        key.removeprefix("text "): str(value)
        for key, value in visit.form.items()
        if key.startswith("text ")
    }
    return await _save(visit, with_texts(file, draft.text(file), new))


async def _save(visit: Visit, text: str) -> Response:
    draft, file = draft_of(visit), str(visit.form.get("file", ""))
    try:
        draft.save(file, text, str(visit.form.get("seen", "")) or None)
    except Stale:
        return JSONResponse({"fault": visit.words("studio.stale")}, 409)
    except SetupError as error:
        return JSONResponse({"fault": str(error)}, 422)
    await _note(visit, "story_save", file)
    problems = await visit.house.studio.problems(draft)
    return JSONResponse(
        {"seen": digest(draft.text(file)), "problems": told(problems, visit.language)}
    )


async def check(visit: Visit) -> Response:
    """What is to mend in a text that is not saved yet."""
    file, text = str(visit.form.get("file", "")), str(visit.form.get("text", ""))
    draft = draft_of(visit)
    problems = await visit.house.studio.problems(draft, {file: text})
    return JSONResponse({"problems": told(problems, visit.language)})


async def take_in(visit: Visit) -> Response:
    """Takes the newest version into the draft."""
    conflicts = draft_of(visit).update()
    if conflicts:
        return visit.go(f"/stories?file={conflicts[0]}&whole=1")
    return visit.go("/stories")


async def discard(visit: Visit) -> Response:
    """Forgets the draft."""
    draft: Draft = draft_of(visit)
    draft.discard()
    await _note(visit, "story_discard", draft.name)
    return visit.go("/stories")


async def _note(visit: Visit, act: str, about: str) -> None:
    async with visit.house.store.begin() as session:
        audit.note(session, visit.person, act, about=about)


PAGES = (
    Page("/stories", Permission.EDIT_STORIES, edit),
    Page("/stories/text", Permission.EDIT_STORIES, save_text, "POST"),
    Page("/stories/sentences", Permission.EDIT_STORIES, save_sentences, "POST"),
    Page("/stories/check", Permission.EDIT_STORIES, check, "POST"),
    Page("/stories/take-in", Permission.EDIT_STORIES, take_in, "POST"),
    Page("/stories/discard", Permission.EDIT_STORIES, discard, "POST"),
)
