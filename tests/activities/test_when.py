from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.index import PARTS
from bot.activities.times import HELSINKI, Occurrence
from bot.activities.when import WEEKDAYS, When

TUESDAY = datetime(2026, 11, 24, 12, tzinfo=HELSINKI)
MOMENTS = st.integers(0, 700 * 24).map(lambda hours: TUESDAY + timedelta(hours=hours))


def suits(start, wished, now):
    """Whether an hour that begins at `start` is on when it is wished for."""
    return When.named(wished, now).takes(Occurrence(start, start + timedelta(hours=1)), now)


@pytest.mark.parametrize(
    ("wished", "start", "suiting"),
    [
        ((), TUESDAY, True),
        (("today",), TUESDAY.replace(hour=23), True),
        (("today",), TUESDAY + timedelta(days=1), False),
        (("tomorrow",), TUESDAY + timedelta(days=1), True),
        (("this_week",), datetime(2026, 11, 29, 18, tzinfo=HELSINKI), True),
        (("next_week",), datetime(2026, 11, 29, 18, tzinfo=HELSINKI), False),
        (("next_week",), datetime(2026, 11, 30, 0, tzinfo=HELSINKI), True),
        (("next_month",), datetime(2026, 12, 1, 9, tzinfo=HELSINKI), True),
        (("next_month",), datetime(2027, 1, 1, 9, tzinfo=HELSINKI), False),
        (("saturday", "evening"), datetime(2026, 11, 28, 18, tzinfo=HELSINKI), True),
        (("saturday", "evening"), datetime(2026, 11, 28, 10, tzinfo=HELSINKI), False),
        (("saturday", "sunday"), datetime(2026, 11, 29, 10, tzinfo=HELSINKI), True),
        # In Helsinki it is Saturday already.
        (("saturday",), datetime(2026, 11, 27, 23, tzinfo=UTC), True),
    ],
)
def test_a_day_and_a_time_of_day_must_both_be_right(wished, start, suiting):
    assert suits(start, wished, TUESDAY) is suiting


@given(MOMENTS, MOMENTS)
def test_every_moment_is_on_one_weekday_and_either_at_the_weekend_or_not(start, now):
    seven = [
        key for key in WEEKDAYS if suits(start, [key], now) and key not in {"weekend", "weekdays"}
    ]
    assert len(seven) == 1
    assert suits(start, ["weekend"], now) != suits(start, ["weekdays"], now)


@given(MOMENTS, st.lists(st.sampled_from(sorted({*WEEKDAYS, *PARTS})), max_size=4))
def test_naming_a_time_of_day_as_well_never_lets_more_in(start, wished):
    if suits(start, [*wished, "evening"], TUESDAY) and not set(wished) & set(PARTS):
        assert suits(start, wished, TUESDAY)
