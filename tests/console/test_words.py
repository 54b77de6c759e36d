"""Words that pages ask for are there, in both languages, and none is there for nothing."""

import re
from pathlib import Path

import pytest

from bot.console.house import TEMPLATES
from bot.console.words import FOLDER, Words
from bot.errors import KnowledgeError
from bot.settings import ROOT

ASKED = re.compile(r"""(?:\bt|words|count)\(\s*["']([a-z_]+\.[a-z_0-9]+)["']\s*[),]""")


def test_every_word_that_a_page_asks_for_is_there() -> None:
    words = Words.load()
    sources = [*TEMPLATES.rglob("*.html"), *(ROOT / "bot" / "console").rglob("*.py")]
    asked = {
        found for source in sources for found in ASKED.findall(source.read_text(encoding="utf-8"))
    }
    assert len(asked) > 20
    assert [name for name in sorted(asked) if not words.has(name)] == []


def test_a_word_without_one_of_the_languages_is_refused(tmp_path: Path) -> None:
    (tmp_path / "queue.yml").write_text("title: {fi: Jono}", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"queue.yml: title"):
        Words.load(tmp_path)


def test_placeholders_are_the_same_in_both_languages() -> None:
    for section, words in Words.load(FOLDER).sections.items():
        for key, word in words.items():
            fi, en = (sorted(re.findall(r"\{\w+\}", word[language])) for language in ("fi", "en"))
            assert fi == en, f"{section}.{key}"
