"""Linked Events, the event interface of Finnish cities: `GET /v1/event/?include=location,keywords`.

Field names after City-of-Helsinki/linkedevents (MIT). Passed over are what is deleted, cancelled,
postponed with no new time, replaced by another event, or not public. The times of one recurring
event stand as events of their own; they are gathered again under it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from bot.activities.draft import Draft, Refused, Unfit
from bot.activities.importers.reading import (
    each,
    first_text,
    joined,
    link,
    one_time,
    parse_json,
    price,
    texts,
)
from bot.errors import ImportFailed

KINDS = {"General": "group", "Course": "course", "Volunteering": "volunteering"}
NOT_ON = {"EventCancelled", "EventPostponed"}

type Event = dict[str, Any]


def read(pages: Sequence[bytes], name: str) -> Iterator[Draft | Refused]:
    """Reads the pages of an event list.

    Raises:
        ImportFailed: a page is no JSON, or has no `data`.
    """
    events = {str(event.get("id")): event for page in pages for event in _data(page)}
    times: defaultdict[str, list[Event]] = defaultdict(list)
    bases: dict[str, Event] = {}
    for key, event in events.items():
        above = _id_of(event.get("super_event"))
        known = events.get(above or "")
        if above and (known is None or known.get("super_event_type") == "recurring"):
            times[above].append(event)
            bases.setdefault(above, known or event)
        elif event.get("super_event_type") != "umbrella" or not event.get("sub_events"):
            bases[key] = event
    yield from each(
        bases.items(),
        lambda item: item[0],
        lambda item: _fields(item[0], item[1], times.get(item[0], [])),
    )


def _data(page: bytes) -> list[Event]:
    content = parse_json(page)
    data = content.get("data") if isinstance(content, dict) else content
    if not isinstance(data, list):
        raise ImportFailed("The source is no list of events: there is no data in it.")
    return [event for event in data if isinstance(event, dict)]


def _id_of(given: Any) -> str | None:
    """`{"@id": "https://…/event/tapahtumat:1/"}` gives `tapahtumat:1`."""
    address = given.get("@id") if isinstance(given, dict) else given
    return str(address).rstrip("/").rsplit("/", 1)[-1] if address else None


def _is_on(event: Event) -> bool:
    return not (
        event.get("deleted")
        or event.get("replaced_by")
        or event.get("event_status") in NOT_ON
        or event.get("publication_status", "public") != "public"
    )


def _fields(key: str, event: Event, parts: list[Event]) -> dict[str, Any] | None:
    if not _is_on(event):
        return None
    timed = [part for part in parts if _is_on(part)] if parts else [event]
    if not timed:
        return None
    offers = [offer for offer in event.get("offers") or [] if isinstance(offer, dict)]
    place = _place(event)
    return {
        "source_id": key,
        "kind": "online" if place.pop("online") else KINDS.get(str(event.get("type_id")), "group"),
        "title": texts(event.get("name")),
        "text": texts(event.get("description"), html=True) or texts(event.get("short_description")),
        "organiser": first_text(event.get("provider")),
        "times": [
            one_time(part.get("start_time"), part.get("end_time"), ("start_time", "end_time"))
            for part in timed
        ],
        "price_euros": _price(offers),
        "languages": [
            code for code in map(_id_of, event.get("in_language") or []) if code and len(code) == 2
        ],
        "youngest": event.get("audience_min_age"),
        "oldest": event.get("audience_max_age"),
        "link": link(first_text(event.get("info_url"))),
        "booking": texts(next((o["info_url"] for o in offers if o.get("info_url")), None)) or None,
        **place,
    }


def _price(offers: list[Event]) -> float | None:
    if any(offer.get("is_free") for offer in offers):
        return 0.0
    told = (price(first_text(offer.get("price"))) for offer in offers)
    return next((one for one in told if one is not None), None)


def _place(event: Event) -> dict[str, Any]:
    location = event.get("location")
    if not location:
        raise Unfit("location", "is missing")
    if not isinstance(location, dict) or "name" not in location:
        if str(_id_of(location)).endswith(":internet"):
            return {"online": True}
        raise Unfit("location", "is not included: add include=location,keywords to the address")
    if str(location.get("id")).endswith(":internet"):
        return {"online": True}
    position = (location.get("position") or {}).get("coordinates") or [None, None]
    return {
        "online": False,
        "municipality": first_text(location.get("address_locality")),
        "place": joined(
            first_text(location.get("name")),
            first_text(location.get("street_address")),
            first_text(event.get("location_extra_info")),
        ),
        "longitude": position[0],  # longitude first, as in GeoJSON
        "latitude": position[1],
    }
