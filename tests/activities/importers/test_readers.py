"""Files in the shape of the real services, with invented content; broken ones among them."""

import json
from typing import Any

import pytest

from bot.activities.draft import Draft, Refused
from bot.activities.importers import reader
from bot.activities.importers.ptv import to_wgs84
from bot.errors import ImportFailed


def read(kind: str, *pages: Any) -> tuple[dict[str, Draft], list[Refused]]:
    """Drafts by id, and what was refused."""
    raw = [page if isinstance(page, bytes) else json.dumps(page).encode() for page in pages]
    found = list(reader(kind)(raw, "test"))
    drafts = {one.source_id: one for one in found if isinstance(one, Draft)}
    return drafts, [one for one in found if isinstance(one, Refused)]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("linked-events", b"<html>"),
        ("linked-events", b'{"detail": "not found"}'),
        ("ptv", b"[1"),
        ("ptv", b'{"itemList": null}'),
        ("ical", b"no calendar"),
        ("web-page", b"<html><body>no event</body></html>"),
        ("osm", b'{"remark": "runtime error"}'),
        ("osm", b"[]"),
        ("table", b"PK\x03\x04broken"),
        ("table", b"vain;jotain\n1;2"),
    ],
)
def test_what_is_no_such_source_at_all_is_refused_as_a_whole(kind: str, content: bytes) -> None:
    with pytest.raises(ImportFailed):
        read(kind, content)


# --- Linked Events ----------------------------------------------------------------------------


def event(key: str, **given: Any) -> dict[str, Any]:
    """An event as the interface gives it with include=location,keywords."""
    return {
        "id": key,
        "@type": "Event/LinkedEvent",
        "name": {"fi": f"Kerho {key}", "sv": "Klubb"},
        "short_description": {"fi": "Lyhyesti."},
        "description": {"fi": "<p>Kahvia &amp; pullaa.</p>"},
        "start_time": "2026-12-03T15:00:00Z",
        "end_time": "2026-12-03T17:00:00Z",
        "event_status": "EventScheduled",
        "publication_status": "public",
        "type_id": "General",
        "location": {
            "id": "tprek:1",
            "name": {"fi": "Kirjasto"},
            "street_address": {"fi": "Kirkkotie 2"},
            "address_locality": {"fi": "Saarijärvi"},
            "position": {"type": "Point", "coordinates": [25.2587, 62.7049]},
        },
        "offers": [{"is_free": True}],
        "in_language": [{"@id": "https://api.example.org/v1/language/fi/"}],
        "audience_min_age": None,
        "super_event": None,
        "super_event_type": None,
        "sub_events": [],
        "deleted": False,
        "replaced_by": None,
    } | given


def page(*events: dict[str, Any]) -> dict[str, Any]:
    return {"meta": {"count": len(events), "next": None, "previous": None}, "data": list(events)}


def test_an_event_becomes_an_activity_with_longitude_first_and_local_time() -> None:
    drafts, refused = read("linked-events", page(event("a:1")))
    assert refused == []
    one = drafts["a:1"]
    assert one.title == {"fi": "Kerho a:1", "sv": "Klubb"}
    assert one.text == {"fi": "Kahvia & pullaa."}
    assert (one.latitude, one.longitude) == (62.7049, 25.2587)
    assert one.times == [{"start": "2026-12-03T17:00", "minutes": 120}]
    assert (one.price_euros, one.municipality, one.languages) == (0, "Saarijärvi", ["fi"])


def test_what_is_not_on_any_more_is_passed_over() -> None:
    gone = [
        event("a", deleted=True),
        event("b", event_status="EventCancelled"),
        event("c", event_status="EventPostponed"),
        event("d", replaced_by={"@id": "https://api.example.org/v1/event/e/"}),
        event("e", publication_status="draft"),
    ]
    assert read("linked-events", page(*gone)) == ({}, [])


