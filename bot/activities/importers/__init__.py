"""Readers of the formats in which others publish what is on.

A reader takes the contents of a source, page by page, and gives drafts, and what it refuses. Where
the source is no such thing at all it raises `ImportFailed`. Nothing is fetched or stored here.
"""

from collections.abc import Callable, Iterator, Sequence

from bot.activities.draft import Draft, Refused
from bot.activities.importers import calendars, linked_events, osm, ptv, table, webpages

type Reader = Callable[[Sequence[bytes], str], Iterator[Draft | Refused]]

READERS: dict[str, Reader] = {
    "linked-events": linked_events.read,
    "ptv": ptv.read,
    "ical": calendars.read,
    "web-page": webpages.read,
    "osm": osm.read,
    "table": table.read,
}
