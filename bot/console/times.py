"""Moments and spans as people read them, in Finland's time."""

from datetime import datetime, timedelta

from bot.activities.times import HELSINKI
from bot.console.words import Words


def clock(moment: datetime) -> str:
    """The time of day: 14.05 in Finnish would not sort; 14:05 is understood in both."""
    return f"{moment.astimezone(HELSINKI):%H:%M}"


def day(moment: datetime) -> str:
    """The date, as it is written in Finland: 24.11.2026."""
    local = moment.astimezone(HELSINKI)
    return f"{local.day}.{local.month}.{local.year}"


def moment(moment: datetime) -> str:
    """Date and time of day."""
    return f"{day(moment)} {clock(moment)}"


def span(words: Words, language: str, length: timedelta) -> str:
    """How long something takes, in its largest unit that says enough: `4 min`, `2 h 5 min`."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return words("times.moment", language)
    if minutes < 60:
        return words("times.minutes", language, count=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return words("times.hours", language, hours=hours, minutes=minutes)
    return words("times.days", language, count=hours // 24)
