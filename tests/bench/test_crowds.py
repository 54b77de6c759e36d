"""Crowds with a way that answers from memory: what is counted, and what counts as in order."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bot.bench.crowds import alike, measure, warm_up
from bot.bench.full import FullWay
from bot.bench.talks import Crowd, Step, Talk
from bot.bench.timing import Turn
from bot.bench.ways import Reply

CROWD = Crowd(
    "typed",
    Talk("fi", (Step((1, 1), "moi"), Step((1, 2), "a"), Step((1, 3), "b"))),
    Talk("fi", (Step((2, 1), "moi"), Step((2, 2), "a"), Step((2, 3), "b"))),
)


@dataclass
class Parrot:
    """Repeats what it hears; one that is hasty answers two messages in the wrong order."""

    user_id: int
    way: "Cage"
    inbox: asyncio.Queue[tuple[float, dict[str, Any]]] = field(default_factory=asyncio.Queue)
    acts: int = 0
    held: list[str] = field(default_factory=list)

    async def do(self, step: Step) -> Reply:
        text = f"I heard {step.words}"
        self.way.texts.setdefault(step, (text,))
        self.acts += 1
        return Reply(0.1, 0.1, (text,), turn=(self.user_id, self.acts - 1))

    async def act(self, step: Step) -> bool:
        self.acts += 1
        self.held.append(f"I heard {step.words}")
        if len(self.held) == 2:
            for text in reversed(self.held) if self.way.hasty else self.held:
                self.inbox.put_nowait((0.0, {"text": text}))
        return False


@dataclass
class Cage:
    """Parrots instead of residents."""

    hasty: bool = False
    texts: dict[Step, tuple[str, ...]] = field(default_factory=dict)
    parrots: list[Parrot] = field(default_factory=list)

    async def newcomer(self, language: str) -> Parrot:
        self.parrots.append(Parrot(len(self.parrots), self))
        return self.parrots[-1]

    async def turns(self) -> dict[int, list[Turn]]:
        return {
            parrot.user_id: [Turn(n, 10.0 + n, [10.1 + n]) for n in range(parrot.acts)]
            for parrot in self.parrots
        }


@pytest.mark.parametrize(("residents", "talks"), [(1, 16), (4, 16), (32, 32)])
async def test_all_steps_but_the_greeting_are_counted(residents: int, talks: int) -> None:
    way = cast(FullWay, Cage())
    await warm_up(way, [CROWD])
    level = await measure(way, CROWD, residents, 16, lambda _: None)
    assert (level.kind, level.residents) == ("typed", residents)
    assert len(level.turns) == talks * 2
    assert level.turns[0] == pytest.approx(0.1)
    assert level.seconds == pytest.approx(1.1)  # from the first step to the second one's answer
    assert level.in_order == residents


async def test_who_is_answered_in_another_order_is_noticed() -> None:
    way = cast(FullWay, Cage(hasty=True))
    await warm_up(way, [CROWD])
    level = await measure(way, CROWD, 4, 4, lambda _: None)
    assert level.in_order == 0


def test_messages_are_known_by_how_they_begin() -> None:
    same = "Sinusta on tallessa: nimimerkki "
    assert alike([same + "Sininen Lumme"], [same + "Lempeä Vadelma"])
    assert not alike(["Moi!", "Hei!"], ["Hei!", "Moi!"])
    assert not alike(["Moi!"], ["Moi!", "Hei!"])
