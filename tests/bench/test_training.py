import asyncio
from io import StringIO
from typing import Any, cast

import pytest
from rich.console import Console

from bot.bench import BenchFailed
from bot.bench.full import FullWay
from bot.bench.processes import Memory
from bot.bench.talks import Step, load
from bot.bench.training import Talker, as_json, judge, notes, of_rasa, tables
from bot.bench.ways import Reply


class Newcomers:
    """Answers everybody, but for the messages that are to stay without an answer."""

    def __init__(self, *silent: int) -> None:
        self.silent = silent
        self.came = 0
        self.said: list[Step] = []

    async def newcomer(self, language: str) -> "Newcomers":
        self.came += 1
        return self

    async def do(self, step: Step) -> Reply:
        await asyncio.sleep(0)
        self.said.append(step)
        if len(self.said) in self.silent:
            raise BenchFailed("0 of 1 messages came.")
        return Reply(0.01, 0.02, ("Hei!",))


def talker(newcomers: Newcomers) -> Talker:
    return Talker(cast("FullWay", newcomers))


def numbers(**changed: Any) -> dict[str, Any]:
    swap = {"seconds": 2.0, "asked": 50, "answered": 50, "longest_ms": 90.0}
    memory = (168.0, 214.0, 185.0, 160.0, 193.0, 190.0)
    return {
        "other_programs_percent": 1.0,
        "alone": {"turns": 80, "median_ms": 20.0, "longest_ms": 40.0},
        "training": {"turns": 800, "median_ms": 28.0, "longest_ms": 70.0, "seconds": 61.0},
        "swaps": [{**swap, "before_mb": 190.0, "after_mb": after} for after in memory],
        **changed,
    }


def verdicts(found: dict[str, Any]) -> list[bool]:
    return [criterion.met for criterion in judge(found)]


async def test_all_conversations_are_held_in_turn_each_by_a_newcomer() -> None:
    newcomers = Newcomers()
    talks = load().talks
    steps = [step for talk in talks for step in talk.steps]
    talking = talker(newcomers)
    for _ in range(len(steps) + 1):
        await talking.turn()
    assert newcomers.said == [*steps, steps[0]]
    assert newcomers.came == len(talks) + 1
    assert talking.took == [0.02] * (len(steps) + 1)


async def test_a_message_without_an_answer_is_counted_and_a_newcomer_goes_on() -> None:
    newcomers = Newcomers(2)
    talking = talker(newcomers)
    for _ in range(3):
        await talking.turn()
    assert (talking.asked, len(talking.took)) == (3, 2)
    assert newcomers.came == 2
    assert newcomers.said[2].place[1] == 1


async def test_somebody_talks_until_it_is_done() -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    newcomers = Newcomers()
    talking = talker(newcomers)
    running = asyncio.ensure_future(talking.until(done))
    while len(newcomers.said) < 5:
        await asyncio.sleep(0)
    done.set_result(None)
    await running
    assert len(talking.took) == len(newcomers.said)


def test_what_is_well_meets_every_criterion() -> None:
    assert verdicts(numbers()) == [True, True, True]


def test_answers_that_become_too_slow_miss_the_first() -> None:
    slow = {**numbers()["training"], "median_ms": 31.0}
    assert verdicts(numbers(training=slow)) == [False, True, True]


def test_one_answer_that_does_not_come_misses_the_second() -> None:
    swaps = numbers()["swaps"]
    swaps[2]["answered"] -= 1
    assert verdicts(numbers(swaps=swaps)) == [True, False, True]


def test_memory_that_grows_with_each_swap_misses_the_third() -> None:
    swaps = numbers()["swaps"]
    for number, swap in enumerate(swaps):
        swap["after_mb"] = 160.0 + 10 * number
    assert verdicts(numbers(swaps=swaps)) == [True, True, False]


def test_only_rasas_memory_is_weighed() -> None:
    memory = [Memory("Rasa", 0, 0, 200_000_000), Memory("app", 0, 0, 90_000_000)]
    assert of_rasa(memory) == 200.0


@pytest.mark.parametrize(("others", "said"), [(3.0, 0), (60.0, 1)])
def test_a_busy_machine_is_told_of(others: float, said: int) -> None:
    assert len(notes(numbers(other_programs_percent=others))) == said


def test_tables_and_json_have_what_was_measured_and_what_is_wanted() -> None:
    page = Console(file=StringIO(), width=140)
    for table in tables(numbers()):
        page.print(table)
    text = page.file.getvalue()  # type: ignore[attr-defined]
    for words in ("61.0 s", "28.0", "50 of 50", "214.0", "1.40 ×", "met"):
        assert words in text
    kept = as_json(numbers(), {"cores": 2})
    assert kept["machine"] == {"cores": 2}
    assert [one["met"] for one in kept["criteria"]] == [True, True, True]
