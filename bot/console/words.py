"""The console's own words, by language: `words/SECTION.yml` holds `key: {fi: …, en: …}`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.errors import KnowledgeError
from bot.reading import read_mapping

LANGUAGES = ("fi", "en")
FOLDER = Path(__file__).with_name("words")


class Words:
    """`words("SECTION.KEY", "fi")`; values are put in place of `{name}`."""

    def __init__(self, sections: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
        self.sections = sections

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Words":
        """Reads every file of the folder.

        Raises:
            KnowledgeError: a file is no YAML, or a word lacks a language.
        """
        sections: dict[str, Any] = {}
        for file in sorted(folder.glob("*.yml")):
            sections[file.stem] = read_mapping(file)
            for key, word in sections[file.stem].items():
                if not isinstance(word, dict) or set(word) != set(LANGUAGES):
                    raise KnowledgeError(f"{file.name}: {key} must have fi and en, nothing else")
        return cls(sections)

    def __call__(self, name: str, language: str, /, **values: object) -> str:
        """The words `section.key`, filled.

        Raises:
            KnowledgeError: there are none.
        """
        section, _, key = name.partition(".")
        word = self.sections.get(section, {}).get(key)
        if word is None:
            raise KnowledgeError(f"console words: there is no {name}")
        return word[language].format_map(values) if values else word[language]

    def has(self, name: str) -> bool:
        """Whether there are such words."""
        section, _, key = name.partition(".")
        return key in self.sections.get(section, {})

    def count(self, name: str, count: int, language: str) -> str:
        """The words for a number of things; `NAME_one` are those for a single one."""
        return self(f"{name}_one" if count == 1 else name, language, count=count)


def chosen_language(accepted: str) -> str:
    """The language of somebody who is not signed in, by their browser's `Accept-Language`."""
    first = accepted.strip().lower()[:2]
    return "fi" if first == "fi" or not first else "en"
