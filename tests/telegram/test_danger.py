from datetime import timedelta

from sqlalchemy import update

from bot.safety import review
from bot.store.tables import Handoff, now
from bot.telegram.watch import Patience, Watch
from tests.sandbox.driver import AINO, ANNA, BERTTA
from tests.telegram.driver import Seura, beginning, button, words

DANGER = "haluan kuolla"


def _watch(seura: Seura) -> Watch:
    hours = timedelta(hours=1)
    patience = Patience(timedelta(minutes=10), hours, hours, hours, hours, hours)
    app = seura.app
    return Watch(app.store, app.residents, app.desk, app.rooms.hours, patience)


async def _ago(seura: Seura, minutes: float) -> None:
    async with seura.app.store.begin() as session:
        await session.execute(
            update(Handoff).values(requested_at=now() - timedelta(minutes=minutes))
        )


async def _look(seura: Seura) -> tuple[list[str], list[str]]:
    """What the resident and the moderators hear when the watch looks."""
    said, told = await seura.said(), await seura.in_topic()
    await _watch(seura).look()
    await seura.quiet()
    return (await seura.said())[len(said) :], (await seura.in_topic())[len(told) :]


async def test_danger_that_nobody_takes_up_is_said_to_both_sides_once(anywhere: Seura) -> None:
    await anywhere.writes(DANGER)
    await _ago(anywhere, 11)
    [said], told = await _look(anywhere)
    assert said.startswith(beginning("utter_crisis_waiting"))
    assert told == [words("utter_topic_danger_waiting")]
    assert await _look(anywhere) == ([], [])


async def test_before_that_there_is_patience(seura: Seura) -> None:
    await seura.writes(DANGER)
    await _ago(seura, 9)
    assert await _look(seura) == ([], [])


async def test_whoever_is_safe_by_now_is_not_alarmed_again(seura: Seura) -> None:
    await seura.writes(DANGER)
    await seura.taps(button("utter_crisis_suicide"))
    await _ago(seura, 11)
    said, told = await _look(seura)
    assert said == []
    assert told == [words("utter_topic_danger_waiting")]


async def test_a_talk_that_somebody_has_and_one_without_danger_are_left_alone(
    seura: Seura,
) -> None:
    await seura.writes(DANGER, ANNA)
    await seura.claims(AINO, button("utter_topic_card_danger"))
    await seura.waits_for_a_human(BERTTA)
    await _ago(seura, 11)
    assert await _look(seura) == ([], [])
    assert words("utter_topic_danger_waiting") not in await seura.in_topic()


async def test_a_moderator_marks_an_alarm_wrong(anywhere: Seura) -> None:
    await anywhere.writes(DANGER)
    await anywhere.claims(AINO, button("utter_topic_card_danger"))
    await anywhere.moderates("/turha", AINO)
    await anywhere.quiet()
    assert words("utter_assessment_wrong") in await anywhere.in_topic()
    async with anywhere.app.store.begin() as session:
        [found] = await review.latest(session, 5)
    assert found.wrong_at is not None
    assert found.kind == "suicide"
