import ast
import subprocess
import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.errors import KnowledgeError
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from tests.conftest import KNOWLEDGE

ROOT = KNOWLEDGE.parent.parent

CONTENT: dict[str, Any] = {
    "interests": {
        "chess": {
            "label": {"fi": "Shakki", "en": "Chess"},
            "words": {"fi": ["shak"], "en": ["chess"]},
            "needs": ["quiet", "company"],
            "chip": True,
        },
        "walking": {
            "label": {"fi": "Kävely", "en": "Walking"},
            "words": {"fi": ["kävelem", "lenk"], "en": ["walks", "go for a stroll"]},
            "needs": ["moving"],
        },
        "art": {
            "label": {"fi": "Kuvat ja piirtäminen", "en": "Art & drawing"},
            "words": {"fi": ["piirus", "peli ilta"], "en": ["art "]},
            "needs": ["quiet"],
        },
    }
}


@pytest.fixture
def interests(tmp_path: Path) -> InterestCatalogue:
    return InterestCatalogue.load(_write(tmp_path, CONTENT))


def _write(folder: Path, content: dict[str, Any]) -> Path:
    file = folder / "interests.yml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tykkään shakista", ("chess",)),
        ("SHAKKIA ja lenkkeilyä!", ("chess", "walking")),
        ("KAVELEMASSA, pelaamassa shakkia", ("chess", "walking")),
        ("I like long walks", ("walking",)),
        ("to go for a stroll by the lake", ("walking",)),
        ("modern art", ("art",)),
        ("art", ("art",)),
        ("artikkeli, artist", ()),
        ("peli-ilta", ("art",)),
        ("kävely", ("walking",)),
        ("Tykkään: luin, kävely ja sauna", ("walking",)),
        ("kavely", ("walking",)),
        ("kävely metsässä", ()),
        ("en jaksa kävelyä", ()),
        ("sauna, kuvat ja piirtäminen", ("art",)),
        ("art and drawing, walking!", ("walking", "art")),
        ("piirtäminen", ()),
        ("katushakki", ()),
        ("en mitään", ()),
        ("", ()),
    ],
)
def test_an_interest_is_known_by_its_beginnings_and_in_an_enumeration_by_its_label(
    interests: InterestCatalogue, text: str, found: tuple[str, ...]
) -> None:
    assert interests.find(text) == found


def test_labels_and_needs_are_given(interests: InterestCatalogue) -> None:
    assert interests.label("chess", "en") == "Chess"
    assert interests.label("gone", "en") == "gone"
    assert interests.needs_of(["chess", "walking", "gone"]) == {
        "quiet": 1.0,
        "company": 0.5,
        "moving": 1.0,
    }
    assert "chess" in interests
    assert "gone" not in interests
    assert [key for key, interest in interests.interests.items() if interest.chip] == ["chess"]


@pytest.mark.parametrize("part", ["label", "words", "needs"])
def test_a_slip_is_told_by_file_and_place(tmp_path: Path, part: str) -> None:
    chess = {key: value for key, value in CONTENT["interests"]["chess"].items() if key != part}
    with pytest.raises(KnowledgeError, match=rf"^interests\.yml: interests\.chess\.{part}"):
        InterestCatalogue.load(_write(tmp_path, {"interests": {"chess": chess}}))


def test_it_keeps_to_what_rasas_environment_has() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "import bot.factors.interests; print(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = done.stdout.split()
    distributions = packages_distributions()
    assert {name for module in modules for name in distributions.get(module, ())} <= {"PyYAML"}
    ours = [name for name in modules if name.startswith("bot.")]
    assert "bot.factors.interests" in ours
    for name in ours:
        origin = find_spec(name).origin  # type: ignore[union-attr]
        ast.parse(Path(str(origin)).read_text(encoding="utf-8"), feature_version=(3, 10))


def test_the_catalogue_of_ours_can_be_read_and_points_to_needs_that_there_are() -> None:
    interests = InterestCatalogue.load(KNOWLEDGE / "interests.yml")
    needs = FactorCatalogue.load(KNOWLEDGE / "factors.yml").need_labels
    assert set(interests.needs_of(interests.interests)) <= set(needs)


@pytest.mark.parametrize("language", ["fi", "en"])
def test_every_label_of_ours_is_found_alone_and_among_others(language: str) -> None:
    interests = InterestCatalogue.load(KNOWLEDGE / "interests.yml")
    for key, interest in interests.interests.items():
        label = interest.labels[language]
        assert key in interests.find(label)
        assert key in interests.find(f"xyzzy, {label.upper()} ja plugh")
