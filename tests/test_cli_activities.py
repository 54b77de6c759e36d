import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli_activities import NothingDone, cli

HEADINGS = "id;title_fi;title_en;municipality;needs;walk_in"
ROW = "1;Kerho;Club;Joutsa;company;kyllä"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a command over a database of its own."""
    monkeypatch.setenv("SEURA_VAR", str(tmp_path))
    monkeypatch.setenv("SEURA_DATABASE_URL", "")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(cli, [str(one) for one in arguments])

    return run


def table(folder: Path, *rows: str) -> Path:
    file = folder / "kerhot.csv"
    file.write_text("\n".join([HEADINGS, *rows]), encoding="utf-8")
    return file


def test_a_table_is_told_first_and_taken_in_with_a_yes(run, tmp_path: Path) -> None:
    file = table(tmp_path, ROW, "2;;;Joutsa;;")
    told = run("import", file, "--name", "kerhot", "--dry-run")
    assert told.exit_code == 0
    assert "row 3 (2)" in told.output
    assert "0 of 0" in run("list").output
    assert run("import", file, "--name", "kerhot", "--yes").exit_code == 0
    assert "Kerho" in run("list", "kerho", "--municipality", "Joutsa").output
    out = tmp_path / "vienti.csv"
    assert run("export", out).exit_code == 0
    with out.open(encoding="utf-8-sig") as written:
        assert [row["Otsikko"] for row in csv.DictReader(written, delimiter=";")] == ["Kerho"]
    assert run("check").exit_code == 0


def test_samples_come_and_go(run) -> None:
    assert "150 samples" in run("samples").output
    assert "50 of 150" in run("list").output
    assert "150 samples taken away" in run("clear-samples").output
    assert "0 of 0" in run("list").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "kerhot.csv"),
        ("import", "kerhot.doc", "--name", "x"),
        ("import", "none.csv", "--name", "x"),
        ("import", "--name", "no such source"),
        ("list", "--queue", "everything"),
        ("export", "vienti.doc"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_sentence(run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert isinstance(result.exception, NothingDone)
    assert str(result.exception).endswith(".")


def test_the_template_does_not_overwrite_a_file(run, tmp_path: Path) -> None:
    assert run("template", tmp_path / "malli.xlsx").exit_code == 0
    assert isinstance(run("template", tmp_path / "malli.xlsx").exception, NothingDone)