def test_the_times_of_a_recurring_event_are_gathered_over_pages() -> None:
    above = event("s", super_event_type="recurring", sub_events=[{"@id": "x/event/1/"}])
    parent = {"@id": "https://api.example.org/v1/event/s/"}
    first = event("1", super_event=parent, start_time="2026-12-03", end_time="2026-12-03")
    second = event("2", super_event=parent)
    other = event("3", super_event=parent, event_status="EventCancelled")
    drafts, refused = read("linked-events", page(above, first), page(second, other))
    assert refused == []
    assert list(drafts) == ["s"]
    assert drafts["s"].times == [
        {"start": "2026-12-03T00:00", "minutes": 1440},
        {"start": "2026-12-03T17:00", "minutes": 120},
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": {}}, "title"),
        ({"location": None}, "location"),
        ({"location": {"@id": "https://api.example.org/v1/place/tprek:1/"}}, "location"),
        ({"start_time": "ensi viikolla"}, "start_time"),
        ({"end_time": "2026-12-01T17:00:00Z"}, "end_time"),
        ({"offers": 5}, "whole"),
        ({"audience_min_age": 900}, "youngest"),
    ],
)
def test_a_broken_event_is_refused_by_row_and_field_and_the_others_stay(
    given: dict[str, Any], field: str
) -> None:
    drafts, refused = read("linked-events", page(event("bad", **given), event("good")))
    assert list(drafts) == ["good"]
    assert [(one.row, one.field) for one in refused] == [("bad", field)]
    assert refused[0].reason


# --- PTV --------------------------------------------------------------------------------------


def channel(**given: Any) -> dict[str, Any]:
    """A service location as the open API's version 11 gives it."""
    return {
        "id": "p-1",
        "serviceChannelType": "ServiceLocation",
        "serviceChannelNames": [
            {"language": "fi", "value": "Kohtaamispaikka", "type": "Name"},
            {"language": "fi", "value": "Kohtis", "type": "AlternativeName"},
        ],
        "serviceChannelDescriptions": [
            {"language": "fi", "value": "Kahvia ja seuraa.", "type": "Description"}
        ],
        "languages": ["fi", "en"],
        "phoneNumbers": [{"prefixNumber": "+358", "number": "401234", "language": "fi"}],
        "emails": [],
        "webPages": [{"url": "https://example.org", "value": "Sivut", "language": "fi"}],
        "addresses": [
            {
                "type": "Location",
                "subType": "Single",
                "streetAddress": {
                    "street": [{"language": "fi", "value": "Torikatu"}],
                    "streetNumber": "4",
                    "municipality": {
                        "code": "992", "name": [{"language": "fi", "value": "Äänekoski"}]
                    },
                    "latitude": "6974202.909",
                    "longitude": "534246.773",
                    "coordinateState": "Ok",
                },
            }
        ],
        "serviceHours": [
            {
                "serviceHourType": "DaysOfTheWeek",
                "validForNow": True,
                "isClosed": False,
                "openingHour": [
                    {"dayFrom": "Monday", "dayTo": "Friday", "from": "09:00:00", "to": "15:00:00"},
                    {"dayFrom": "Saturday", "dayTo": None, "from": "10:00:00", "to": "14:00:00"},
                ],
            },
            {
                "serviceHourType": "Exceptional",
                "validFrom": "2026-12-24T00:00:00",
                "validTo": "2026-12-26T00:00:00",
                "isClosed": True,
                "openingHour": [],
            },
        ],
        "publishingStatus": "Published",
    } | given  # fmt: skip


def services(*items: dict[str, Any]) -> dict[str, Any]:
    return {"pageNumber": 1, "pageSize": 100, "pageCount": 1, "itemList": list(items)}


def test_metres_become_degrees() -> None:
    assert to_wgs84(6974202.909, 534246.773) == pytest.approx((62.896195, 27.673729), abs=2e-5)


def test_a_service_location_keeps_its_hours_and_their_exceptions() -> None:
    drafts, refused = read("ptv", services(channel()))
    assert refused == []
    one = drafts["p-1"]
    assert one.title == {"fi": "Kohtaamispaikka"}
    assert one.place == "Torikatu 4"
    assert one.contact == {"fi": "+358 401234"}
    [hours] = one.times
    assert hours["open"] == ("Mo-Fr 09:00-15:00; Sa 10:00-14:00; 2026 Dec 24-2026 Dec 26 off")


def test_a_service_without_coordinates_has_its_municipality() -> None:
    bare = channel()
    bare["addresses"][0]["streetAddress"] |= {"latitude": None, "longitude": None}
    drafts, _ = read("ptv", services(bare))
    assert (drafts["p-1"].latitude, drafts["p-1"].municipality) == (None, "Äänekoski")


