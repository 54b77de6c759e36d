"""Readers of the formats in which others publish what is on.

A reader takes the contents of a source, page by page, and gives drafts, and what it refuses. Where
the source is no such thing at all it raises `ImportFailed`. Nothing is fetched or stored here.
"""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

from bot.activities.draft import Draft, Refused

type Reader = Callable[[Sequence[bytes], str], Iterator[Draft | Refused]]

# Each module is imported when something is read with it: some bring large libraries with them,
# which whoever only wants to know the kinds of sources has no use for.
READERS = {
    "linked-events": "linked_events",
    "ptv": "ptv",
    "ical": "calendars",
    "web-page": "webpages",
    "osm": "osm",
    "table": "table",
}


def reader(kind: str) -> Reader:
    """What reads a kind of source, one of `READERS`."""
    read: Reader = import_module(f"{__name__}.{READERS[kind]}").read
    return read
