"""Warnings that grow louder, and what ends by itself."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.handoff import aftercare
from bot.handoff.duty import Hours
from bot.safety.helplines import Opening
from bot.store.tables import Handoff, now
from bot.telegram.watch import Patience, Watch
from tests.sandbox.driver import AINO, EERO, GROUP
from tests.telegram.driver import Seura, button, phrases, words
from tests.telegram.test_relay import in_group

PATIENCE = Patience(
    danger=timedelta(minutes=5),
    unclaimed=timedelta(minutes=3),
    lead=timedelta(minutes=15),
    silent=timedelta(minutes=10),
    idle=timedelta(hours=12),
    hopeless=timedelta(hours=48),
)


async def looks(seura: Seura, hours: Hours | None = None, **ago: timedelta) -> list[str]:
    """What is told in the topic when the watch looks, after some time; the times are made so."""
    values: dict[str, Any] = {name: now() - past for name, past in ago.items()}
    async with seura.app.store.begin() as session:
        if values:
            await session.execute(update(Handoff).values(**values))
    before = len(await seura.in_topic())
    app = seura.app
    watch = Watch(app.store, app.residents, app.desk, hours or Hours(), PATIENCE)
    for _ in range(2):  # whatever is told is told once
        await watch.look()
        await seura.quiet()
    return (await seura.in_topic())[before:]


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


async def test_r1_what_nobody_takes_is_told_to_the_topic_then_to_the_group_and_the_resident(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.waits_for_a_human()
    alias = (await seura.resident()).alias
    assert await looks(seura, requested_at=minutes(2)) == []
    assert await looks(seura, requested_at=minutes(4)) == [
        words("utter_topic_unclaimed", minutes=4)
    ]
    said = len(await seura.said())
    told = await looks(seura, requested_at=minutes(16))
    bot = phrases()("desk.bot", "fi")
    assert told == [words("utter_topic_escalated", moderator=bot, reason="")]
    assert (await seura.said())[said:] == [words("utter_handoff_still_waiting")]
    everybody = [m["text"] for m in await seura.seen(GROUP) if "message_thread_id" not in m]
    assert everybody == [words("utter_group_escalated", alias=alias, moderator=bot, reason="")]
    assert await looks(seura, requested_at=minutes(30)) == []


async def test_r1_outside_the_hours_nobody_is_reminded_but_of_danger(seura: Seura) -> None:
    opening = Opening((now().weekday() + 2) % 7, (now().weekday() + 2) % 7, *_hours())
    hours = Hours((opening,), closed_on_holidays=False)
    await seura.waits_for_a_human()
    assert await looks(seura, hours, requested_at=minutes(30)) == []
    await seura.writes("haluan kuolla")
    assert await looks(seura, hours) == [words("utter_topic_danger_waiting")]


def _hours() -> tuple[Any, Any]:
    noon = now().replace(hour=10, minute=0, second=0, microsecond=0)
    return noon.time(), (noon + timedelta(hours=2)).time()


async def test_r2_a_silent_moderator_is_warned_then_another_may_take_it(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    await in_group(seura, "hei")
    # The clock stops while the resident is waited for.
    assert await looks(seura, claimed_at=minutes(60), answered_at=minutes(60)) == []
    await seura.writes("mitä nyt?")
    assert await looks(seura, unanswered_since=minutes(9)) == []
    assert await looks(seura, unanswered_since=minutes(11)) == [
        words("utter_topic_silent", moderator="Aino", minutes=11)
    ]
    reason = f" ({phrases()('desk.silent', 'fi')})"
    assert await looks(seura, unanswered_since=minutes(21)) == [
        words("utter_topic_returned", moderator="Aino", reason=reason)
    ]
    assert (await seura.said())[-1] == words("utter_handoff_released", moderator="Aino")
    await seura.claims(EERO, button("utter_topic_returned"))
    [handoff] = await seura.handoffs()
    assert handoff.moderator_id == EERO


async def test_r2_who_claims_and_says_nothing_is_warned_too(seura: Seura) -> None:
    await seura.has_a_human()
    assert await looks(seura, unanswered_since=minutes(11)) == [
        words("utter_topic_silent", moderator="Aino", minutes=11)
    ]


async def test_a_talk_in_which_nobody_says_anything_ends_and_the_bot_is_back(
    seura: Seura,
) -> None:
    await seura.has_a_human()
    await in_group(seura, "hei")
    long = timedelta(hours=13)
    told = await looks(seura, claimed_at=long, answered_at=long)
    assert told == [words("utter_topic_timed_out")]
    [handoff] = await seura.handoffs()
    assert handoff.state == "ended"
    assert (await seura.said())[-1] == "Rasa: /resume"
    assert await seura.writes("hei") == ["Rasa: hei"]


async def test_a_request_that_nobody_ever_takes_does_not_silence_the_bot_for_good(
    seura: Seura,
) -> None:
    await seura.waits_for_a_human()
    await looks(seura, requested_at=timedelta(hours=49))
    assert words("utter_handoff_timed_out") in await seura.said()
    assert await seura.writes("hei") == ["Rasa: hei"]


@pytest.mark.parametrize("seen_to", [False, True])
async def test_a_follow_up_reminds_on_its_day_until_somebody_has_seen_to_it(
    seura: Seura, seen_to: bool
) -> None:
    await seura.has_a_human()
    await in_group(seura, "/end")
    [handoff] = await seura.handoffs()
    async with seura.app.store.begin() as session:
        await aftercare.close(
            session, handoff.id, outcome="follow_up", follow_up_at=now() + timedelta(days=1)
        )
        if seen_to:
            await aftercare.followed_up(session, handoff.id)
    await looks(seura, follow_up_at=minutes(1))
    alias = (await seura.resident()).alias
    reminder = words("utter_group_follow_up", alias=alias, moderator="Aino")
    assert (await seura.said(GROUP)).count(reminder) == (0 if seen_to else 1)


async def test_aino_is_not_warned_of_what_she_has_given_back(seura: Seura) -> None:
    await seura.has_a_human()
    await in_group(seura, "/palauta en ehdi", AINO)
    assert await looks(seura) == []
    assert words("utter_topic_released", moderator="Aino", reason=" (en ehdi)") in (
        await seura.in_topic()
    )
