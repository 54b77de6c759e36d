"""The numbers to call, which of them fit, and how one is written on a line.

The rows, their sources and all words stand in `bot/knowledge/helplines.yml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import KnowledgeError
from bot.reading import read_mapping
from bot.safety.screening import KINDS, Kind, Level

HELSINKI = ZoneInfo("Europe/Helsinki")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A number lives longer than its opening hours.
HOURS_HOLD = timedelta(days=180)
AT_MOST = 3
BETWEEN = " · "
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Opening:
    """Open from `first` to `last` weekday (0 is Monday) between two times, Helsinki time."""

    first: int
    last: int
    opens: time
    closes: time

    def covers(self, local: datetime) -> bool:
        """Whether a Helsinki time falls within."""
        return (
            self.first <= local.weekday() <= self.last and self.opens <= local.time() < self.closes
        )


NOT_LISTED: Mapping[str | None, tuple[Opening, ...] | None] = {None: None, "always": ()}


@dataclass(frozen=True, slots=True)
class Helpline:
    """One row of the file.

    Attributes:
        hours: the openings; empty when it is always open; None when nothing is known.
        emergency: comes first when the danger is said outright.
        young: only for those under 18.
        checked: the day somebody last looked at the source.
    """

    id: str
    number: str
    name: Mapping[str, str]
    kinds: frozenset[str]
    offered_to: frozenset[str]
    languages: frozenset[str]
    hours: tuple[Opening, ...] | None
    source: str
    checked: date
    note: Mapping[str, str]
    emergency: bool = False
    young: bool = False

    def is_closed(self, now: datetime) -> bool:
        """Whether it is known to be closed at an aware time."""
        local = now.astimezone(HELSINKI)
        return bool(self.hours) and not any(opening.covers(local) for opening in self.hours or ())


@dataclass(frozen=True, slots=True)
class Helplines:
    """All rows, in the order of the file, and the words for hours by language."""

    rows: tuple[Helpline, ...]
    words: Mapping[str, Mapping[str, Any]]

    @classmethod
    def load(cls, path: Path) -> "Helplines":
        """Reads the file.

        Raises:
            KnowledgeError: it can't be read or used; names the file, the row and the cause.
        """
        content = read_mapping(path)
        try:
            return cls(tuple(_helpline(row) for row in content["helplines"]), content["words"])
        except (KeyError, TypeError, ValueError) as error:
            raise KnowledgeError(f"{path.name}: {error!r}") from error

    def fitting(
        self,
        kind: Kind,
        language: str,
        now: datetime,
        level: Level = "now",
        *,
        young: bool = False,
    ) -> list[Helpline]:
        """The lines to show, at most three, the first to call first.

        Args:
            kind: what the danger is.
            language: the writer's language; one without lines of its own is served in English.
            now: an aware time; a line that is closed then comes last.
            level: below `now` the emergency number comes after the lines to talk to.
            young: the writer says to be under 18.
        """
        spoken = self._spoken(language)
        lines = [
            row
            for row in self.rows
            if kind in row.kinds and spoken in row.offered_to and (young or not row.young)
        ]
        emergency = [row for row in lines if row.emergency]
        youth = [row for row in lines if row.young]
        others = [row for row in lines if not row.emergency and not row.young]
        others.sort(key=lambda row: row.is_closed(now))
        to_talk_to = others[: AT_MOST - len(emergency) - len(youth)] + youth
        if kind == "emergency" or level == "now":
            return emergency + to_talk_to
        return to_talk_to + emergency

    def render(self, line: Helpline, language: str, now: datetime) -> str:
        """One line of plain text: name, number, and in brackets its note and its hours."""
        spoken = self._spoken(language)
        asides = [line.note.get(spoken, ""), self._hours(line, spoken, now)]
        aside = BETWEEN.join(filter(None, asides))
        return f"{line.name[spoken]} {line.number}" + (f" ({aside})" if aside else "")

    def text(
        self,
        kind: Kind,
        language: str,
        now: datetime,
        level: Level = "now",
        *,
        young: bool = False,
    ) -> str:
        """The fitting lines as text, each on a line of its own; the arguments are `fitting`'s."""
        lines = self.fitting(kind, language, now, level, young=young)
        return "\n".join(self.render(line, language, now) for line in lines)

    def _spoken(self, language: str) -> str:
        return language if language in self.words else FALLBACK

    def _hours(self, line: Helpline, language: str, now: datetime) -> str:
        if line.hours is None or now.astimezone(HELSINKI).date() - line.checked > HOURS_HOLD:
            return ""
        words = self.words[language]
        if not line.hours:
            return str(words["always"])
        return ", ".join(_span(opening, words["days"]) for opening in line.hours)


def _span(opening: Opening, days: list[str]) -> str:
    first, last = days[opening.first], days[opening.last]
    span = first if first == last else f"{first}–{last}"
    return f"{span} {_clock(opening.opens)}–{_clock(opening.closes)}"


def _clock(at: time) -> str:
    return f"{at.hour}.{at.minute:02}" if at.minute else str(at.hour)


def _helpline(row: Mapping[str, Any]) -> Helpline:
    try:
        return Helpline(
            id=row["id"],
            number=row["number"],
            name={language: row["name"][language] for language in row["offered_to"]},
            kinds=frozenset(KINDS[KINDS.index(kind)] for kind in row["kinds"]),
            offered_to=frozenset(row["offered_to"]),
            languages=frozenset(row["languages"]),
            hours=openings(row["hours"]),
            source=row["source"],
            checked=date.fromisoformat(str(row["checked"])),
            note=row.get("note", {}),
            emergency=row.get("emergency", False),
            young=row.get("young", False),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{row.get('id', row)}: {error!r}") from error


def openings(hours: str | list[Mapping[str, str]] | None) -> tuple[Opening, ...] | None:
    """Reads openings: `always`, a list of `{days: mon-fri, opens: "09:00", closes: "15:00"}`.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    if isinstance(hours, list):
        return tuple(_opening(**span) for span in hours)
    return NOT_LISTED[hours]


def _opening(days: str, opens: str, closes: str) -> Opening:
    first, _, last = days.partition("-")
    return Opening(
        WEEKDAYS.index(first),
        WEEKDAYS.index(last or first),
        time.fromisoformat(opens),
        time.fromisoformat(closes),
    )
