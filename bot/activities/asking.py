"""What a message asks of a search besides interests and places: when, and on what terms.

"jotain ilmaista lauantaina", "onko jossain shakkia torstaisin". The words stand in `asking.yml`,
those for times in `times.yml`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.activities.index import Fact
from bot.activities.when import When
from bot.activities.wished_times import TimeWords
from bot.errors import KnowledgeError
from bot.reading import mapping, read_mapping
from bot.safety.normalise import fold

WALK_KM = 2.0
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Asked:
    """What a message asks for.

    Attributes:
        interests: keys that it names.
        when: the time.
        only: what is insisted on.
        online: from home rather than somewhere.
        walking: within a walk.
        age: in years, where it tells one.
    """

    interests: tuple[str, ...] = ()
    when: When = field(default_factory=When)
    only: Fact = Fact.NONE
    online: bool = False
    walking: bool = False
    age: int | None = None

    def __bool__(self) -> bool:
        return self != Asked()

    def as_json(self) -> dict[str, Any]:
        """As plain values, for the conversation to remember it."""
        when = self.when
        return {
            "interests": list(self.interests),
            "weekdays": sorted(when.weekdays),
            "parts": sorted(when.parts),
            "first": when.first.isoformat() if when.first else None,
            "last": when.last.isoformat() if when.last else None,
            "now": when.now,
            "only": int(self.only),
            "online": self.online,
            "walking": self.walking,
            "age": self.age,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Asked":
        """The way back."""
        first, last = given.get("first"), given.get("last")
        return cls(
            interests=tuple(given.get("interests") or ()),
            when=When(
                weekdays=frozenset(given.get("weekdays") or ()),
                parts=frozenset(given.get("parts") or ()),
                first=date.fromisoformat(first) if first else None,
                last=date.fromisoformat(last) if last else None,
                now=bool(given.get("now")),
            ),
            only=Fact(int(given.get("only") or 0)),
            online=bool(given.get("online")),
            walking=bool(given.get("walking")),
            age=given.get("age"),
        )


@dataclass(frozen=True)
class AskingWords:
    """The words of `asking.yml`, folded, and those for times."""

    times: TimeWords
    only: dict[Fact, tuple[str, ...]]
    now: tuple[str, ...]
    online: tuple[str, ...]
    walking: tuple[str, ...]
    age: re.Pattern[str]

    @classmethod
    def load(cls, path: Path, times: Path) -> "AskingWords":
        """Reads `asking.yml` and `times.yml`.

        Raises:
            KnowledgeError: a part of them is missing or can't be used.
        """
        content = read_mapping(path)
        try:
            return cls(
                times=TimeWords.load(times),
                only={
                    Fact[name]: _folded(words)
                    for name, words in mapping(content["only"], "only").items()
                },
                now=_folded(content["now"]),
                online=_folded(content["online"]),
                walking=_folded(content["walking"]),
                age=re.compile(content["age"], re.IGNORECASE),
            )
        except (KeyError, TypeError, ValueError, re.error) as error:
            raise KnowledgeError(f"{path.name}: can't be used ({error})") from error

    def hear(
        self,
        text: str,
        at: datetime,
        interests: Iterable[str] = (),
        times: Iterable[str] = (),
    ) -> Asked:
        """What the text asks for, said at `at`, with the interests and times found elsewhere."""
        spoken = f" {' '.join(_WORD.findall(fold(text.lower())))} "

        def says(words: tuple[str, ...]) -> bool:
            return any(f" {word}" in spoken for word in words)

        only = Fact.NONE
        for fact, words in self.only.items():
            if says(words):
                only |= fact
        said = [*times, *(key for key, _, _ in self.times.find(text))]
        age = self.age.search(text)
        return Asked(
            interests=tuple(dict.fromkeys(interests)),
            when=replace(When.named(said, at), now=says(self.now)),
            only=only,
            online=says(self.online),
            walking=says(self.walking),
            age=int(age[1]) if age else None,
        )


def _folded(words: Any) -> tuple[str, ...]:
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        raise ValueError("a list of words is wanted")
    return tuple(fold(word.lower()) for word in words)
