"""Reading the files that staff edit, so that a slip is told by file, place and cause."""

from pathlib import Path
from typing import Any

import yaml

from bot.errors import KnowledgeError

LANGUAGES = ("fi", "en")
# The parser in C takes a tenth of the time; PyYAML's wheels have it.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(path: Path) -> dict[str, Any]:
    """Reads a YAML file of keys and values.

    Raises:
        KnowledgeError: there is no such file, it is not YAML, or it holds something else.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), SAFE_LOADER)  # noqa: S506
    except OSError as error:
        raise KnowledgeError(f"{path.name}: can't be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path.name}: is not YAML ({error})") from error
    return mapping(content, path.name)


def mapping(given: object, where: str) -> dict[str, Any]:
    """Takes `given` for keys and values.

    Raises:
        KnowledgeError: it is something else, or missing.
    """
    if not isinstance(given, dict):
        raise KnowledgeError(f"{where}: keys and values are wanted here")
    return given


def texts(given: object, where: str) -> dict[str, str]:
    """Takes `given` for a text in each language.

    Raises:
        KnowledgeError: a language is missing or empty.
    """
    found = mapping(given, where)
    for language in LANGUAGES:
        if not (isinstance(found.get(language), str) and found[language].strip()):
            raise KnowledgeError(f"{where}.{language}: a text is missing")
    return {language: found[language].strip() for language in LANGUAGES}


def words(given: object, where: str) -> tuple[str, ...]:
    """Takes `given` for a list of words.

    Raises:
        KnowledgeError: it is something else, missing or empty.
    """
    if not (isinstance(given, list) and given and all(isinstance(word, str) for word in given)):
        raise KnowledgeError(f"{where}: a list of words is wanted here")
    return tuple(given)
