"""Service locations of Suomi.fi's Finnish Service Catalogue (PTV), open API version 11.

Its coordinates are strings of metres in ETRS-TM35FIN (EPSG:3067), `latitude` being the northing.
Service hours are told in the grammar of opening hours.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pyproj import Transformer

from bot.activities.draft import Draft, Refused, Unfit
from bot.activities.importers.reading import each, joined, link, moment, parse_json
from bot.errors import ImportFailed

DAYS = {
    "Monday": "Mo", "Tuesday": "Tu", "Wednesday": "We", "Thursday": "Th",
    "Friday": "Fr", "Saturday": "Sa", "Sunday": "Su",
}  # fmt: skip
NORMAL = {"DaysOfTheWeek", "Standard"}
OTHER = {"Exceptional", "Exception"}

type Item = dict[str, Any]


def read(pages: Sequence[bytes], name: str) -> Iterator[Draft | Refused]:
    """Reads pages of service channels; channels that are no places are passed over.

    Raises:
        ImportFailed: a page is no JSON, or has no `itemList`.
    """
    items: list[Item] = []
    for page in pages:
        content = parse_json(page)
        listed = content.get("itemList") if isinstance(content, dict) else content
        if not isinstance(listed, list):
            raise ImportFailed("The source is no list of services: there is no itemList in it.")
        items += listed
    yield from each(items, lambda item: str(item.get("id") or ""), _fields)


def to_wgs84(northing: float, easting: float) -> tuple[float, float]:
    """Metres in ETRS-TM35FIN as latitude and longitude, to about a metre."""
    longitude, latitude = _transformer().transform(easting, northing)
    return round(latitude, 5), round(longitude, 5)


@cache
def _transformer() -> Transformer:
    return Transformer.from_crs("EPSG:3067", "EPSG:4326", always_xy=True)


def _fields(item: Item) -> dict[str, Any] | None:
    if item.get("serviceChannelType", "ServiceLocation") != "ServiceLocation":
        return None
    if item.get("publishingStatus", "Published") != "Published":
        return None
    languages = [code for code in item.get("languages") or [] if len(str(code)) == 2]
    hours = _hours(item.get("serviceHours") or [])
    return {
        "source_id": item["id"],
        "kind": "service",
        "title": _by_language(item.get("serviceChannelNames"), "Name"),
        "text": _by_language(item.get("serviceChannelDescriptions"), "Description")
        or _by_language(item.get("serviceChannelDescriptions"), "Summary"),
        "times": [{"open": hours}] if hours else [],
        "languages": languages,
        "contact": _contact(item) or None,
        "link": next(
            (link(page.get("url")) for page in item.get("webPages") or [] if page.get("url")), None
        ),
        **_address(item.get("addresses") or []),
    }


def _by_language(given: Any, kind: str) -> dict[str, str]:
    return {
        one["language"]: one["value"].strip()
        for one in given or []
        if one.get("type", kind) == kind and str(one.get("value") or "").strip()
    }


def _contact(item: Item) -> dict[str, str]:
    """Phone numbers and addresses for mail, in each language in which they are told."""
    told: dict[str, list[str]] = {}
    for phone in item.get("phoneNumbers") or []:
        number = f"{phone.get('prefixNumber') or ''} {phone.get('number') or ''}".strip()
        if number:
            told.setdefault(phone.get("language") or "fi", []).append(number)
    for mail in item.get("emails") or []:
        if mail.get("value"):
            told.setdefault(mail.get("language") or "fi", []).append(mail["value"])
    return {language: ", ".join(dict.fromkeys(parts)) for language, parts in told.items()}


def _address(addresses: list[Item]) -> dict[str, Any]:
    told = next(
        (one["streetAddress"] for one in addresses
         if one.get("type") in {"Location", "Visiting"} and one.get("streetAddress")),
        None,
    )  # fmt: skip
    if told is None:
        raise Unfit("addresses", "has no visiting address")
    names = (told.get("municipality") or {}).get("name")
    found: dict[str, Any] = {
        "municipality": _in_finnish(names),
        "place": joined(
            f"{_in_finnish(told.get('street')) or ''} {told.get('streetNumber') or ''}".strip()
        ),
    }
    if told.get("latitude") and told.get("longitude"):
        try:
            northing, easting = float(told["latitude"]), float(told["longitude"])
        except ValueError as error:
            raise Unfit("latitude", "is not a number of metres") from error
        if northing < 6_000_000:
            raise Unfit("latitude", "is not in ETRS-TM35FIN (EPSG:3067)")
        found["latitude"], found["longitude"] = to_wgs84(northing, easting)
    return found


def _in_finnish(given: Any) -> str | None:
    told = {one.get("language"): one.get("value") for one in given or []}
    return told.get("fi") or next(iter(told.values()), None)


def _hours(given: list[Item]) -> str | None:
    """Service hours in the grammar of OpenStreetMap; exceptions come after what they override."""
    if any(hours.get("isAlwaysOpen") for hours in given):
        return "24/7"
    rules = [rule for hours in given if hours.get("serviceHourType") in NORMAL
             for rule in _rules(hours)]  # fmt: skip
    rules += [rule for hours in given if hours.get("serviceHourType") in OTHER
              for rule in _rules(hours)]  # fmt: skip
    return "; ".join(rules) or None


def _rules(hours: Item) -> Iterator[str]:
    dates = _dates(hours)
    if hours.get("isClosed"):
        yield f"{dates} off".strip()
        return
    for opening in hours.get("openingHour") or []:
        first, last = DAYS.get(opening.get("dayFrom") or ""), DAYS.get(opening.get("dayTo") or "")
        days = f"{first}-{last}" if first and last else first or ""
        times = f"{_clock(opening['from'])}-{_clock(opening['to'])}"
        yield " ".join(part for part in (dates, days, times) if part)


def _dates(hours: Item) -> str:
    """`2026 Dec 24-2026 Dec 26`; nothing for what holds until further notice."""
    begins, ends = hours.get("validFrom"), hours.get("validTo")
    if hours.get("validForNow") or not (begins or ends):
        return ""
    if hours.get("serviceHourType") in NORMAL and not ends:
        return ""
    first = moment(begins or ends, "validFrom")[0]
    last = moment(ends or begins, "validTo")[0]
    span = f"{first:%Y %b %d}"
    return span if first.date() == last.date() else f"{span}-{last:%Y %b %d}"


def _clock(given: str) -> str:
    hours, minutes = given.split(":")[:2]
    return f"{int(hours):02}:{int(minutes):02}"
