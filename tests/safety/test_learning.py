"""When the second look is learnt. The examples are few here, so that it takes a second."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import KnowledgeError, SetupError
from bot.safety import learning
from bot.safety.assessing import Assessor
from bot.safety.learning import learnt
from bot.safety.second_look import SecondLook
from tests.safety.conftest import CATALOGUE, ROOT

EXAMPLES = """\
kind\tlevel\tabout\tlanguage\ttext
suicide\tnow\tself\tfi\thaluan kuolla
suicide\tnow\tself\ten\ti want to die
violence\tnow\tself\tfi\tmies lyö minua
violence\tnow\tother\tfi\the lyövät ystävääni
none\tnone\tnone\tfi\thaluan kahville
none\tnone\tnone\ten\ti want coffee
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Knowledge, ordinary messages, and where is kept what was learnt."""
    knowledge, ordinary, models = (tmp_path / name for name in ("knowledge", "nlu", "models"))
    knowledge.mkdir()
    ordinary.mkdir()
    (knowledge / CATALOGUE.name).write_bytes(CATALOGUE.read_bytes())
    (knowledge / "crisis_examples.tsv").write_text(EXAMPLES, encoding="utf-8")
    (ordinary / "smalltalk.yml").write_text("    - moi\n    - hei vaan\n", encoding="utf-8")
    return knowledge, ordinary, models


def test_it_is_learnt_once(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = learnt(*folders)
    assert SecondLook.read(file).look("haluan kuolla").kind == "suicide"
    monkeypatch.setattr(subprocess, "run", None)
    assert learnt(*folders) == file


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ("knowledge/crisis_examples.tsv", "none\tnone\tnone\tfi\ttule kylään\n"),
        ("nlu/smalltalk.yml", "    - no niin\n"),
    ],
)
def test_it_is_learnt_anew_when_the_examples_change(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch, changed: str, line: str
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: Path(command[-1]).touch())
    before = learnt(*folders)
    with (folders[0].parent / changed).open("a", encoding="utf-8") as end:
        end.write(line)
    after = learnt(*folders)
    assert after != before
    assert after.exists()


def test_what_is_damaged_is_learnt_again(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "run", lambda command, **_: Path(command[-1]).write_text("PK"))
        learnt(*folders)
    assessor = Assessor.load(*folders)
    assert assessor.second_look.look("haluan kuolla").kind == "suicide"


def test_a_slip_in_the_examples_is_told_by_its_line(folders: tuple[Path, Path, Path]) -> None:
    (folders[0] / "crisis_examples.tsv").write_text(EXAMPLES + "sadness\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"crisis_examples\.tsv:8"):
        Assessor.load(*folders)


def test_what_could_not_be_learnt_stops_the_start(folders: tuple[Path, Path, Path]) -> None:
    only_one = EXAMPLES.splitlines(keepends=True)[:2]
    (folders[0] / "crisis_examples.tsv").write_text("".join(only_one), encoding="utf-8")
    with pytest.raises(SetupError, match="could not be learnt"):
        Assessor.load(*folders)


def test_what_could_not_be_kept_stops_the_start(folders: tuple[Path, Path, Path]) -> None:
    folders[2].write_text("a file, where a folder is wanted")
    with pytest.raises(SetupError, match="could not be kept"):
        Assessor.load(*folders)


def test_every_module_that_has_a_part_in_it_is_in_the_fingerprint() -> None:
    code = "import sys, bot.safety.teaching; print(*(m for m in sys.modules if m[:4] == 'bot.'))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # The patterns only give the names of kinds, levels and whom it is about.
    others = {"bot.safety", "bot.safety.screening", "bot.errors", "bot.reading"}
    files = {
        ROOT.joinpath(*name.split(".")).with_suffix(".py")
        for name in run.stdout.split()
        if name not in others
    }
    assert files == set(learning.MADE_BY)
