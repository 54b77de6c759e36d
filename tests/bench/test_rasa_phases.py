import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import tracing
from bot.bench.rasa_phases import noted, timed


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    tracing.start(tmp_path, "rasa")
    yield tmp_path / "rasa.jsonl"
    tracing.stop()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


class Processor:
    async def parse(self, message: object) -> str:
        return "parsed"

    def decide(self) -> str:
        raise ValueError("nothing fits")

    async def handle(self, message: object) -> None:
        await timed("understanding", Processor.parse)(self, message)
        await timed("understanding", Processor.parse)(self, message)
        with pytest.raises(ValueError, match="nothing fits"):
            timed("deciding", Processor.decide)(self)


async def test_a_turn_is_noted_with_the_time_of_each_phase(file: Path) -> None:
    await noted(Processor.handle)(Processor(), SimpleNamespace(message_id="7"))
    [line] = lines(file)
    assert line["turn"] == "7"
    assert set(line["spent"]) == {"understanding", "deciding"}
    assert all(seconds > 0 for seconds in line["spent"].values())


async def test_what_came_before_the_turn_counts_and_the_next_turn_begins_anew(file: Path) -> None:
    answered = await timed("remembering", Processor.parse)(Processor(), None)
    handle = noted(Processor.handle)
    await handle(Processor(), SimpleNamespace(message_id="7"))
    await handle(Processor(), SimpleNamespace(message_id="8"))
    spent = [line["spent"] for line in lines(file)]
    assert answered == "parsed"
    assert "remembering" in spent[0]
    assert "remembering" not in spent[1]
