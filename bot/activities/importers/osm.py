"""Places from OpenStreetMap: what Overpass answers (`out center`), or GeoJSON.

Tags after the OpenStreetMap wiki and openstreetmap/id-tagging-schema.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape

from bot.activities.draft import Draft, Refused, Unfit
from bot.activities.importers.reading import each, joined, link, parse_json
from bot.errors import ImportFailed

LICENCE = "ODbL 1.0"
ATTRIBUTION = "© OpenStreetMap contributors"
KINDS = {"social_facility": "service"}
# Interests that a place answers by what it is.
INTERESTS = {"library": ["reading"], "cafe": ["coffee"]}
YES_NO = {"yes": True, "designated": True, "no": False}

type Tags = dict[str, str]
type Element = dict[str, Any]


def read(pages: Sequence[bytes], name: str) -> Iterator[Draft | Refused]:
    """Reads places.

    Raises:
        ImportFailed: the source is neither Overpass JSON nor GeoJSON.
    """
    for page in pages:
        content = parse_json(page)
        if not isinstance(content, dict):
            raise ImportFailed("The source is neither Overpass JSON nor GeoJSON.")
        if isinstance(content.get("elements"), list):
            yield from each(_tagged(content["elements"]), _element_key, _of_element)
        elif isinstance(content.get("features"), list):
            yield from each(content["features"], _feature_key, _of_feature)
        else:
            raise ImportFailed("The source has neither elements (Overpass) nor features (GeoJSON).")


def _tagged(elements: list[Element]) -> list[Element]:
    """The nodes that only give a way its shape have no tags."""
    return [one for one in elements if isinstance(one, dict) and one.get("tags")]


def _element_key(element: Element) -> str:
    return f"{element.get('type')}/{element.get('id')}"


def _of_element(element: Element) -> dict[str, Any]:
    point = element if "lat" in element else element.get("center")
    if not point:
        raise Unfit("center", "is missing: ask Overpass for `out center`")
    return _fields(_element_key(element), element["tags"], point["lat"], point["lon"])


def _feature_key(feature: Element) -> str:
    told = feature.get("id") or (feature.get("properties") or {}).get("@id")
    return str(told or (feature.get("properties") or {}).get("osm_id") or "")


def _of_feature(feature: Element) -> dict[str, Any]:
    try:
        # A point that is surely inside, which the middle of an odd shape need not be.
        inside = shape(feature["geometry"]).representative_point()
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unfit("geometry", "can't be read") from error
    properties = feature.get("properties") or {}
    tags = {str(key): str(value) for key, value in properties.items() if value is not None}
    return _fields(_feature_key(feature), tags, round(inside.y, 6), round(inside.x, 6))


def _fields(key: str, tags: Tags, latitude: float, longitude: float) -> dict[str, Any]:
    if not tags.get("name"):
        raise Unfit("name", "is missing")
    amenity = tags.get("amenity", "")
    hours = tags.get("opening_hours")
    street = f"{tags.get('addr:street', '')} {tags.get('addr:housenumber', '')}".strip()
    phone = tags.get("contact:phone") or tags.get("phone")
    return {
        "source_id": key,
        "kind": KINDS.get(amenity, "meeting_place"),
        "title": {"fi": tags["name"], **_translated(tags, "name")},
        "text": _translated(tags, "description")
        | ({"fi": tags["description"]} if tags.get("description") else {}),
        "organiser": tags.get("operator"),
        "municipality": tags.get("addr:city"),
        "place": joined(street),
        "latitude": latitude,
        "longitude": longitude,
        "interests": INTERESTS.get(amenity, []),
        "times": [{"open": hours}] if hours else [],
        "price_euros": 0.0 if tags.get("fee") == "no" else None,
        "walk_in": amenity in INTERESTS,
        "step_free": YES_NO.get(tags.get("wheelchair", "")),
        "hearing_loop": YES_NO.get(tags.get("hearing_loop", "")),
        "contact": {"fi": phone, "en": phone} if phone else None,
        "link": link(tags.get("contact:website") or tags.get("website")),
        "licence": LICENCE,
        "attribution": ATTRIBUTION,
    }


def _translated(tags: Tags, name: str) -> dict[str, str]:
    return {
        code: tags[f"{name}:{code}"] for code in ("fi", "sv", "en") if tags.get(f"{name}:{code}")
    }
