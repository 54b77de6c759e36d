import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import cli
from bot.errors import SetupError
from tests.bench.test_page import numbers, profile

__all__ = ["profile"]  # a fixture


def write_document(folder: Path) -> Any:
    command = ["bench", "document", "--folder", str(folder)]
    return CliRunner().invoke(cli, command)


def test_document_and_pictures_are_written_beside_the_numbers(
    tmp_path: Path, profile: dict[str, Any]
) -> None:
    folder = tmp_path / "bench"
    folder.mkdir()
    (folder / "bench.json").write_text(json.dumps(numbers()), encoding="utf-8")
    (folder / "profile.json").write_text(json.dumps(profile), encoding="utf-8")
    assert write_document(folder).exit_code == 0
    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "Where a turn's time goes" in text
    for name in ("growth", "crowds"):
        assert f"(bench/{name}.svg)" in text
        assert (folder / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("content", [None, "{"])
def test_without_numbers_it_is_said_what_to_do(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "bench.json").write_text(content, encoding="utf-8")
    fault = write_document(tmp_path).exception
    assert isinstance(fault, SetupError)
    assert "./seura bench --help" in str(fault)
