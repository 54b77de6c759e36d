"""Words that pages ask for are there, in both languages, and none is there for nothing."""

import re
from pathlib import Path

import pytest

from bot.console.house import TEMPLATES
from bot.console.navigation import PLACES
from bot.console.words import FOLDER, Words
from bot.errors import KnowledgeError
from bot.handoff.aftercare import OUTCOMES
from bot.handoff.states import Move, State
from bot.people.permissions import Permission, Role
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


def test_every_act_that_is_noted_has_a_word() -> None:
    acts = {
        found
        for source in (ROOT / "bot").rglob("*.py")
        for found in re.findall(
            r"""audit\.note\(\s*\w+,\s*[\w.]+,\s*["'](\w+)["']|_moved\(\s*visit,\s*["'](\w+)["']""",
            source.read_text(encoding="utf-8"),
        )
    }
    words = Words.load()
    named = {one for pair in acts for one in pair if one}
    assert len(named) > 20
    assert [one for one in sorted(named) if not words.has(f"acts.{one}")] == []


def test_every_permission_role_outcome_and_move_has_a_word() -> None:
    words = Words.load()
    asked = [
        *(f"permissions.{one}" for one in Permission),
        *(f"roles.{one}" for one in Role),
        *(f"outcomes.{one}" for one in OUTCOMES),
        *(f"moves.{one}" for one in Move),
        *(f"states.{one}" for one in State),
        *(f"layout.{place.name}" for place in PLACES),
    ]
    assert [one for one in asked if not words.has(one)] == []
