"""What the readers share: JSON, texts, times and prices as others write them."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import html_text

from bot.activities.draft import Draft, Refused, Unfit, check
from bot.activities.times import HELSINKI
from bot.errors import ImportFailed

# How long something takes whose end is not told.
USUAL_MINUTES = 120
DAY_MINUTES = 24 * 60
_PRICE = re.compile(r"\d+(?:[.,]\d{1,2})?")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def parse_json(content: bytes) -> Any:
    """The content as JSON.

    Raises:
        ImportFailed: it is something else.
    """
    try:
        return json.loads(content)
    except ValueError as error:
        raise ImportFailed(f"The source is not JSON: {error}.") from error


def each[Item](
    items: Iterable[Item],
    name_of: Callable[[Item], str],
    fields_of: Callable[[Item], dict[str, Any] | None],
) -> Iterator[Draft | Refused]:
    """Reads every item by itself: what is wrong with one leaves the others.

    `fields_of` gives a draft's fields, or None for what is to be passed over.
    """
    for number, item in enumerate(items, start=1):
        row = str(number)
        try:
            row = name_of(item) or row
            fields = _read(item, fields_of)
        except Unfit as error:
            yield Refused(row, error.field, error.reason)
        else:
            if fields is not None:
                yield from check(row, fields)


def _read[Item](
    item: Item, fields_of: Callable[[Item], dict[str, Any] | None]
) -> dict[str, Any] | None:
    try:
        return fields_of(item)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise Unfit("whole", f"is not in the expected shape ({error!r})") from error


def texts(given: Any, *, html: bool = False) -> dict[str, str]:
    """Texts by language, without those that are empty or in no language code."""
    if not isinstance(given, dict):
        return {}
    found = {}
    for language, words in given.items():
        if isinstance(words, str) and _LANGUAGE.fullmatch(str(language)):
            said = html_text.extract_text(words) if html and "<" in words else words.strip()
            if said:
                found[language] = said
    return found


def first_text(given: Any) -> str | None:
    """One text of those by language, Finnish before others."""
    found = texts(given)
    return found.get("fi") or next(iter(found.values()), None)


def moment(given: Any, field: str) -> tuple[datetime, bool]:
    """A point in time as Helsinki time, and whether only its day is told.

    Raises:
        Unfit: it can't be read.
    """
    if isinstance(given, datetime):
        return (given.astimezone(HELSINKI) if given.tzinfo else given), False
    if isinstance(given, date):
        return datetime.combine(given, time()), True
    try:
        written = str(given).strip()
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise Unfit(field, f"is not a time: {given}") from error
    return (found.astimezone(HELSINKI) if found.tzinfo else found), len(written) <= 10


def one_time(start: Any, end: Any, fields: tuple[str, str] = ("start", "end")) -> dict[str, Any]:
    """One time from a start and an end; a day without hours lasts all day.

    Raises:
        Unfit: one can't be read, or the end is before the start.
    """
    begins, whole_day = moment(start, fields[0])
    minutes = DAY_MINUTES if whole_day else USUAL_MINUTES
    if end:
        ends, ends_with_day = moment(end, fields[1])
        if ends_with_day:
            ends += timedelta(days=1)
        length = ends.replace(tzinfo=None) - begins.replace(tzinfo=None)
        if length < timedelta() or (length == timedelta() and whole_day):
            raise Unfit(fields[1], "is before the start")
        minutes = round(length / timedelta(minutes=1)) or minutes
    return {"start": f"{begins:%Y-%m-%dT%H:%M}", "minutes": minutes}


def price(given: Any) -> float | None:
    """The first number of a price: "5 €", "7,50"; None where there is none."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    found = _PRICE.search(str(given or ""))
    return float(found[0].replace(",", ".")) if found else None


def link(given: Any) -> str | None:
    """A web address, if it is one."""
    written = str(given or "").strip()
    if written.startswith("www."):
        written = f"https://{written}"
    return written if written.startswith(("http://", "https://")) and " " not in written else None


def joined(*parts: Any) -> str | None:
    """The parts that there are, with commas between them."""
    return ", ".join(str(part).strip() for part in parts if part and str(part).strip()) or None
