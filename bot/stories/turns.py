"""Stories and rules as what they say: after these steps, the bot does that."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from bot.stories.reading import Name, Piece
from bot.stories.sources import Sources

LISTEN = "action_listen"

# What may come before an action: ("intent", "greet"), ("action", …), ("loop", …), ("slot", …).
type Step = tuple[str, str]


@dataclass(frozen=True)
class Move:
    """One action that a story or rule wants.

    Attributes:
        title: of the story or rule, with its place.
        is_rule: whether it is one.
        loop: the form that is active when it begins; empty for none.
        before: the steps since it began; in a story, since the last message but those before it.
        action: what the bot does then.
        at: where that stands.
    """

    title: Name
    is_rule: bool
    loop: str
    before: tuple[Step, ...]
    action: str
    at: Name


def moves(sources: Sources) -> Iterator[Move]:
    """Every action that stories and rules want, in the order of the files."""
    counted = _counting_slots(sources)
    for title, story in sources.titles:
        is_rule = story.has("rule")
        loop, slots = _condition(story, counted)
        steps = list(story.get("steps").each())
        ways = [list(step.get("or").each()) or [step] for step in steps]
        for way in product(*ways):
            yield from _moves(title, is_rule, loop, slots, way, counted)
            if is_rule and story.get("wait_for_user_input").text != "false":
                before = (*slots, *(one for step in way for one in steps_of(step, counted)))
                if before and not _ends_in_question(way):
                    yield Move(title, True, loop, before, LISTEN, title)


def _moves(
    title: Name,
    is_rule: bool,
    loop: str,
    slots: tuple[Step, ...],
    way: tuple[Piece, ...],
    counted: set[str],
) -> Iterator[Move]:
    before: list[Step] = list(slots)
    active = loop
    for step in way:
        found = steps_of(step, counted)
        if step.has("intent") and not is_rule:
            # A rule looks at the turn only.
            before, loop = [], active
        if step.has("action") and before:
            action = step.get("action").name
            yield Move(title, is_rule, loop, tuple(before), action.text, action)
        if step.has("active_loop"):
            active = "" if step.get("active_loop").text == "null" else step.get("active_loop").text
        before += found


def steps_of(step: Piece, counted: set[str]) -> list[Step]:
    """A step as plain values; slots that don't count for the dialogue are left out."""
    if step.has("intent"):
        return [("intent", step.get("intent").text.partition("/")[0])]
    if step.has("action"):
        return [("action", step.get("action").text)]
    if step.has("active_loop"):
        return [("loop", step.get("active_loop").text)]
    return [
        ("slot", f"{key.text}={value.text}")
        for slot in step.get("slot_was_set").each()
        for key, value in slot.items()
        if key.text in counted
    ]


def _condition(story: Piece, counted: set[str]) -> tuple[str, tuple[Step, ...]]:
    parts = list(story.get("condition").each())
    loop = next((part.get("active_loop").text for part in parts if part.has("active_loop")), "")
    slots = [step for part in parts for step in steps_of(part, counted) if step[0] == "slot"]
    return ("" if loop == "null" else loop), tuple(slots)


def _counting_slots(sources: Sources) -> set[str]:
    return {
        name.text
        for name, slot in sources.domain.get("slots").items()
        if slot.get("influence_conversation").text != "false"
    }


def _ends_in_question(way: tuple[Piece, ...]) -> bool:
    return bool(way) and (way[-1].has("intent") or way[-1].get("action").text == LISTEN)
