"""Stories and rules: single names, known words, and an answer to everything."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from bot.stories.reading import Name, Piece, Problem
from bot.stories.sources import Sources

OF_RASA = {
    "action_back",
    "action_deactivate_loop",
    "action_default_fallback",
    "action_listen",
    "action_restart",
    "action_session_start",
}
# Whoever is in the middle of questions can always stop them, and ask for a human.
WAYS_OUT = ("stop", "ask_human")
LONG_FORM = 2  # questions; whoever is asked for a single thing answers it with yes or no


def check_names_are_single(sources: Sources) -> Iterator[Problem]:
    """Two stories or rules don't share a name, and a response is written once."""
    yield from _repeated(name for name, _ in sources.responses)
    yield from _repeated(name for name, _ in sources.titles)
    for name, story in sources.titles:
        if not name.text.strip():
            yield story.problem("no_title")


def _repeated(names: Iterable[Name]) -> Iterator[Problem]:
    first: dict[str, Name] = {}
    for name in names:
        before = first.setdefault(name.text, name)
        if before is not name:
            there = f"{before.file}:{before.line}"
            yield name.problem("name_twice", name=name.text, before=there)


def check_steps(sources: Sources) -> Iterator[Problem]:
    """Stories and rules name intents, actions, forms and slots that `domain.yml` has."""
    forms = sources.named("forms")
    known = {
        "intent": sources.named("intents") | {"nlu_fallback"},
        "action": sources.named("actions") | forms | OF_RASA,
        "form": forms | {"null", ""},
        "slot": sources.named("slots") | {"requested_slot"},
        "entity": sources.named("entities"),
    }
    for step in sources.steps:
        slots, entities = step.get("slot_was_set"), step.get("entities")
        mentions = [
            ("intent", step.get("intent").name),
            ("action", step.get("action").name),
            ("form", step.get("active_loop").name),
            *(("slot", slot.name) for slot in (slots, *slots.each())),
            *(("entity", entity.name) for entity in entities.each()),
        ]
        for kind, name in mentions:
            base = name.text.partition("/")[0]
            if base and base not in known[kind] and not name.text.startswith("utter_"):
                yield name.problem(f"no_{kind}", name=name.text)
        if step.has("checkpoint"):
            yield step.problem("checkpoint")


def check_leaves(sources: Sources) -> Iterator[Problem]:
    """What stands after the stroke of an intent (`factor/money`) has examples."""
    taught = {name.text for name, _ in sources.examples}
    for step in sources.steps:
        intent = step.get("intent").name
        if "/" in intent.text and intent.text not in taught:
            yield intent.problem("no_leaf", name=intent.text)


def check_something_follows(sources: Sources) -> Iterator[Problem]:
    """After somebody has said something, the bot does something."""
    for name, story in sources.titles:
        steps = list(story.get("steps").each())
        for step, following in pairwise((*steps, None)):
            assert step is not None  # noqa: S101 - only the last one is
            says = step.has("intent") or step.has("user") or step.has("or")
            if says and (following is None or following.has("intent") or following.has("user")):
                yield step.problem("nothing_follows", name=name.text)


def check_every_intent_is_answered(sources: Sources) -> Iterator[Problem]:
    """Each intent has a rule or story that begins with it when no form is active."""
    answered = {
        one.get("intent").text.partition("/")[0]
        for _, story in sources.titles
        if not any(step.get("active_loop").text for step in story.get("condition").each())
        for step in story.get("steps").each()
        for one in (step, *step.get("or").each())
    }
    for intent in sources.domain.get("intents").each():
        if intent.name.text not in answered:
            yield intent.problem("intent_unanswered", name=intent.name.text)


def check_forms_can_be_left(sources: Sources) -> Iterator[Problem]:
    """A form has a rule for its end, and one with several questions lets people out of it."""
    answered: dict[str, set[str]] = {}
    ended: set[str] = set()
    for _, story in sources.titles:
        loops = [s.get("active_loop").text for s in story.get("condition").each()]
        steps = list(story.get("steps").each())
        for loop in filter(None, loops):
            said = [one for step in steps for one in (step, *step.get("or").each())]
            answered.setdefault(loop, set()).update(one.get("intent").text for one in said)
            begins = bool(steps) and steps[0].get("action").text == loop
            if begins and any(step.get("active_loop").text == "null" for step in steps):
                ended.add(loop)
    for form, fields in sources.domain.get("forms").items():
        if form.text not in ended:
            yield form.problem("form_without_end", form=form.text)
        if len(list(fields.get("required_slots").each())) >= LONG_FORM:
            for way in WAYS_OUT:
                if way not in answered.get(form.text, set()):
                    yield form.problem("form_without_way_out", form=form.text, intent=way)


def check_actions(sources: Sources) -> Iterator[Problem]:
    """The actions in `domain.yml` and those in `actions/` are the same."""
    listed = [one.name for one in sources.domain.get("actions").each()]
    written = [name for name in sources.code.actions if name.text]
    for name in listed:
        if name.text not in {one.text for one in written}:
            yield name.problem("action_unwritten", name=name.text)
    for name in written:
        if name.text not in {one.text for one in listed}:
            yield name.problem("action_unlisted", name=name.text)


def check_slots_and_forms(sources: Sources) -> Iterator[Problem]:
    """A form asks for slots that `domain.yml` has."""
    slots = sources.named("slots")
    for _, fields in sources.domain.get("forms").items():
        required: Piece = fields.get("required_slots")
        for slot in required.each():
            if slot.text not in slots:
                yield slot.problem("no_slot", name=slot.text)


CHECKS = (
    check_names_are_single,
    check_steps,
    check_leaves,
    check_something_follows,
    check_every_intent_is_answered,
    check_forms_can_be_left,
    check_actions,
    check_slots_and_forms,
)
