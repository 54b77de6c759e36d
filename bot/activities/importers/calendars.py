"""iCalendar files (RFC 5545): VEVENT with RRULE, RDATE, EXDATE, TZID and changed times."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar, Component

from bot.activities.draft import Draft, Refused, Unfit
from bot.activities.importers.reading import DAY_MINUTES, USUAL_MINUTES, each, link, moment
from bot.errors import ImportFailed


def read(pages: Sequence[bytes], name: str) -> Iterator[Draft | Refused]:
    """Reads the events of calendars; cancelled ones are passed over.

    Raises:
        ImportFailed: the source is no calendar.
    """
    series: defaultdict[str, list[Component]] = defaultdict(list)
    for page in pages:
        try:
            calendars = Calendar.from_ical(page.decode("utf-8-sig"), multiple=True)
        except (ValueError, IndexError, KeyError) as error:
            raise ImportFailed(f"The source is no calendar: {error}.") from error
        for calendar in calendars:
            for number, event in enumerate(calendar.walk("VEVENT"), start=1):
                series[str(_get(event, "UID") or f"{name}-{number}")].append(event)
    yield from each(series.items(), lambda item: item[0], lambda item: _fields(*item))


def _fields(uid: str, events: list[Component]) -> dict[str, Any] | None:
    """The event and the changes of single times of it, which bear the same id."""
    changes = [event for event in events if _get(event, "RECURRENCE-ID")]
    whole = [event for event in events if not _get(event, "RECURRENCE-ID")]
    event = max(whole or changes, key=lambda one: int(_get(one, "SEQUENCE") or 0))
    if _is_cancelled(event):
        return None
    time = _time(event)
    moved = [_wall(_get(change, "RECURRENCE-ID").dt) for change in changes] if whole else []
    left_out = [*_dates(event, "EXDATE"), *moved]
    if left_out:
        time["except"] = sorted(set(left_out))
    times = [
        time,
        *({"start": start, "minutes": time["minutes"]} for start in _dates(event, "RDATE")),
    ]
    times += [_time(change) for change in changes if whole and not _is_cancelled(change)]
    location = str(_get(event, "LOCATION") or "").strip()
    geo = _get(event, "GEO")
    return {
        "source_id": uid,
        "title": _texts(_get(event, "SUMMARY")),
        "text": _texts(_get(event, "DESCRIPTION")),
        "times": times,
        "municipality": _municipality(location),
        "place": location or None,
        "latitude": geo.latitude if geo else None,
        "longitude": geo.longitude if geo else None,
        "organiser": _organiser(event),
        "link": link(_get(event, "URL")),
    }


def _get(event: Component, name: str) -> Any:
    """A property; the library's own type names thirty kinds that it might be."""
    return event.get(name)


def _is_cancelled(event: Component) -> bool:
    return str(_get(event, "STATUS") or "").upper() == "CANCELLED"


def _time(event: Component) -> dict[str, Any]:
    if _get(event, "DTSTART") is None:
        raise Unfit("DTSTART", "is missing")
    start = _get(event, "DTSTART").dt
    time: dict[str, Any] = {
        "start": _wall(start, with_time=True),
        "minutes": _minutes(event, start),
    }
    rule = _get(event, "RRULE")
    if isinstance(rule, list):
        raise Unfit("RRULE", "stands more than once")
    if rule:
        time["rrule"] = rule.to_ical().decode()
    return time


def _minutes(event: Component, start: date) -> int:
    is_day = not isinstance(start, datetime)
    if _get(event, "DURATION"):
        length: timedelta = _get(event, "DURATION").dt
    elif _get(event, "DTEND"):
        end = _get(event, "DTEND").dt
        if isinstance(end, datetime) == is_day:
            raise Unfit("DTEND", "is of another kind than DTSTART")
        length = moment(end, "DTEND")[0] - moment(start, "DTSTART")[0]
    else:
        return DAY_MINUTES if is_day else USUAL_MINUTES
    if length <= timedelta():
        raise Unfit("DTEND", "is not after DTSTART")
    return round(length / timedelta(minutes=1))


def _wall(given: date, *, with_time: bool = False) -> str:
    """Helsinki time as it is written in `times`; a day alone leaves out the whole day."""
    found, is_day = moment(given, "DTSTART")
    return f"{found:%Y-%m-%d}" if is_day and not with_time else f"{found:%Y-%m-%dT%H:%M}"


def _dates(event: Component, name: str) -> list[str]:
    given = _get(event, name)
    lists = given if isinstance(given, list) else [given] if given else []
    wanted = name == "RDATE"
    return [
        _wall(one.dt[0] if isinstance(one.dt, tuple) else one.dt, with_time=wanted)
        for listed in lists
        for one in listed.dts
    ]


def _texts(given: Any) -> dict[str, str]:
    """A calendar's texts are in one language, which it may name."""
    words = str(given or "").strip()
    named = getattr(given, "params", {}).get("LANGUAGE", "fi") if given is not None else "fi"
    return {str(named)[:2].lower(): words} if words else {}


def _municipality(location: str) -> str | None:
    """The last part of "Kirjasto, Kirkkotie 2, 43100 Saarijärvi", without its postal code."""
    last = location.rsplit(",", 1)[-1].strip()
    return last.lstrip("0123456789 ") or None


def _organiser(event: Component) -> str | None:
    organiser = _get(event, "ORGANIZER")
    return str(organiser.params.get("CN") or "") or None if organiser is not None else None
