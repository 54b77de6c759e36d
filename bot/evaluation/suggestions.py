"""How well suggestions suit: 60 people, and what would do for each, judged by hand.

Precision at 3 is the share of what is shown that would do. nDCG at 3 counts a fitting one less the
later it stands: 1, 0.63 and 0.5, beside the best that could be had.
"""

import math
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.activities.asking import AskingWords
from bot.activities.catalogue import load_samples
from bot.activities.places import Gazetteer
from bot.activities.search import Wish, suggest
from bot.activities.times import HELSINKI
from bot.errors import KnowledgeError
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.settings import ROOT
from bot.store.engine import Store

KNOWLEDGE = ROOT / "bot" / "knowledge"
CASES = Path(__file__).with_name("suggestions.yml")
SHOWN = 3
LEAST_PRECISION = 0.9


class Case(BaseModel):
    """Somebody, and the keys of the sample activities that would do for them.

    `asks` is what they write, if they search freely.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    who: str
    factors: list[str] = Field(default_factory=list)
    interests: list[str] = Field(default_factory=list)
    place: str | None = None
    at: datetime
    language: str = "fi"
    asks: str = ""
    good: list[str] = Field(min_length=1)


@dataclass(frozen=True)
class Judged:
    """A case with what was suggested: keys, in order."""

    case: Case
    shown: tuple[str, ...]

    @property
    def precision(self) -> float:
        """The share of what was shown that would do; 0 where nothing was shown."""
        good = sum(key in self.case.good for key in self.shown)
        return good / len(self.shown) if self.shown else 0.0

    @property
    def ndcg(self) -> float:
        """The same, weighing what stands first for more; 0…1."""
        found = sum(_weight(n) for n, key in enumerate(self.shown) if key in self.case.good)
        return found / sum(_weight(n) for n in range(min(SHOWN, len(self.case.good))))

    @property
    def unfit(self) -> tuple[str, ...]:
        """What was shown and would not do."""
        return tuple(key for key in self.shown if key not in self.case.good)


def _weight(place: int) -> float:
    return 1 / math.log2(place + 2)


def read_cases(path: Path = CASES) -> list[Case]:
    """The judged set.

    Raises:
        KnowledgeError: it can't be used.
    """
    try:
        return TypeAdapter(list[Case]).validate_python(
            yaml.safe_load(path.read_text(encoding="utf-8"))
        )
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise KnowledgeError(f"{path.name}: can't be used ({error})") from error


async def evaluate() -> list[Judged]:
    """Judges the whole set in a database of its own, which goes afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite+aiosqlite:///{Path(folder) / 'judged.db'}")
        try:
            await store.migrate()
            return await judge(store, read_cases())
        finally:
            await store.close()


async def judge(store: Store, cases: list[Case]) -> list[Judged]:
    """Suggests for every case from the sample activities alone.

    Args:
        store: an empty, migrated database.
        cases: the judged set.
    """
    gazetteer = Gazetteer.load(KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv")
    factors = FactorCatalogue.load(KNOWLEDGE / "factors.yml")
    interests = InterestCatalogue.load(KNOWLEDGE / "interests.yml")
    asking = AskingWords.load(KNOWLEDGE / "asking.yml", KNOWLEDGE / "times.yml")
    judged = []
    first = min(_in_helsinki(case.at) for case in cases)
    async with store.begin() as session:
        await load_samples(session, KNOWLEDGE / "sample_activities.yml", gazetteer, first)
        for case in cases:
            wish = _wish(case, factors, interests, asking)
            found = await suggest(session, wish, gazetteer, SHOWN)
            shown = tuple(suggestion.activity.source_id for suggestion in found)
            judged.append(Judged(case, shown))
    return judged


def summary(judged: list[Judged]) -> dict[str, Any]:
    """`cases`, `precision_at_3`, `ndcg_at_3`: the means over all cases."""
    count = len(judged)
    return {
        "cases": count,
        "precision_at_3": round(sum(one.precision for one in judged) / count, 3),
        "ndcg_at_3": round(sum(one.ndcg for one in judged) / count, 3),
    }


def _wish(
    case: Case, factors: FactorCatalogue, interests: InterestCatalogue, asking: AskingWords
) -> Wish:
    """As the actions put a wish together."""
    at = _in_helsinki(case.at)
    needs = factors.needs_of(case.factors)
    for need, weight in interests.needs_of(case.interests).items():
        needs[need] = needs.get(need, 0.0) + weight / 2
    asked = asking.hear(case.asks, at, interests.find(case.asks))
    return Wish(
        needs=needs,
        interests=tuple(case.interests),
        factors=frozenset(case.factors),
        latitude=None,
        longitude=None,
        municipality=case.place,
        language=case.language,
        at=at,
        asked=asked.interests,
        when=asked.when,
        only=asked.only,
        online_first=asked.online,
        age=asked.age,
    )


def _in_helsinki(moment: datetime) -> datetime:
    return moment.replace(tzinfo=HELSINKI)
