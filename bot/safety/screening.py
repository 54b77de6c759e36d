"""Hears danger in a message: suicide, self-harm, violence, an emergency.

Rules and words stand in the catalogue that staff edit (`bot/knowledge/crisis_patterns.yml`);
here is only how they are weighed. Needs no network, no Rasa and no database.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.errors import KnowledgeError
from bot.reading import read_mapping
from bot.safety.normalise import fold, normalise, readings

Kind = Literal["emergency", "suicide", "violence", "selfharm"]
Level = Literal["now", "soon", "concern"]
About = Literal["by_self", "self", "other"]
# What somebody says to the questions of an alarm, apart from being safe.
Reply = Literal["unsafe", "thoughts", "human", "cannot_call", "unclear"]

# Most serious first.
KINDS = get_args(Kind)
LEVELS = get_args(Level)
ABOUTS = get_args(About)
REPLIES = get_args(Reply)

Span = tuple[int, int]

# Words that belong to one thought stand no further apart than this, in words.
THOUGHT = 16

# Stands where a harmless phrase was. No pattern's gap reaches across it.
MASK = "|"
WORD = re.compile(r"\w+")
FRAGMENT = re.compile(r"<(\w+)>")
SENTENCE_END = re.compile(r"[.!?…\n]+\s*")


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a message was taken as.

    Attributes:
        kind: the danger.
        level: `now` said outright, `soon` said in other words, `concern` worth asking about.
        pattern_ids: the catalogue's patterns that found it. They may be kept; the words may not.
        about: `other` when the writer is worried about somebody else's life, `by_self` when they
            may do somebody harm themselves, else `self`.
    """

    kind: Kind
    level: Level
    pattern_ids: tuple[str, ...]
    about: About


@dataclass(frozen=True, slots=True)
class Pattern:
    """One entry of the catalogue, with the examples that its test runs."""

    id: str
    kind: Kind
    level: Level
    about: About
    languages: tuple[str, ...]
    regex: re.Pattern[str] | None
    together: tuple[tuple[re.Pattern[str], ...], ...]
    unless: re.Pattern[str] | None
    must_match: tuple[str, ...]
    must_not_match: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, int]:
        """The smaller, the more serious."""
        return LEVELS.index(self.level), KINDS.index(self.kind), ABOUTS.index(self.about)

    def spans(self, text: str) -> list[Span]:
        """Where it is found in a normalised text."""
        spans = [match.span() for match in self.regex.finditer(text)] if self.regex else []
        spans += [
            span
            for signs in self.together
            if signs[0].search(text) and (span := _together(text, signs))
        ]
        return [] if spans and self.unless and self.unless.search(text) else spans


@dataclass(frozen=True, slots=True)
class Spelling:
    """Mends slips in the few words that matter ("itsemruha").

    Attributes:
        words: the words mended to, in normal form.
        lookalikes: real words near one of them, left as they are ("kuulla" is no "kuolla").
    """

    words: frozenset[str]
    lookalikes: frozenset[str]

    SHORTEST: ClassVar[int] = 5

    def mend(self, text: str) -> str:
        """Replaces each misspelt word of a normalised text."""
        return WORD.sub(lambda found: self._mended(found.group()), text)

    def _mended(self, word: str) -> str:
        if len(word) < self.SHORTEST or word in self.words or word in self.lookalikes:
            return word
        best = process.extractOne(word, self.words, scorer=OSA.distance, score_cutoff=1)
        # The first letter is seldom the slip; this keeps "tuolla" from becoming "kuolla".
        return best[0] if best and best[0][0] == word[0] else word


