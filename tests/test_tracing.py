import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import tracing


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    yield
    tracing.stop()


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_nothing_is_noted_unless_it_was_asked_for(tmp_path: Path) -> None:
    tracing.mark("stored", 1)
    assert list(tmp_path.iterdir()) == []


def test_marks_are_there_at_once_in_their_order(tmp_path: Path) -> None:
    tracing.start(tmp_path / "new", "app")
    tracing.mark("received", 7, 8)
    tracing.mark("stored", 7)
    noted = lines(tmp_path / "new" / "app.jsonl")
    assert [(one["turn"], one["step"]) for one in noted] == [
        (7, "received"),
        (8, "received"),
        (7, "stored"),
    ]
    times = [one["at"] for one in noted]
    assert times == sorted(times)  # type: ignore[type-var]


def test_nothing_is_noted_any_more_once_it_was_stopped(tmp_path: Path) -> None:
    tracing.start(tmp_path, "app")
    tracing.stop()
    tracing.mark("stored", 7)
    assert lines(tmp_path / "app.jsonl") == []
