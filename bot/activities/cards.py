"""Values for the card of an activity; the words come from `bot/knowledge/when.yml`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.activities.times import HELSINKI, Occurrence

REPEATS: dict[tuple[str | None, int], str] = {
    ("DAILY", 1): "every_day",
    ("WEEKLY", 1): "every_week",
    ("WEEKLY", 2): "every_second_week",
    ("MONTHLY", 1): "every_month",
}


def when(occurrence: Occurrence, at: datetime, language: str, words: dict[str, Any]) -> str:
    """When it is, said at `at`: "huomenna klo 13", "tiistaina 1.12. klo 13".

    Args:
        occurrence: the time it takes place.
        at: now.
        language: `fi` or `en`.
        words: the content of `when.yml`.
    """
    said = words[language]
    start = occurrence.start.astimezone(HELSINKI)
    all_day = _is_all_day(occurrence)
    if occurrence.start <= at and not all_day:
        return str(said["now"].format(time=_time(occurrence.end.astimezone(HELSINKI), said)))
    days = max(0, (start.date() - at.astimezone(HELSINKI).date()).days)
    form = {0: "today", 1: "tomorrow"}.get(days, "later")
    return str(
        said[f"{form}_all_day" if all_day else form].format(
            weekday=said["weekdays"][start.weekday()],
            day=start.day,
            month=said["months"][start.month - 1],
            time=_time(start, said),
        )
    )


def repeats(times: Sequence[dict[str, Any]], language: str, words: dict[str, Any]) -> str | None:
    """How often it comes again, "joka viikko"; None when it does not, or in no plain way."""
    rhythms = {_rhythm(time.get("rrule") or "") for time in times}
    word = REPEATS.get(rhythms.pop()) if len(rhythms) == 1 else None
    return str(words[language][word]) if word else None


def text_in(texts: dict[str, Any], language: str) -> str:
    """The text in the language, or in the one there is: sources do not always give both."""
    return str(texts.get(language) or next(iter(texts.values())))


def kilometres(distance_km: float) -> int:
    """The distance in whole kilometres, at least 1: more would say more than is known."""
    return max(1, round(distance_km))


def _is_all_day(occurrence: Occurrence) -> bool:
    """Whether only its day is known: from midnight to midnight."""
    ends = (occurrence.start.astimezone(HELSINKI), occurrence.end.astimezone(HELSINKI))
    return all((moment.hour, moment.minute) == (0, 0) for moment in ends)


def _rhythm(rule: str) -> tuple[str | None, int]:
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    return parts.get("FREQ"), int(parts.get("INTERVAL", 1))


def _time(moment: datetime, said: dict[str, Any]) -> str:
    form = said["time"] if moment.minute else said["on_the_hour"]
    return str(form.format(hour=moment.hour, minute=moment.minute))
