"""An activity as an iCalendar file."""

from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event, Timezone, vRecur

from bot.activities.cards import text_in
from bot.activities.times import left_out, local_start, utc_rule
from bot.store.tables import Activity

# By the rule that has held since 1996. The library's own VTIMEZONE lists the years one by one to
# 2038, and the spring change an hour late.
HELSINKI_CLOCK = """\
BEGIN:VTIMEZONE
TZID:Europe/Helsinki
BEGIN:DAYLIGHT
DTSTART:19970330T030000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:EEST
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T040000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:EET
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
END:STANDARD
END:VTIMEZONE
"""


# The days on which a repeating one is not held are told so far ahead.
LEFT_OUT_FOR = timedelta(days=730)


def has_times(activity: Activity) -> bool:
    """Whether it has times that can go into a calendar; opening hours can't."""
    return any("start" in time for time in activity.times)


def to_ics(activity: Activity, language: str) -> bytes:
    """The activity's times as events with their repetitions, in Europe/Helsinki.

    Loading it again renews the same events: their ids stay.

    Raises:
        ValueError: it has no times.
    """
    if not has_times(activity):
        raise ValueError("an activity without times")
    calendar = Calendar.new(
        uid=f"{activity.source}-{activity.source_id}@seura",
        prodid="-//Seura//Seura//FI",
        subcomponents=[
            Timezone.from_ical(HELSINKI_CLOCK),
            *(
                _event(activity, number, time, language)
                for number, time in enumerate(activity.times)
                if "start" in time
            ),
        ],
    )
    return bytes(calendar.to_ical())


def _event(activity: Activity, number: int, time: dict[str, Any], language: str) -> Event:
    start = local_start(time)
    event = Event.new(
        uid=f"{activity.source}-{activity.source_id}-{number}@seura",
        stamp=activity.checked_at,
        start=start,
        summary=text_in(activity.title, language),
        description=text_in(activity.text, language),
        location=", ".join(filter(None, (activity.place, activity.municipality))) or None,
    )
    event.DURATION = timedelta(minutes=time["minutes"])
    if activity.latitude is not None and activity.longitude is not None:
        event.add("geo", (activity.latitude, activity.longitude))
    if time.get("rrule"):
        event.add("rrule", vRecur.from_ical(utc_rule(time["rrule"])))
        for day in left_out(time, datetime.now(UTC) + LEFT_OUT_FOR):
            event.add("exdate", day)
    return event
