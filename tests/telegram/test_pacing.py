import asyncio

from bot.telegram.pacing import Pace

ANNA, BERTTA = 1, 2


async def sent_in(pace: Pace, chat: int, seconds: float) -> int:
    """How many messages to a chat may go within a time."""
    sent = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                await pace.turn(chat)
                sent += 1
    except TimeoutError:
        return sent


async def test_a_burst_goes_at_once_and_then_it_is_measured() -> None:
    assert await sent_in(Pace(in_all=1000, burst=3), ANNA, 0.1) == 3


async def test_one_chats_burst_does_not_hold_up_another() -> None:
    pace = Pace(in_all=1000, burst=3)
    await sent_in(pace, ANNA, 0.05)
    assert await sent_in(pace, BERTTA, 0.05) == 3


async def test_all_chats_together_have_a_pace() -> None:
    pace = Pace(in_all=5, burst=100)
    assert await sent_in(pace, ANNA, 0.05) + await sent_in(pace, BERTTA, 0.05) == 5
