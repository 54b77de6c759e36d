from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import KnowledgeError
from bot.residents.aliases import Aliases


def test_there_are_enough_aliases_and_none_stands_twice(aliases: Aliases) -> None:
    assert len(aliases.names) >= 1500
    assert len(set(aliases.names)) == len(aliases.names)
    assert all(len(name.split()) == 2 and name.istitle() for name in aliases.names)


@given(seed=st.integers(), residents=st.integers(1, 20))
def test_nobody_gets_an_alias_that_is_taken(seed: int, residents: int) -> None:
    aliases = Aliases(("Sininen Lumme", "Tyyni Koivu", "Valoisa Puro"))
    random = Random(seed)
    taken: set[str] = set()
    for _ in range(residents):
        alias = aliases.pick(taken, random)
        assert alias not in taken
        taken.add(alias)


def test_numbers_come_only_when_all_plain_aliases_are_taken() -> None:
    aliases = Aliases(("Sininen Lumme", "Tyyni Koivu"))
    assert aliases.pick({"Sininen Lumme"}, Random(1)) == "Tyyni Koivu"
    taken = set(aliases.names)
    assert aliases.pick(taken, Random(1)) in {"Sininen Lumme 2", "Tyyni Koivu 2"}
    taken |= {"Sininen Lumme 2", "Tyyni Koivu 2"}
    assert aliases.pick(taken, Random(1)) in {"Sininen Lumme 3", "Tyyni Koivu 3"}


@pytest.mark.parametrize(
    "content",
    [
        "adjectives: [Sininen]",
        "adjectives: [Sininen]\nnouns: []",
        "adjectives: Tyyni\nnouns: [Puro]",
    ],
)
def test_a_file_without_words_is_refused_by_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "aliases.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"aliases\.yml: (nouns|adjectives)"):
        Aliases.load(file)


@pytest.mark.parametrize("content", [None, "a: [", "- a list"])
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "aliases.yml"
    if content:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"^aliases\.yml: "):
        Aliases.load(file)
