"""The examples in `nlu/`: each intent has some, and none stands under two."""

import re
from collections.abc import Iterator

from bot.safety.normalise import normalise
from bot.stories.reading import Name, Problem
from bot.stories.sources import Sources, example_lines, intent_of

ENTITY = re.compile(r"\[([^\]]+)\](?:\{([^}]*)\}|\(([^)]*)\))")
ENTITY_NAME = re.compile(r'"entity"\s*:\s*"(\w+)"')


def check_examples(sources: Sources) -> Iterator[Problem]:
    """An intent has examples or a button that means it; no example stands under two intents."""
    intents = sources.named("intents")
    taught = {name.text.partition("/")[0] for name, _ in sources.examples}
    tapped = {intent_of(button.get("payload").text) for _, button in sources.buttons}
    for one in sources.domain.get("intents").each():
        if one.name.text not in taught | tapped:
            yield one.problem("no_examples", intent=one.name.text)
    first: dict[str, tuple[Name, Name]] = {}
    for intent, block in sources.examples:
        if intent.text.partition("/")[0] not in intents:
            yield intent.problem("no_intent", name=intent.text)
        for line in example_lines(block):
            text = line.text.removeprefix("-").strip()
            plain = normalise(ENTITY.sub(r"\1", text)) or text
            other, before = first.setdefault(plain, (intent, line))
            if other.text != intent.text:
                there = f"{before.file}:{before.line}"
                yield line.problem(
                    "example_twice", text=text, intent=intent.text, other=other.text, before=there
                )


def check_entities(sources: Sources) -> Iterator[Problem]:
    """What is marked in an example is an entity of `domain.yml`, and the brackets are whole."""
    entities = sources.named("entities")
    for _, block in sources.examples:
        for line in example_lines(block):
            for found in ENTITY.finditer(line.text):
                quoted = ENTITY_NAME.search(found[2] or "")
                name = quoted[1] if quoted else (found[3] or "")
                if name not in entities:
                    yield line.problem("no_entity", name=name or found[0])
            if "](" in ENTITY.sub("", line.text) or "]{" in ENTITY.sub("", line.text):
                yield line.problem("broken_entity", text=line.text)


def check_factors(sources: Sources) -> Iterator[Problem]:
    """A factor is in the catalogue and has examples."""
    catalogue = [key.name for key, _ in sources.factors.get("factors").items()]
    taught = [name for name, _ in sources.examples if name.text.startswith("factor/")]
    for name in taught:
        key = name.text.removeprefix("factor/")
        if key not in {factor.text for factor in catalogue}:
            yield name.problem("no_factor", factor=key, file=sources.factors.file)
    for factor in catalogue:
        if f"factor/{factor.text}" not in {name.text for name in taught}:
            yield factor.problem("factor_without_examples", factor=factor.text)


CHECKS = (check_examples, check_entities, check_factors)
