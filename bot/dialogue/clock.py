"""Moments as moderators and residents read them: in Helsinki, in their language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.activities.cards import when
from bot.activities.times import HELSINKI, Occurrence
from bot.store.tables import now


@dataclass(frozen=True)
class Clock:
    """Says when something is, in the words of `bot/knowledge/when.yml`."""

    words: Mapping[str, Any]
    language: str

    def when(self, at: datetime, language: str | None = None) -> str:
        """The day and the time: "huomenna klo 10"."""
        spoken = language if language and language in self.words else self.language
        return when(Occurrence(at, at + timedelta(hours=1)), now(), spoken, dict(self.words))

    def time(self, at: datetime) -> str:
        """The time of day: "18.05"."""
        local = at.astimezone(HELSINKI)
        return str(self.words[self.language]["time"].format(hour=local.hour, minute=local.minute))

    def span(self, starts: datetime, ends: datetime) -> str:
        """From when to when: "tänään klo 17–20.00"."""
        begun = starts <= now()
        return f"–{self.time(ends)}" if begun else f"{self.when(starts)}–{self.time(ends)}"
