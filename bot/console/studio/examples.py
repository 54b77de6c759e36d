"""The examples in `nlu/`: what people say, intent by intent; added, moved, taken out.

And what residents said that was not understood, where they allow it: an example, or dropped.
"""

from starlette.responses import Response

from bot.console.studio.desk import draft_of, show
from bot.console.visit import Page, Visit
from bot.errors import DialogueUnavailable, SetupError
from bot.people import audit
from bot.people.permissions import Permission
from bot.residents import teaching
from bot.residents.stripping import GONE
from bot.safety.normalise import normalise
from bot.stories import trying
from bot.stories.drafts import Draft
from bot.stories.editing import examples, with_example, without_example
from bot.stories.files import staff_files

# An example that is taken for another intent more surely than this may take messages from it.
SURE = 0.5
TAKE_OUT = "-"
# Sentences that were not understood, at once: more are too many to choose for.
SHOWN = 30


async def show_examples(visit: Visit, fault: str = "", *, status: int = 200) -> Response:
    """All intents, and the examples of one."""
    found = _all(draft_of(visit))
    chosen = str(visit.form.get("intent") or visit.parameters.get("intent", ""))
    intent = chosen if chosen in found else next(iter(found), "")
    file, texts = found.get(intent, ("", []))
    async with visit.house.store.begin() as session:
        waiting = await teaching.waiting(session)
    return show(
        visit,
        "examples.html",
        status,
        intents={name: len(lines) for name, (_, lines) in found.items()},
        intent=intent,
        file=file,
        examples=texts,
        waiting=waiting[:SHOWN],
        waiting_count=len(waiting),
        written={visit.given("sentence"): str(visit.form.get("example", ""))},
        fault=fault,
        heard=visit.parameters.get("heard", ""),
        sure=visit.parameters.get("sure", ""),
        given=str(visit.form.get("example", "")) if "sentence" not in visit.form else "",
    )


async def add(visit: Visit) -> Response:
    """Adds an example; one that another intent has is not added, but that is told."""
    draft = draft_of(visit)
    intent, example = str(visit.form.get("intent", "")), str(visit.form.get("example", ""))
    if fault := _put(visit, draft, intent, example):
        return await show_examples(visit, fault, status=422)
    heard = await _heard_elsewhere(draft, intent, example)
    return visit.go(f"/stories/examples?intent={intent}{heard}")


def _put(visit: Visit, draft: Draft, intent: str, example: str) -> str:
    """Adds an example to the draft; tells why not where that can't be."""
    other = _owner(draft, example)
    if other and other != intent:
        return visit.words("studio.example_elsewhere", intent=other)
    if GONE in example:
        return visit.words("studio.example_has_gap")
    try:
        file = _all(draft)[intent][0]
        draft.save(file, with_example(file, draft.text(file), intent, example))
    except KeyError:
        return visit.words("studio.no_intent")
    except SetupError:
        return visit.words("studio.example_refused")
    return ""


async def settle_sentence(visit: Visit) -> Response:
    """Makes an example of a sentence that was not understood, or drops it; it goes either way."""
    draft, to = draft_of(visit), str(visit.form.get("to", ""))
    is_dropped = "drop" in visit.form
    if not is_dropped:
        fault = _put(visit, draft, to, str(visit.form.get("example", "")))
        if fault:
            return await show_examples(visit, fault, status=422)
    async with visit.house.store.begin() as session:
        await teaching.settle(session, visit.given("sentence"))
        audit.note(session, visit.person, "sentence_dropped" if is_dropped else "sentence_taken")
    return visit.go("/stories/examples" + ("" if is_dropped else f"?intent={to}"))


async def _heard_elsewhere(draft: Draft, intent: str, example: str) -> str:
    """For the page's address: what a draft that is tried out takes the example for, if surely."""
    state = trying.state_of(draft)
    if state.get("stage") != "ready":
        return ""
    try:
        heard, sure = await trying.heard(state, example)
    except DialogueUnavailable:
        return ""
    other = heard not in (intent.partition("/")[0], "nlu_fallback") and sure >= SURE
    return f"&heard={heard}&sure={sure * 100:.0f}" if other else ""


async def change(visit: Visit) -> Response:
    """Moves an example to another intent, or takes it out."""
    draft = draft_of(visit)
    intent, example = str(visit.form.get("intent", "")), str(visit.form.get("example", ""))
    to = str(visit.form.get("to", ""))
    found = _all(draft)
    try:
        file = found[intent][0]
        texts = {file: without_example(file, draft.text(file), intent, example)}
        if to != TAKE_OUT:
            target = found[to][0]
            before = texts.get(target) or draft.text(target)
            texts[target] = with_example(target, before, to, example)
    except (KeyError, SetupError):
        return await show_examples(visit, visit.words("studio.example_refused"), status=422)
    for name, text in texts.items():  # only now: what can't be moved stays where it is
        draft.save(name, text)
    return visit.go(f"/stories/examples?intent={intent}")


def _all(draft: Draft) -> dict[str, tuple[str, list[str]]]:
    """Each intent's first file, and its examples there."""
    found: dict[str, tuple[str, list[str]]] = {}
    for file in staff_files(draft.folder, ("nlu/*.yml",)):
        for intent, lines in examples(file, draft.text(file)).items():
            found.setdefault(intent, (file, lines))
    return dict(sorted(found.items()))


def _owner(draft: Draft, example: str) -> str:
    """The intent that has an example already."""
    wanted = normalise(example)
    for file in staff_files(draft.folder, ("nlu/*.yml",)):
        for intent, lines in examples(file, draft.text(file)).items():
            if any(normalise(line) == wanted for line in lines):
                return intent
    return ""


PAGES = (
    Page("/stories/examples", Permission.EDIT_STORIES, show_examples),
    Page("/stories/examples", Permission.EDIT_STORIES, add, "POST"),
    Page("/stories/examples/sentence", Permission.EDIT_STORIES, settle_sentence, "POST"),
    Page("/stories/examples/change", Permission.EDIT_STORIES, change, "POST"),
)