@dataclass(frozen=True, slots=True)
class CrisisScreen:
    """The catalogue, ready to be asked."""

    patterns: tuple[Pattern, ...]
    harmless: re.Pattern[str]
    over: re.Pattern[str]
    not_over: re.Pattern[str]
    safe: re.Pattern[str]
    unsure: re.Pattern[str]
    replies: Mapping[Reply, tuple[re.Pattern[str], re.Pattern[str] | None]]
    young: re.Pattern[str]
    spelling: Spelling

    @classmethod
    def load(cls, path: Path) -> "CrisisScreen":
        """Reads the catalogue.

        Raises:
            KnowledgeError: it can't be read or used; names the file, the entry and the cause.
        """
        catalogue = read_mapping(path)
        try:
            return cls._from_catalogue(catalogue)
        except (KeyError, TypeError, ValueError) as error:
            raise KnowledgeError(f"{path.name}: {error!r}") from error

    @classmethod
    def _from_catalogue(cls, catalogue: Mapping[str, Any]) -> "CrisisScreen":
        words: dict[str, str] = catalogue["words"]
        spelling = catalogue["spelling"]
        harmless = [_whole_words(entry["pattern"], words) for entry in catalogue["harmless"]]
        return cls(
            patterns=tuple(
                _pattern(entry, kind, words) for kind in KINDS for entry in catalogue[kind]
            ),
            harmless=re.compile("|".join(regex.pattern for regex in harmless)),
            over=_whole_words(catalogue["over"]["pattern"], words),
            not_over=_whole_words(catalogue["over"]["unless"], words),
            safe=_whole_words(catalogue["safe"]["pattern"], words),
            unsure=_whole_words(catalogue["safe"]["unless"], words),
            replies={
                reply: (
                    _whole_words(entry["pattern"], words),
                    _whole_words(entry["unless"], words) if "unless" in entry else None,
                )
                for reply in REPLIES
                for entry in (catalogue["replies"][reply],)
            },
            young=_whole_words(catalogue["young"]["pattern"], words),
            spelling=Spelling(
                words=frozenset(map(normalise, spelling["words"])),
                lookalikes=frozenset(map(normalise, spelling["lookalikes"])),
            ),
        )

    def assess(self, text: str) -> Assessment | None:
        """Weighs one message. None means that nothing in it sounded like danger."""
        hits = set(self.hits(text))
        if not hits or self.is_over(text):
            return None
        worst = min(hits, key=lambda pattern: pattern.rank)
        ids = sorted(hit.id for hit in hits if hit.rank == worst.rank)
        return Assessment(worst.kind, worst.level, tuple(ids), worst.about)

    def is_over(self, text: str) -> bool:
        """Whether the writer tells of what was long ago, and does not say that it goes on."""
        plain = normalise(text)
        return bool(self.over.search(plain)) and not self.not_over.search(plain)

    def is_safe(self, text: str) -> bool:
        """Whether the writer says to be safe. Ask only after an alarm."""
        plain = normalise(text)
        said = self.safe.search(plain) and not self.unsure.search(plain)
        return bool(said) and self.assess(text) is None

    def reply(self, text: str) -> Reply | None:
        """What the writer answers to the questions of an alarm. Ask only after one."""
        plain = normalise(text)
        for reply, (said, unless) in self.replies.items():
            if said.search(plain) and not (unless and unless.search(plain)):
                return reply
        return None

    def says_young(self, text: str) -> bool:
        """Whether the writer says to be under 18."""
        return bool(self.young.search(normalise(text)))

    def without_harmless(self, text: str) -> str:
        """What is left of a message, in normal form, without phrases known to be harmless."""
        return self.harmless.sub(" ", self.spelling.mend(normalise(text))).strip()

    def hits(self, text: str) -> Iterator[Pattern]:
        """Every pattern found outside the harmless phrases."""
        # By itself as well, each sentence: "En jaksa enää. Kukaan ei soita."
        parts = (text, *SENTENCE_END.split(text))
        for reading in {reading for part in parts for reading in readings(part)}:
            yield from self._hits(self.harmless.sub(MASK, self.spelling.mend(reading)))

    def _hits(self, text: str) -> Iterator[Pattern]:
        found = [(pattern, span) for pattern in self.patterns for span in pattern.spans(text)]
        others = [span for pattern, span in found if pattern.about == "other"]
        for pattern, (start, end) in found:
            # "My friend wants to die" also holds words that would be the writer's own.
            inside = any(first <= start and end <= last for first, last in others)
            if pattern.about == "other" or not inside:
                yield pattern


def _pattern(entry: Mapping[str, Any], kind: Kind, words: Mapping[str, str]) -> Pattern:
    try:
        return Pattern(
            id=entry["id"],
            kind=kind,
            level=LEVELS[LEVELS.index(entry["level"])],
            about=ABOUTS[ABOUTS.index(entry.get("about", "self"))],
            languages=tuple(entry["languages"]),
            regex=_whole_words(entry["pattern"], words) if "pattern" in entry else None,
            together=tuple(
                tuple(_whole_words([sign], words) for sign in signs)
                for signs in entry.get("together", ())
            ),
            unless=_whole_words(entry["unless"], words) if "unless" in entry else None,
            must_match=tuple(entry["must_match"]),
            must_not_match=tuple(entry.get("must_not_match", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{entry.get('id', entry)}: {error!r}") from error


def _together(text: str, signs: tuple[re.Pattern[str], ...]) -> Span | None:
    """Where all the signs are, in any order, within one thought."""
    places = []
    for sign in signs:
        match = sign.search(text)
        if match is None:
            return None
        places.append(match.span())
    start, end = min(place[0] for place in places), max(place[1] for place in places)
    between = text[start:end]
    return (start, end) if MASK not in between and between.count(" ") < THOUGHT else None


def _whole_words(regexes: list[str], words: Mapping[str, str]) -> re.Pattern[str]:
    """Joins regexes into one that matches whole words; puts in the catalogue's `<fragments>`."""
    joined = FRAGMENT.sub(lambda name: f"(?:{words[name.group(1)]})", "|".join(regexes))
    try:
        return re.compile(rf"(?<!\w)(?:{fold(joined)})(?!\w)")
    except re.error as error:
        raise ValueError(f"{regexes}: {error}") from error
