"""Many residents at once: how many turns a second, how long each takes, and in which order."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.bench.full import FullWay, SandboxSpeaker
from bot.bench.talks import Crowd, Step, Talk
from bot.bench.ways import PATIENCE, Reply

RESIDENTS = (1, 2, 4, 8, 16, 32, 64)
# Letters of a message by which it is known again: what comes later in it may be somebody's alias.
OPENING = 20


@dataclass(frozen=True)
class Level:
    """What was measured with one number of residents.

    Attributes:
        kind: `typed` or `button`.
        residents: who talked at once.
        turns: seconds that each turn took, by the sandbox's clock.
        seconds: from the first update to the last answer.
        in_order: residents whose answers all came in the order of what they did.
    """

    kind: str
    residents: int
    turns: Sequence[float]
    seconds: float
    in_order: int


async def warm_up(way: FullWay, crowds: Sequence[Crowd]) -> None:
    """One resident does everything once: so it is known how many answers belong to what."""
    for crowd in crowds:
        for talk in (crowd.talk, crowd.burst):
            speaker = await way.newcomer(talk.language)
            for step in talk.steps:
                await speaker.do(step)


async def measure(
    way: FullWay, crowd: Crowd, residents: int, talks: int, show: Callable[[str], None]
) -> Level:
    """Lets residents talk at once, each with the next message as soon as the last is answered.

    Then each sends several messages without waiting.

    Args:
        way: that they go.
        crowd: what they do.
        residents: how many of them.
        talks: how many they hold together at least, one after another where they are few.
        show: is told what is being done.
    """
    show(f"{residents} at once, {crowd.kind}")
    greeting, *steps = crowd.talk.steps
    rounds = max(1, talks // residents)
    lines = [
        [await way.newcomer(crowd.talk.language) for _ in range(rounds)] for _ in range(residents)
    ]
    await asyncio.gather(*(speaker.do(greeting) for line in lines for speaker in line))
    done = await asyncio.gather(*(_talk(line, steps) for line in lines))
    clock = await way.turns()
    turns = [
        clock[chat][number]
        for line in done
        for _, reply in line
        if reply.turn
        for chat, number in (reply.turn,)
    ]
    began, ended = min(turn.queued for turn in turns), max(turn.sent[-1] for turn in turns)
    bursts = await asyncio.gather(*(_burst(way, crowd.burst) for _ in range(residents)))
    in_order = sum(
        burst and all(alike(reply.texts, way.texts[step]) for step, reply in line)
        for burst, line in zip(bursts, done, strict=True)
    )
    return Level(crowd.kind, residents, [turn.last for turn in turns], ended - began, in_order)


def alike(texts: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether these are the expected messages, in their order."""
    return [text[:OPENING] for text in texts] == [text[:OPENING] for text in expected]


async def _talk(line: list[SandboxSpeaker], steps: list[Step]) -> list[tuple[Step, Reply]]:
    return [(step, await speaker.do(step)) for speaker in line for step in steps]


async def _burst(way: FullWay, talk: Talk) -> bool:
    """Whether the answers to what is sent at once come one after another, none missing."""
    greeting, *steps = talk.steps
    speaker = await way.newcomer(talk.language)
    await speaker.do(greeting)
    for step in steps:
        await speaker.act(step)
    expected = [text for step in steps for text in way.texts[step]]
    heard: list[str] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while len(heard) < len(expected):
                heard.append((await speaker.inbox.get())[1].get("text", ""))
    return alike(heard, expected)