def test_broken_services_are_refused() -> None:
    degrees = channel(id="p-2")
    degrees["addresses"][0]["streetAddress"] |= {"latitude": "62.8", "longitude": "27.6"}
    words = channel(id="p-3")
    words["addresses"][0]["streetAddress"] |= {"latitude": "pohjoinen", "longitude": "1"}
    drafts, refused = read(
        "ptv",
        services(degrees, words, channel(id="p-4", addresses=[]), channel(id="p-5", languages=5)),
    )
    assert drafts == {}
    assert [(one.row, one.field) for one in refused] == [
        ("p-2", "latitude"), ("p-3", "latitude"), ("p-4", "addresses"), ("p-5", "whole"),
    ]  # fmt: skip


def test_other_channels_and_drafts_are_passed_over() -> None:
    other = channel(serviceChannelType="Phone")
    assert read("ptv", services(other, channel(publishingStatus="Draft"))) == ({}, [])


# --- iCalendar --------------------------------------------------------------------------------

CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//Test//FI
{events}
END:VCALENDAR
"""
WEEKLY = """\
BEGIN:VEVENT
UID:w@example.org
DTSTAMP:20260901T000000Z
DTSTART;TZID=Europe/Helsinki:20260901T170000
DTEND;TZID=Europe/Helsinki:20260901T190000
RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20270301T220000Z
EXDATE;TZID=Europe/Helsinki:20261229T170000
SUMMARY:Neulekerho
LOCATION:Kirjasto\\, Kirkkotie 2\\, 43100 Saarijärvi
GEO:62.7049;25.2587
END:VEVENT
BEGIN:VEVENT
UID:w@example.org
DTSTAMP:20260901T000000Z
RECURRENCE-ID;TZID=Europe/Helsinki:20261208T170000
DTSTART;TZID=Europe/Helsinki:20261209T170000
DTEND;TZID=Europe/Helsinki:20261209T180000
SUMMARY:Neulekerho
END:VEVENT"""


def calendar(events: str) -> bytes:
    return CALENDAR.format(events=events).replace("\n", "\r\n").encode()


def test_a_calendar_keeps_rules_exceptions_and_moved_times() -> None:
    drafts, refused = read("ical", calendar(WEEKLY))
    assert refused == []
    one = drafts["w@example.org"]
    assert one.times == [
        {
            "start": "2026-09-01T17:00",
            "minutes": 120,
            "rrule": "FREQ=WEEKLY;UNTIL=20270301T220000Z;BYDAY=TU",
            "except": ["2026-12-08T17:00", "2026-12-29T17:00"],
        },
        {"start": "2026-12-09T17:00", "minutes": 60},
    ]
    assert (one.municipality, one.latitude) == ("Saarijärvi", 62.7049)


def test_broken_and_cancelled_calendar_events() -> None:
    nameless = WEEKLY.split("BEGIN:VEVENT\nUID")[1]
    broken = (
        "BEGIN:VEVENT\nUID:a\nSUMMARY:Ilman aikaa\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:b\nSTATUS:CANCELLED\nDTSTART:20261201T100000Z\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:c\nDTSTART:20261201T100000Z\nDTEND:20261201T090000Z\n"
        "SUMMARY:Nurin\nEND:VEVENT"
    )
    assert nameless
    drafts, refused = read("ical", calendar(broken))
    assert drafts == {}
    assert [(one.row, one.field) for one in refused] == [("a", "DTSTART"), ("c", "DTEND")]


# --- web pages --------------------------------------------------------------------------------


def web(*events: dict[str, Any]) -> bytes:
    scripts = "".join(
        f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in events
    )
    return f"<html><head>{scripts}</head><body></body></html>".encode()


def ld(**given: Any) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "SocialEvent",
        "@id": "https://example.org/e/1",
        "name": "Yhteislaulu",
        "startDate": "2026-12-05T14:00:00+02:00",
        "endDate": "2026-12-05T15:30:00+02:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "location": {
            "@type": "Place",
            "name": "Seuratalo",
            "address": {
                "@type": "PostalAddress", "streetAddress": "Tie 1", "addressLocality": "Multia"
            },
            "geo": {"@type": "GeoCoordinates", "latitude": "62,41", "longitude": 24.79},
        },
        "organizer": {"@type": "Organization", "name": "Kuoro"},
        "offers": {"@type": "Offer", "price": "5,50"},
        "inLanguage": "fi",
        "typicalAgeRange": "18-",
    } | given  # fmt: skip


def test_events_of_a_web_page_are_read() -> None:
    drafts, refused = read("web-page", web(ld()))
    assert refused == []
    one = drafts["https://example.org/e/1"]
    assert one.times == [{"start": "2026-12-05T14:00", "minutes": 90}]
    assert (one.price_euros, one.youngest, one.latitude) == (5.5, 18, 62.41)
    assert (one.place, one.municipality) == ("Seuratalo, Tie 1", "Multia")


def test_schedules_virtual_places_and_faults_of_web_pages() -> None:
    schedule = {
        "@type": "Schedule", "startDate": "2026-12-01", "endDate": "2027-02-01",
        "startTime": "18:00", "endTime": "19:00", "repeatFrequency": "P1W",
        "byDay": "https://schema.org/Tuesday",
    }  # fmt: skip
    drafts, refused = read(
        "web-page",
        web(
            ld(**{"@id": "a", "eventSchedule": schedule}),
            ld(**{"@id": "b", "location": {"@type": "VirtualLocation", "url": "https://x.org"}}),
            ld(**{"@id": "c", "startDate": None}),
            ld(**{"@id": "d", "eventStatus": "https://schema.org/EventCancelled"}),
            ld(**{"@id": "e", "location": None}),
        ),
    )
    assert drafts["a"].times[0]["rrule"] == "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270201"
    assert drafts["b"].kind == "online"
    assert [(one.row, one.field) for one in refused] == [("c", "startDate"), ("e", "location")]


# --- OpenStreetMap ----------------------------------------------------------------------------


def test_overpass_points_and_centres_are_read_and_nameless_ones_refused() -> None:
    elements = [
        {"type": "node", "id": 1, "lat": 62.6, "lon": 25.7, "tags": {
            "amenity": "library", "name": "Kirjasto", "opening_hours": "Mo-Fr 10:00-18:00; PH off",
            "wheelchair": "yes", "addr:street": "Torikatu", "addr:housenumber": "4"}},
        {"type": "way", "id": 2, "center": {"lat": 62.6, "lon": 25.7}, "tags": {
            "amenity": "community_centre", "name": "Kylätalo"}},
        {"type": "way", "id": 3, "tags": {"amenity": "cafe", "name": "Kahvila"}},
        {"type": "node", "id": 4, "lat": 62.6, "lon": 25.7, "tags": {"amenity": "cafe"}},
        {"type": "node", "id": 5, "lat": 62.6, "lon": 25.7, "tags": {
            "amenity": "cafe", "name": "Auki", "opening_hours": "aina"}},
        {"type": "node", "id": 6, "lat": 62.6, "lon": 25.7},
    ]  # fmt: skip
    drafts, refused = read("osm", {"version": 0.6, "elements": elements})
    assert set(drafts) == {"node/1", "way/2"}
    library = drafts["node/1"]
    assert (library.step_free, library.walk_in, library.place) == (True, True, "Torikatu 4")
    assert library.attribution == "© OpenStreetMap contributors"
    assert [(one.row, one.field) for one in refused] == [
        ("way/3", "center"), ("node/4", "name"), ("node/5", "times"),
    ]  # fmt: skip


def test_a_polygon_is_known_by_a_point_inside_it() -> None:
    ring = [[25.0, 62.0], [25.2, 62.0], [25.2, 62.2], [25.0, 62.2], [25.0, 62.0]]
    features = [
        {"type": "Feature", "id": "way/7", "properties": {"name": "Talo"},
         "geometry": {"type": "Polygon", "coordinates": [ring]}},
        {"type": "Feature", "id": "way/8", "properties": {"name": "Rikki"}, "geometry": None},
    ]  # fmt: skip
    drafts, refused = read("osm", {"type": "FeatureCollection", "features": features})
    assert 62.0 < (drafts["way/7"].latitude or 0) < 62.2
    assert [(one.row, one.field) for one in refused] == [("way/8", "geometry")]
