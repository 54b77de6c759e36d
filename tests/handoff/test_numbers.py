from datetime import date, datetime, timedelta

from sqlalchemy import update

from bot.handoff import aftercare, ledger, service
from bot.handoff.ledger import Content
from bot.handoff.numbers import Spread, numbers
from bot.handoff.states import BOT, RESIDENT
from bot.residents.aliases import Aliases
from bot.residents.identity import meet
from bot.safety.helplines import HELSINKI
from bot.store.engine import Store
from bot.store.tables import Handoff, HandoffMove

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=HELSINKI)


def test_a_spread_has_a_median_and_a_ninetieth_percentile() -> None:
    assert Spread.of([]) == Spread(0, None, None)
    one = timedelta(minutes=1)
    assert Spread.of([one]) == Spread(1, one, one)
    assert Spread.of([number * one for number in range(1, 12)]) == Spread(11, 6 * one, 10 * one)


async def test_the_numbers_of_some_days(store: Store, aliases: Aliases) -> None:
    async with store.begin() as session:
        made = []
        for number in range(4):
            resident, _ = await meet(session, 7200 + number, "fi", aliases)
            danger = "suicide" if number == 0 else None
            made.append((await service.request(session, resident, {}, danger)).id)
        for handoff_id in made[:2]:
            await service.claim(session, handoff_id, 9001, "Aino")
        await ledger.say(session, made[0], 9001, "Aino", Content("hei"))
        await service.escalate(session, made[0], BOT)
        await service.end(session, made[0], RESIDENT)
        await aftercare.give_feedback(session, made[0], "good")
        await aftercare.close(session, made[0], outcome="talked")
        await service.cancel(session, made[2])
        await service.time_out(session, made[3])
        await session.execute(update(Handoff).values(requested_at=NOON))
        for move, minutes in {
            "request": 0, "claim": 4, "answer": 6, "escalate": 10, "end": 36
        }.items():  # fmt: skip
            await session.execute(
                update(HandoffMove)
                .where(HandoffMove.move == move)
                .values(moved_at=NOON + timedelta(minutes=minutes))
            )
    async with store.begin() as session:
        found = await numbers(session, DAY, DAY + timedelta(days=1))
        before = await numbers(session, DAY - timedelta(days=1), DAY - timedelta(days=1))
    assert (found.requests, found.dangers, found.cancelled, found.timed_out) == (4, 1, 1, 1)
    assert found.by_day == {DAY: 4, DAY + timedelta(days=1): 0}
    assert found.by_hour == {(0, 12): 4}
    assert found.to_claim == Spread(2, timedelta(minutes=4), timedelta(minutes=4))
    assert found.to_answer.median == timedelta(minutes=2)
    assert found.answered == 0.25
    assert (found.feedback, found.outcomes) == ({"good": 1}, {"talked": 1})
    [load] = found.load.values()
    assert (load.name, load.claimed, load.answered) == ("Aino", 2, 1)
    assert load.talking == timedelta(minutes=30)
    assert (before.requests, before.answered, before.load) == (0, None, {})
