"""The places of Central Finland, and how people write their names.

Standard library and Python 3.10 only: Rasa's environment imports this module too.
"""

import csv
import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

from bot.errors import KnowledgeError

# It moved to Pirkanmaa in 2021; people around it still count it in.
OUTSIDE = frozenset({"Kuhmoinen"})

SHORTEST_NAME = 6
# Some keyboards put the dots of ä and ö as marks of their own.
_LETTER = r"(?:[^\W\d_][\u0300-\u036f]*)"
WORD = re.compile(rf"{_LETTER}{{1,3}}:{_LETTER}+|{_LETTER}+")
CLITIC = re.compile(r"(?:ni|si|mme|nne|nsa)?(?:kin?|kaan|han|kohan|kos?|ks|pas?)?$")

# Spoken endings in place of the written ones: "Jyväskyläs", "Äänekoskelt", "Jyväskylähän".
SPOKEN = (
    (re.compile("ssa$"), ("s", "ss")),
    (re.compile("sta$"), ("st",)),
    (re.compile("lla$"), ("l", "ll")),
    (re.compile("lta$"), ("lt",)),
    (re.compile(r"([aeiou])\1n$"), (r"\1\1", r"\1h\1n")),
    (re.compile(r"([aeiou])seen$"), (r"\1h\1n", r"\1see")),
)
# "jyväskyläläinen" bends like every word in -nen.
RESIDENT = re.compile("(?<=i)nen$")
RESIDENT_ENDINGS = (
    "nen",
    "sen",
    "sta",
    "set",
    "sia",
    "sten",
    "sena",
    "siin",
    "sille",
    "silla",
    "sina",
)


@dataclass(frozen=True)
class Place:
    """A municipality or a locality within one; coordinates in WGS84 degrees."""

    name: str
    municipality: str
    latitude: float
    longitude: float
    in_region: bool = True


@dataclass(frozen=True)
class Mention:
    """A place named in a text: `text[start:end] == written`.

    `ambiguous` where the word means something else as likely: "multiaan", "hallissa".
    """

    place: Place
    start: int
    end: int
    ambiguous: bool
    written: str


class Gazetteer:
    """The municipalities and localities of the region, found by any of their names' forms."""

    def __init__(self, places: Iterable[Place], forms: "Forms") -> None:
        self._places = {fold(place.name): place for place in places}
        self._forms = forms
        self.municipalities = tuple(
            sorted(
                (p.name for p in self._places.values() if p.name == p.municipality and p.in_region),
                key=_alphabetical,
            )
        )

    @classmethod
    def load(cls, municipalities_csv: Path, localities_csv: Path) -> "Gazetteer":
        """Reads the two tables.

        Columns `name_fi, name_sv, lat, lon` and `locality, municipality, lat, lon`, and in both
        `inflected_forms`, `homographs` (forms that are ordinary words too) and `look_alikes`
        (how ordinary words begin that are one letter away), each parted by `|`. A locality without
        coordinates is placed at its municipality's centre.

        Raises:
            KnowledgeError: a table, or a line of it, can't be read.
        """
        forms = Forms()
        places: dict[str, Place] = {}
        for place, row in _read(municipalities_csv, _municipality):
            places[place.name] = place
            forms.add(place, row, place.name, row["name_sv"])
        for place, row in _read(localities_csv, lambda row: _locality(row, places)):
            places[place.name] = place
            forms.add(place, row, place.name)
        return cls(places.values(), forms)

    @property
    def places(self) -> Iterable[Place]:
        """Every municipality and locality."""
        return self._places.values()

    def place(self, name: str) -> Place | None:
        """The place of exactly this name, whatever its case and dots."""
        return self._places.get(fold(name))

    def nearest(self, latitude: float, longitude: float) -> Place:
        """The municipality's or locality's centre that is nearest to the point."""
        return min(
            self._places.values(),
            key=lambda place: distance_km(latitude, longitude, place.latitude, place.longitude),
        )

    def find(self, text: str) -> list[Mention]:
        """Every place named in the text, in its order."""
        mentions = []
        for match in WORD.finditer(text):
            found = self._forms.find(fold(match[0]))
            if found:
                place, homograph = found
                start, end = match.span()
                ambiguous = homograph and not _written_as_a_name(text, start, end)
                mentions.append(Mention(place, start, end, ambiguous, match[0]))
        return mentions


