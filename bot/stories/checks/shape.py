"""Slips of YAML: keys that are written twice, misspelt or in the wrong place."""

from collections.abc import Iterator

import yaml

from bot.stories.reading import Piece, Problem
from bot.stories.sources import KINDS, Sources, example_lines

TOP = {"version", "responses", "stories", "rules", "nlu"}
STORY = {"condition", "steps", "conversation_start", "wait_for_user_input", "metadata"}
STEP = {"intent", "user", "entities", "action", "active_loop", "slot_was_set", "or", "checkpoint"}
VARIATION = {"text", "buttons", "condition", "custom", "channel", "id", "metadata"}
BUTTON = {"title", "payload"}
CONDITION = {"type", "name", "value"}
NLU = {"intent", "examples", "synonym", "regex", "lookup", "metadata"}
# What YAML takes for true or false unless it stands in quotes.
BOOLEANS = {"yes", "no", "on", "off", "y", "n", "true", "false"}


def check_keys_are_single(sources: Sources) -> Iterator[Problem]:
    """No key stands twice among the same keys: YAML would forget the first."""
    for file in sources.files:
        yield from _repeated(file, set())


def _repeated(piece: Piece, seen: set[int]) -> Iterator[Problem]:
    if id(piece.node) in seen:  # an alias stands for what was looked at already
        return
    seen.add(id(piece.node))
    first: dict[str, int] = {}
    for key, value in piece.items():
        if first.setdefault(key.text, key.line) != key.line:
            yield key.problem("key_twice", key=key.text, before=first[key.text])
        yield from _repeated(value, seen)
    for one in piece.each():
        yield from _repeated(one, seen)


def check_keys_are_known(sources: Sources) -> Iterator[Problem]:
    """Each key is one that means something at its place."""
    for file in (*sources.stories, *sources.nlu):
        yield from _unknown(file, TOP)
    for _, story in sources.titles:
        yield from _unknown(story, STORY | set(KINDS.values()))
        if not list(story.get("steps").each()):
            yield story.problem("no_steps")
    for step in sources.steps:
        yield from _unknown(step, STEP)
        if not list(step.items()):
            yield step.problem("no_step")
    for _, variation in sources.variations:
        yield from _unknown(variation, VARIATION)
        for condition in variation.get("condition").each():
            yield from _unknown(condition, CONDITION)
    for _, button in sources.buttons:
        yield from _unknown(button, BUTTON)
    for file in sources.nlu:
        for item in file.get("nlu").each():
            yield from _unknown(item, NLU)


def _unknown(piece: Piece, known: set[str]) -> Iterator[Problem]:
    for key, _ in piece.items():
        if key.text not in known:
            yield key.problem("key_unknown", key=key.text, known=", ".join(sorted(known)))


def check_lists_are_lists(sources: Sources) -> Iterator[Problem]:
    """A response has a list of variations, an intent a block of lines that begin with a dash."""
    for name, variations in sources.responses:
        if not list(variations.each()):
            yield name.problem("no_variations", name=name.text)
    for intent, block in sources.examples:
        lines = list(example_lines(block))
        if not lines:
            yield intent.problem("no_examples_below", intent=intent.text)
        for line in lines:
            if not line.text.startswith("- "):
                yield line.problem("no_dash", text=line.text)


def check_slot_values_are_texts(sources: Sources) -> Iterator[Problem]:
    """A slot's value in a story is no yes or no without quotes, which YAML turns into a boolean."""
    for step in sources.steps:
        for slot in step.get("slot_was_set").each():
            for key, value in slot.items():
                node = value.node
                is_bare = isinstance(node, yaml.ScalarNode) and not node.style
                if is_bare and value.text.lower() in BOOLEANS:
                    yield key.problem("bare_boolean", value=value.text, slot=key.text)


CHECKS = (
    check_keys_are_single,
    check_keys_are_known,
    check_lists_are_lists,
    check_slot_values_are_texts,
)
