from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.safety.examples import Example, read_examples, read_ordinary
from tests.safety.conftest import ROOT

HEAD = "kind\tlevel\tabout\tlanguage\ttext\n"


def file(folder: Path, *lines: str) -> Path:
    path = folder / "examples.tsv"
    path.write_text(HEAD + "\n".join(lines), encoding="utf-8")
    return path


def test_a_file_of_examples_is_read(tmp_path: Path) -> None:
    path = file(tmp_path, "suicide\tnow\tself\tfi\thaluan kuolla", "none\tnone\tnone\tfi\tmoi")
    assert read_examples(path) == [
        Example("suicide", "now", "self", "fi", "haluan kuolla"),
        Example("none", "none", "none", "fi", "moi"),
    ]


@pytest.mark.parametrize(
    "line", ["suicide\tnow\tself\tfi", "sadness\tnow\tself\tfi\tmoi", "none\tnow\tself\tfi\tmoi"]
)
def test_a_slip_in_the_examples_is_told_by_its_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(KnowledgeError, match=r"examples\.tsv:2"):
        read_examples(file(tmp_path, line))


def test_a_file_without_its_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "examples.tsv"
    path.write_text("suicide\tnow\tself\tfi\thaluan kuolla\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="first line"):
        read_examples(path)


def test_what_rasa_is_taught_of_danger_is_not_ordinary() -> None:
    ordinary = set(read_ordinary(ROOT / "nlu"))
    assert len(ordinary) > 1000
    assert not any("[" in text and "](" in text for text in ordinary)
    assert "kuolen nauruun" in ordinary
    assert "haluun kuolla nyt heti" not in ordinary
