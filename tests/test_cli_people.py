from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli_people import cli
from bot.errors import SetupError


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a command over a database of its own."""
    monkeypatch.setenv("SEURA_VAR", str(tmp_path))
    monkeypatch.setenv("SEURA_DATABASE_URL", "")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(cli, [str(one) for one in arguments])

    return run


def test_people_are_added_listed_changed_and_removed(run) -> None:
    assert "Aino may sign in as admin" in run("add", 9001, "Aino", "--role", "admin").output
    assert run("add", 9002, "Eero").exit_code == 0
    assert run("role", 9002, "staff").exit_code == 0
    listed = run("list").output
    assert "9001" in listed
    assert "staff" in listed
    assert run("remove", 9002).exit_code == 0
    assert "Eero" not in run("list").output


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", 9001, "Aino again"),
        ("add", 0, "Nobody"),
        ("add", 7, " "),
        ("add", 7, "Liisa", "--language", "sv"),
        ("role", 8, "staff"),
        ("remove", 8),
        ("remove", 9001),
    ],
)
def test_what_can_not_be_done_is_said_in_a_sentence(run, arguments: tuple[object, ...]) -> None:
    run("add", 9001, "Aino", "--role", "admin")
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert isinstance(refused.exception, SetupError)
    assert str(refused.exception).endswith((".", "role", "list"))


def test_every_command_has_an_example(run) -> None:
    for command in ("list", "add", "role", "remove"):
        assert "Example: ./seura people" in run(command, "--help").output
