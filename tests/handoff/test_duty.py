from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.handoff import duty
from bot.handoff.duty import Hours
from bot.safety.helplines import HELSINKI, Opening
from bot.store.engine import Store
from tests.conftest import KNOWLEDGE
from tests.handoff.making import AINO, EERO

WEEKDAYS = Hours((Opening(0, 4, time(10), time(20)),))


def at(day: str, hour: int = 12) -> datetime:
    """A moment in Helsinki."""
    return datetime.combine(date.fromisoformat(day), time(hour), HELSINKI)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at("2026-11-24", 9), False),
        (at("2026-11-24", 10), True),
        (at("2026-11-24", 20), False),
        (at("2026-11-28"), False),  # a Saturday
        (at("2026-05-01"), False),  # Vappu, a Friday
        (at("2026-06-19"), False),  # Midsummer Eve, a Friday
        (at("2026-12-24"), False),
        (at("2026-12-06"), False),
        (datetime(2026, 11, 24, 8, 0, tzinfo=UTC), True),  # 10.00 in Helsinki
    ],
)
def test_it_is_open_in_its_hours_and_not_on_finnish_holidays(
    moment: datetime, is_open: bool
) -> None:
    assert WEEKDAYS.is_open(moment) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (at("2026-11-24", 8), at("2026-11-24", 10)),
        (at("2026-11-24", 21), at("2026-11-25", 10)),
        (at("2026-11-27", 21), at("2026-11-30", 10)),
        (at("2026-12-23", 21), at("2026-12-28", 10)),
        (at("2026-04-02", 21), at("2026-04-07", 10)),  # over Easter
    ],
)
def test_when_it_opens_next_is_known_across_weekends_and_holidays(
    moment: datetime, opens: datetime
) -> None:
    assert WEEKDAYS.next_opening(moment) == opens


def test_a_day_may_have_hours_of_its_own() -> None:
    hours = Hours(
        WEEKDAYS.openings,
        exceptions={date(2026, 12, 24): (time(10), time(12)), date(2026, 12, 28): None},
    )
    assert hours.is_open(at("2026-12-24", 11))
    assert hours.next_opening(at("2026-12-24", 13)) == at("2026-12-29", 10)


def test_without_hours_nothing_is_promised() -> None:
    assert Hours().next_opening(at("2026-11-24")) is None
    assert not Hours().is_open(at("2026-11-24"))


def test_the_file_is_read(tmp_path: Path) -> None:
    assert Hours.load(KNOWLEDGE / "moderator_hours.yml").openings == ()
    file = tmp_path / "hours.yml"
    file.write_text(
        'hours: [{days: mon-fri, opens: "10:00", closes: "20:00"}]\n'
        "closed_on_holidays: true\n"
        'exceptions: [{date: 2026-12-24, opens: "10:00", closes: "12:00"}, {date: 2026-12-28}]\n',
        encoding="utf-8",
    )
    hours = Hours.load(file)
    assert hours.openings == WEEKDAYS.openings
    assert hours.exceptions == {
        date(2026, 12, 24): (time(10), time(12)),
        date(2026, 12, 28): None,
    }
    file.write_text("hours: [{days: lau}]\nclosed_on_holidays: true\nexceptions: []\n")
    with pytest.raises(KnowledgeError, match=r"hours\.yml"):
        Hours.load(file)


async def test_somebody_on_duty_answers_outside_the_hours_too(store: Store) -> None:
    sunday = at("2026-11-29", 12)
    async with store.begin() as session:
        assert await duty.answering(session, WEEKDAYS, sunday) == duty.Answering(
            now=False, promised=True, opens_at=at("2026-11-30", 10)
        )
        await duty.add_shift(session, AINO, "Aino", at("2026-11-29", 15), at("2026-11-29", 18))
        before = await duty.answering(session, WEEKDAYS, sunday)
        assert before.opens_at == at("2026-11-29", 15)
        during = await duty.answering(session, WEEKDAYS, at("2026-11-29", 16))
        assert during == duty.Answering(now=True, promised=True)
        assert await duty.answering(session, Hours(), at("2026-11-30", 16)) == duty.Answering(
            now=True, promised=False
        )


async def test_shifts_repeat_at_the_same_hour_over_a_change_of_clocks(store: Store) -> None:
    async with store.begin() as session:
        made = await duty.add_shift(
            session, AINO, "Aino", at("2026-10-21", 17), at("2026-10-21", 20), weeks=2
        )
        assert [one.starts_at.astimezone(HELSINKI).hour for one in made] == [17, 17]
        first, last = at("2026-10-01"), at("2026-11-01")
        assert len(await duty.shifts(session, first, last)) == 2
        await duty.remove_shift(session, made[0].id)
        assert len(await duty.shifts(session, first, last)) == 1


async def test_a_shift_ends_early_for_the_one_whose_it_is(store: Store) -> None:
    start, end, middle = (at("2026-11-24", hour) for hour in (10, 16, 12))
    async with store.begin() as session:
        await duty.add_shift(session, AINO, "Aino", start, end)
        await duty.add_shift(session, EERO, "Eero", start, end)
        assert await duty.end_duty(session, AINO, middle)
        assert not await duty.end_duty(session, AINO, middle)
        assert [one.moderator_name for one in await duty.on_duty(session, middle)] == ["Eero"]


@pytest.mark.parametrize(("hours", "weeks"), [(0, 1), (-1, 1), (25, 1), (1, 0), (1, 54)])
async def test_a_shift_that_can_not_be_is_refused(store: Store, hours: int, weeks: int) -> None:
    start = at("2026-11-24")
    async with store.begin() as session:
        with pytest.raises(ValueError, match="shift"):
            await duty.add_shift(
                session, AINO, "Aino", start, start + timedelta(hours=hours), weeks
            )
