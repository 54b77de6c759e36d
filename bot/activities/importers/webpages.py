"""Events that a web page describes for machines: schema.org's `Event` in JSON-LD or microdata."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import extruct  # type: ignore[import-untyped]

from bot.activities.draft import Draft, Refused, Unfit
from bot.activities.importers.reading import each, joined, link, moment, one_time, price
from bot.errors import ImportFailed

NOT_ON = ("EventCancelled", "EventPostponed")
RHYTHMS = {"P1D": "FREQ=DAILY", "P1W": "FREQ=WEEKLY", "P2W": "FREQ=WEEKLY;INTERVAL=2",
           "P1M": "FREQ=MONTHLY"}  # fmt: skip

type Thing = dict[str, Any]


def read(pages: Sequence[bytes], name: str) -> Iterator[Draft | Refused]:
    """Reads the events of web pages.

    Raises:
        ImportFailed: a page can't be read, or there is no event in any of them.
    """
    events: list[Thing] = []
    for page in pages:
        try:
            # In the page's own words: a base address would be put before every plain id.
            found = extruct.extract(
                page, syntaxes=["json-ld", "microdata"], uniform=True, errors="strict"
            )
        except Exception as error:  # whatever its parsers raise on what is no page
            raise ImportFailed(f"The web page can't be read: {type(error).__name__}.") from error
        events += [one for things in found.values() for thing in things for one in _events(thing)]
    if not events:
        raise ImportFailed("There is no schema.org Event in the web page.")
    yield from each(events, _key, _fields)


def _events(thing: Any) -> Iterator[Thing]:
    """The events in a thing and in what it holds."""
    if isinstance(thing, list):
        for one in thing:
            yield from _events(one)
    elif isinstance(thing, dict):
        if any(str(kind).rsplit("/", 1)[-1].endswith("Event") for kind in _listed(thing, "@type")):
            yield thing
            return
        for value in thing.values():
            yield from _events(value)


def _listed(thing: Thing, name: str) -> list[Any]:
    value = thing.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _one(thing: Thing, name: str) -> Any:
    return next(iter(_listed(thing, name)), None)


def _key(event: Thing) -> str:
    named = event.get("@id") or event.get("identifier") or event.get("url")
    if named and isinstance(named, str):
        return named[:300]
    told = f"{_words(event.get('name'))}|{event.get('startDate')}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _words(given: Any) -> str:
    if isinstance(given, list):
        given = given[0] if given else ""
    if isinstance(given, dict):
        given = given.get("name") or given.get("@value") or ""
    return str(given or "").strip()


def _fields(event: Thing) -> dict[str, Any] | None:
    if str(event.get("eventStatus") or "").endswith(NOT_ON):
        return None
    languages = [_words(one)[:2].lower() for one in _listed(event, "inLanguage")]
    language = languages[0] if languages else "fi"
    youngest, oldest = _ages(event.get("typicalAgeRange"))
    return {
        "source_id": _key(event),
        "title": {language: _words(event.get("name"))} if event.get("name") else {},
        "text": {language: _words(event["description"])} if event.get("description") else {},
        "organiser": _words(event.get("organizer")) or None,
        "times": _times(event),
        "price_euros": _price(event),
        "languages": languages,
        "youngest": youngest,
        "oldest": oldest,
        "link": link(_words(event.get("url"))),
        **_place(event),
    }


def _times(event: Thing) -> list[dict[str, Any]]:
    schedules = [one for one in _listed(event, "eventSchedule") if isinstance(one, dict)]
    if schedules:
        return [_scheduled(one) for one in schedules]
    if not event.get("startDate"):
        raise Unfit("startDate", "is missing")
    return [one_time(event["startDate"], event.get("endDate"), ("startDate", "endDate"))]


def _scheduled(schedule: Thing) -> dict[str, Any]:
    rule = RHYTHMS.get(str(schedule.get("repeatFrequency")))
    if rule is None:
        raise Unfit("eventSchedule", "has a repeatFrequency other than P1D, P1W, P2W and P1M")
    day = str(schedule.get("startDate") or "")[:10]
    start, end = schedule.get("startTime"), schedule.get("endTime")
    time = one_time(f"{day}T{start}", f"{day}T{end}" if end else None, ("startTime", "endTime"))
    days = ",".join(
        _words(one).rsplit("/", 1)[-1][:2].upper() for one in _listed(schedule, "byDay")
    )
    if days:
        rule += f";BYDAY={days}"
    if schedule.get("endDate"):
        rule += f";UNTIL={moment(schedule['endDate'], 'endDate')[0]:%Y%m%d}"
    time["rrule"] = rule
    left_out = [str(one)[:10] for one in _listed(schedule, "exceptDate")]
    return time | ({"except": left_out} if left_out else {})


def _price(event: Thing) -> float | None:
    if event.get("isAccessibleForFree") in (True, "true", "True", "https://schema.org/True"):
        return 0.0
    offers = [one for one in _listed(event, "offers") if isinstance(one, dict)]
    told = (price(one.get("price", one.get("lowPrice"))) for one in offers)
    return next((one for one in told if one is not None), None)


def _ages(given: Any) -> tuple[int | None, int | None]:
    """`18-29`, `65-`."""
    youngest, dash, oldest = str(given or "").partition("-")
    return (
        int(youngest) if youngest.strip().isdigit() else None,
        int(oldest) if dash and oldest.strip().isdigit() else None,
    )


def _place(event: Thing) -> dict[str, Any]:
    online = str(event.get("eventAttendanceMode") or "").endswith("OnlineEventAttendanceMode")
    locations = [one for one in _listed(event, "location") if isinstance(one, dict | str)]
    real = [one for one in locations if not (isinstance(one, dict) and _is_virtual(one))]
    if online or (locations and not real):
        return {"kind": "online"}
    if not real:
        raise Unfit("location", "is missing")
    place = real[0]
    if isinstance(place, str):
        return {
            "place": place,
            "municipality": place.rsplit(",", 1)[-1].strip(" 0123456789") or None,
        }
    address = _one(place, "address")
    told = address if isinstance(address, dict) else {}
    geo = _one(place, "geo") or {}
    return {
        "place": joined(_words(place.get("name")), told.get("streetAddress") or
                        (address if isinstance(address, str) else None)),
        "municipality": _words(told.get("addressLocality")) or None,
        "latitude": _degrees(geo.get("latitude"), "latitude"),
        "longitude": _degrees(geo.get("longitude"), "longitude"),
    }  # fmt: skip


def _is_virtual(place: Thing) -> bool:
    return any(str(kind).endswith("VirtualLocation") for kind in _listed(place, "@type"))


def _degrees(given: Any, field: str) -> float | None:
    if given in (None, ""):
        return None
    try:
        return float(str(given).replace(",", "."))
    except ValueError as error:
        raise Unfit(field, "is not a number of degrees") from error