class Forms:
    """Every folded form of every name."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._homographs: set[str] = set()
        self._look_alikes: tuple[str, ...] = ()

    def add(self, place: Place, row: dict[str, str], *names: str) -> None:
        """Takes in a table row's names and forms, and the spoken forms they give."""
        for written in (*names, *_listed(row, "inflected_forms")):
            for form in _variants(written):
                self._places.setdefault(form, place)
        for written in _listed(row, "homographs"):
            self._homographs.update(_variants(written))
        self._look_alikes += tuple(map(fold, _listed(row, "look_alikes")))

    def find(self, word: str) -> tuple[Place, bool] | None:
        """The place that the folded word names, and whether it is an ordinary word as well."""
        for form in (word, CLITIC.sub("", word)):
            if form in self._places:
                return self._places[form], form in self._homographs
        place = self._mistyped(word)
        return (place, False) if place else None

    def _mistyped(self, word: str) -> Place | None:
        if len(word) < SHORTEST_NAME or word.startswith(self._look_alikes):
            return None
        meant = {self._places[form] for form in _one_edit_away(word) if self._may_be_mistyped(form)}
        return meant.pop() if len(meant) == 1 else None

    def _may_be_mistyped(self, form: str) -> bool:
        """Short names and nicknames are too near to other words."""
        if form not in self._places or form in self._homographs:
            return False
        return SHORTEST_NAME <= len(fold(self._places[form].name)) <= len(form)


def fold(text: str) -> str:
    """Letters alone, in lower case, without dots and rings: "Jkl:ssä" gives "jklssa"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalpha())


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The great-circle distance between two points given in degrees."""
    lat1, lon1, lat2, lon2 = map(radians, (lat1, lon1, lat2, lon2))
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * asin(sqrt(chord))


def _variants(written: str) -> Iterator[str]:
    form = fold(written)
    if written.islower() and RESIDENT.search(form):
        yield from (RESIDENT.sub(ending, form) for ending in RESIDENT_ENDINGS)
        return
    yield form
    for ending, spoken in SPOKEN:
        if ending.search(form):
            yield from (ending.sub(other, form) for other in spoken)


def _one_edit_away(word: str) -> Iterator[str]:
    """Every spelling one letter away; the first stays: few miss it, and many words differ by it."""
    for i in range(1, len(word) + 1):
        head, tail = word[:i], word[i:]
        yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in string.ascii_lowercase:
            yield head + letter + tail[1:]
            yield head + letter + tail


def _written_as_a_name(text: str, start: int, end: int) -> bool:
    """Whether the capital letter tells: it does not where a sentence begins or all is capitals."""
    if not text[start].isupper():
        return False
    before = text[:start].rstrip()
    is_all = fold(text) == fold(text[start:end])
    return is_all or not (before == "" or before[-1] in ".!?…" or text.isupper())


def _municipality(row: dict[str, str]) -> Place:
    name = row["name_fi"]
    return Place(name, name, float(row["lat"]), float(row["lon"]), name not in OUTSIDE)


def _locality(row: dict[str, str], municipalities: dict[str, Place]) -> Place:
    parent = municipalities[row["municipality"]]
    latitude, longitude = (
        (float(row["lat"]), float(row["lon"]))
        if row["lat"] and row["lon"]
        else (parent.latitude, parent.longitude)
    )
    return Place(row["locality"], parent.name, latitude, longitude, parent.in_region)


def _read(
    path: Path, place_of: Callable[[dict[str, str]], Place]
) -> Iterator[tuple[Place, dict[str, str]]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path.name}: can't be read ({error})") from error
    table = csv.DictReader(lines)
    for row in table:
        try:
            yield place_of(row), row
        except (KeyError, TypeError, ValueError) as error:
            raise KnowledgeError(f"{path.name}, line {table.line_num}: {error!r}") from error


def _listed(row: dict[str, str], column: str) -> list[str]:
    return [entry.strip() for entry in (row.get(column) or "").split("|") if entry.strip()]


def _alphabetical(name: str) -> str:
    """Finnish order: å, ä and ö after z."""
    return name.casefold().translate(str.maketrans("åäö", "{|}"))
