"""Many residents in handoff at once, while the app is cut off again and again."""

import asyncio
import random
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from sqlalchemy import select

from bot.handoff import ledger, service
from bot.handoff.summary import minimal
from bot.residents import identity
from bot.sandbox.state import World
from bot.store.tables import Handoff, HandoffMessage, Resident
from tests.sandbox.driver import GROUP, Json
from tests.telegram.driver import PATIENCE, Seura

FIRST_RESIDENT = 100_000
FIRST_MODERATOR = 9101
TOKEN = re.compile(r"\b([rm])(\d+)\b")


@dataclass
class Many:
    """What was said, when it arrived, and what was found wrong in the end.

    Attributes:
        sent: by token, when it was written.
        arrived: by token, when it was first seen on the other side.
        cut_off: how often the app was.
        faults: what is not as it should be; empty where all is well.
    """

    sent: dict[str, float] = field(default_factory=dict)
    arrived: dict[str, float] = field(default_factory=dict)
    cut_off: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        """Half of the messages were on the other side within this time."""
        return 1000 * median(at - self.sent[token] for token, at in self.arrived.items())


async def many_talks(
    seura: Seura, residents: int, moderators: int, messages: int, kills: int, seed: int
) -> Many:
    """Has moderators and residents talk, and cuts the app off in the middle.

    Args:
        seura: running.
        residents: how many are in handoff.
        moderators: how many of them there are to share these.
        messages: how many are relayed, half of them each way.
        kills: how often the app is cut off.
        seed: of what is random.
    """
    world, found = seura.people.world, Many()
    _watch(world, found)
    who = [FIRST_RESIDENT + number for number in range(residents)]
    staff = [FIRST_MODERATOR + number for number in range(moderators)]
    for moderator in staff:
        await seura.people.act(f"chats/{GROUP}/members", user_id=moderator, status="member")
    topics = await _all_in_handoff(seura, who, staff)
    chance = random.Random(seed)
    shares = [who[number::moderators] for number in range(moderators)]
    turns = messages // 2 // moderators
    talking = asyncio.gather(
        *(
            _talk(seura, found, moderator, share, topics, turns, random.Random(seed + moderator))
            for moderator, share in zip(staff, shares, strict=True)
        )
    )
    for number in range(kills):
        wanted = messages * (number + 1) // (kills + 1)
        while len(found.sent) < wanted and not talking.done():
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.random() / 10)
        await seura.restart()
        found.cut_off += 1
    await talking
    await _settled(seura)
    await _judge(seura, found, who, topics)
    return found


def _watch(world: World, found: Many) -> None:
    """Notes when each message is seen on the other side."""
    post = world.post

    def noted(chat: Any, sender: Json, content: Json, **more: Any) -> Json:
        message = post(chat, sender, content, **more)
        if sender["id"] == world.bot_id:
            for kind, number in TOKEN.findall(str(content.get("text", ""))):
                found.arrived.setdefault(f"{kind}{number}", time.perf_counter())
        return message

    world.post = noted  # type: ignore[method-assign]


async def _all_in_handoff(seura: Seura, who: list[int], staff: list[int]) -> dict[int, int]:
    """Each resident has asked, and one of the moderators has taken them. Gives the topics."""
    for number, one in enumerate(who):
        seura.people.world.private_chat(one)
        moderator = staff[number % len(staff)]
        async with seura.app.store.begin() as session:
            resident, _ = await identity.meet(session, one, "fi", seura.app.residents.aliases)
            handoff = await service.request(session, resident, minimal(resident))
            await service.claim(session, handoff.id, moderator, f"M{moderator}")
    await _settled(seura)
    async with seura.app.store.begin() as session:
        found = await session.execute(
            select(Resident.telegram_id, Handoff.topic_id).join(
                Handoff, Handoff.resident_id == Resident.id
            )
        )
        return {row[0]: row[1] for row in found}


async def _settled(seura: Seura) -> None:
    """Waits, longer than other tests do, until all is handled and sent."""
    async with asyncio.timeout(PATIENCE * 30):
        while not await seura._is_quiet():
            await asyncio.sleep(0.1)


async def _talk(
    seura: Seura,
    found: Many,
    moderator: int,
    share: list[int],
    topics: dict[int, int],
    turns: int,
    chance: random.Random,
) -> None:
    """One moderator with their residents: one writes, then the other, one talk after another."""
    for _ in range(turns):
        one = chance.choice(share)
        for kind in "rm":
            token = f"{kind}{len(found.sent) + 1}"
            found.sent[token] = time.perf_counter()
            if kind == "r":
                await seura.people.write(one, token)
            else:
                await seura.people.write(moderator, token, GROUP, message_thread_id=topics[one])
            await _until_arrived(found, token)


async def _until_arrived(found: Many, token: str) -> None:
    """Waits, but not for ever: what does not arrive is judged in the end."""
    until = time.monotonic() + PATIENCE
    while token not in found.arrived and time.monotonic() < until:
        await asyncio.sleep(0.002)


async def _judge(seura: Seura, found: Many, who: list[int], topics: dict[int, int]) -> None:
    """Everything arrived once, in order, with the right one; what may not have is `unknown`."""
    async with seura.app.store.begin() as session:
        kept = list(
            await session.execute(
                select(Resident.telegram_id, HandoffMessage)
                .join(Handoff, Handoff.id == HandoffMessage.handoff_id)
                .join(Resident, Resident.id == Handoff.resident_id)
                .order_by(HandoffMessage.handoff_id, HandoffMessage.number)
            )
        )
    said: dict[int, dict[str, list[str]]] = defaultdict(lambda: {"r": [], "m": []})
    unknown = set()
    for resident, message in kept:
        said[resident][str(message.words)[0]].append(str(message.words))
        if message.state == ledger.UNKNOWN:
            unknown.add(message.words)
    if sorted(found.sent) != sorted(str(message.words) for _, message in kept):
        found.faults.append("the ledger does not hold what was said, each once")
    for one in who:
        sides = {
            "m": [text for text in await seura.said(one) if TOKEN.fullmatch(text)],
            "r": [
                f"{kind}{number}"
                for text in await seura.in_topic(topics[one])
                for kind, number in TOKEN.findall(text)
                if kind == "r"
            ],
        }  # fmt: skip
        for kind, seen in sides.items():
            wanted = said[one][kind]
            if [token for token in wanted if token in seen or token not in unknown] != seen:
                found.faults.append(f"{one}: {kind} is {seen}, not {wanted}")
