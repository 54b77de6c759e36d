"""The sentences in `stories/wording/`, for what is said without Rasa, and the small phrases."""

import random
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bot.dialogue.sayings import Saying, saying_of
from bot.errors import KnowledgeError
from bot.reading import mapping, read_mapping

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\w+)\}")


class Wording:
    """Rasa's `responses:` by name and language, filled the way Rasa fills them."""

    def __init__(self, responses: Mapping[str, list[dict[str, Any]]]) -> None:
        self.responses = responses

    @classmethod
    def load(cls, folder: Path) -> "Wording":
        """Reads every file of the folder.

        Raises:
            KnowledgeError: a file is no YAML, or has no `responses:`.
        """
        responses: dict[str, list[dict[str, Any]]] = {}
        for file in sorted(folder.glob("*.yml")):
            responses |= mapping(read_mapping(file).get("responses"), f"{file.name}: responses")
        return cls(responses)

    def say(self, name: str, language: str, /, **values: object) -> Saying:
        """The response in that language; else in English, which more people read than Finnish."""
        if name not in self.responses:
            raise KnowledgeError(f"stories/wording: there is no response {name}")
        variations = self.responses[name]
        spoken = {_language(variation) for variation in variations}
        language = next((one for one in (language, "en") if one in spoken), "fi")
        fitting = [v for v in variations if _language(v) == language]
        return saying_of(_fill(random.choice(fitting), values))  # noqa: S311


class Phrases:
    """The small words of `bot/knowledge/phrases.yml`: `phrases("activity.free", "fi")`."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.tree = tree

    @classmethod
    def load(cls, file: Path) -> "Phrases":
        """Reads the file.

        Raises:
            KnowledgeError: it is no YAML.
        """
        return cls(read_mapping(file))

    def __call__(self, name: str, language: str, /, **values: object) -> str:
        """The phrase `section.key`, filled; Finnish where the language is not there."""
        section, _, key = name.partition(".")
        phrase = self.tree.get(section, {}).get(key)
        if phrase is None:
            raise KnowledgeError(f"phrases.yml: there is no phrase {name}")
        return str(_fill(phrase.get(language) or phrase["fi"], values))

    def join(self, parts: Iterable[str], language: str) -> str:
        """`a, b ja c` / `a, b and c`."""
        *first, last = list(parts) or [""]
        if not first:
            return last
        return self("join.comma", language).join(first) + self("join.last", language) + last


def _language(variation: Mapping[str, Any]) -> str:
    for condition in variation.get("condition") or ():
        if condition.get("name") == "language":
            return str(condition["value"])
    return "fi"


def _fill(value: Any, values: Mapping[str, object]) -> Any:
    """Puts values in place of `{name}`; `{{` and `}}` stand for braces, as in Rasa."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: _filled(found, values), value)
    if isinstance(value, list):
        return [_fill(item, values) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, values) for key, item in value.items()}
    return value


def _filled(found: re.Match[str], values: Mapping[str, object]) -> str:
    name = found[1]
    return str(values.get(name, found[0])) if name else found[0][0]
