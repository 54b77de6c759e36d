"""When somebody would like something to be on: read from their words, and held against times.

No library that was tried reads Finnish as it is spoken: dateparser 1.2 knows "lauantaina" and
"ensi viikolla", but neither "iltaisin", "viikonloppuna", "tänä iltana" nor "ens viikol", and takes
"klo 18" for the year 2118. So the words stand in `knowledge/times.yml`.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.reading import read_mapping, words

HELSINKI = ZoneInfo("Europe/Helsinki")
WEEKDAYS = {
    "monday": {0}, "tuesday": {1}, "wednesday": {2}, "thursday": {3}, "friday": {4},
    "saturday": {5}, "sunday": {6}, "weekend": {5, 6}, "weekdays": {0, 1, 2, 3, 4},
}  # fmt: skip
# The hours at which something begins, the first included, the last not.
HOURS = {"morning": (5, 12), "afternoon": (12, 17), "evening": (16, 24)}
SPANS = ("today", "tomorrow", "day_after_tomorrow", "this_week", "next_week", "next_month")
KEYS = (*SPANS, *WEEKDAYS, *HOURS)


class TimeWords:
    """Finds in a message when something is wished for."""

    def __init__(self, table: dict[str, tuple[str, ...]]) -> None:
        """`table`: the words of each of KEYS; a `*` at the end of a word stands for any ending."""
        self._keys: dict[str, set[str]] = {}
        for key, phrases in table.items():
            for phrase in phrases:
                self._keys.setdefault(_plain(phrase), set()).add(key)
        # The longest first: "day after tomorrow" before "tomorrow".
        ordered = sorted(self._keys, key=len, reverse=True)
        self._phrases = ordered
        either = "|".join(f"({_any_ending(phrase)})" for phrase in ordered)
        self._pattern = re.compile(rf"\b(?:{either})\b")

    @classmethod
    def load(cls, path: Path) -> "TimeWords":
        """Reads the file.

        Raises:
            KnowledgeError: it can't be read, or something else than lists of words stands there.
        """
        table = read_mapping(path)
        return cls({key: words(given, f"{path.name}: {key}") for key, given in table.items()})

    def find(self, text: str) -> list[tuple[str, int, int]]:
        """The keys that the text names, each with the span of the words that name it."""
        found = []
        for match in self._pattern.finditer(_plain(text)):
            phrase = self._phrases[(match.lastindex or 1) - 1]
            found += [(key, match.start(), match.end()) for key in sorted(self._keys[phrase])]
        return found


def suits(start: datetime, wished: Iterable[str], now: datetime) -> bool:
    """Whether what begins at `start` is on when it is wished for.

    Of several days, or of several times of day, any is right; a day and a time of day must both
    be. "Saturday" is any Saturday, "next week" begins on the coming Monday.

    Args:
        start: aware.
        wished: some of KEYS; others are passed over. With none of them everything suits.
        now: aware.
    """
    local, today = start.astimezone(HELSINKI), now.astimezone(HELSINKI).date()
    keys = set(wished)
    spans = [_span(key, today) for key in SPANS if key in keys]
    days = [WEEKDAYS[key] for key in WEEKDAYS if key in keys]
    hours = [HOURS[key] for key in HOURS if key in keys]
    return (
        (not spans or any(first <= local.date() < after for first, after in spans))
        and (not days or any(local.weekday() in some for some in days))
        and (not hours or any(first <= local.hour < after for first, after in hours))
    )


def _any_ending(phrase: str) -> str:
    return re.escape(phrase.rstrip("*")) + (r"\w*" if phrase.endswith("*") else "")


def _span(key: str, today: date) -> tuple[date, date]:
    """The first day that is meant, and the first one after it."""
    one = timedelta(days=1)
    monday = today + (7 - today.weekday()) * one
    month = (today.replace(day=1) + 32 * one).replace(day=1)
    return {
        "today": (today, today + one),
        "tomorrow": (today + one, today + 2 * one),
        "day_after_tomorrow": (today + 2 * one, today + 3 * one),
        "this_week": (today, monday),
        "next_week": (monday, monday + 7 * one),
        "next_month": (month, (month + 32 * one).replace(day=1)),
    }[key]


def _plain(text: str) -> str:
    """Lower case and without umlauts, letter by letter: spans stay what they are."""
    lower = "".join(one.lower() if len(one.lower()) == 1 else one for one in text)
    return lower.translate(str.maketrans("äöå", "aoa"))
