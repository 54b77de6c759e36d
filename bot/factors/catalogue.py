"""The background factors of loneliness that Seura knows, as staff wrote them in `factors.yml`.

The four dimensions are those of the project Yhdessä ei olla yksin (Central Finland, 2017–2019).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import KnowledgeError
from bot.factors.needs import weigh
from bot.reading import mapping, read_mapping, texts, words


@dataclass(frozen=True)
class Factor:
    """A background factor. `needs` stands in order of weight; texts are by language."""

    key: str
    dimension: str
    labels: dict[str, str]
    reflections: dict[str, str]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class FactorCatalogue:
    """Every factor, dimension and need, in the order of the file.

    Residents may carry keys of factors that staff have taken away since: these count for nothing,
    and are shown by their key.
    """

    factors: dict[str, Factor]
    dimension_labels: dict[str, dict[str, str]]
    need_labels: dict[str, dict[str, str]]
    conjunctions: dict[str, str]

    @classmethod
    def load(cls, path: Path) -> "FactorCatalogue":
        """Reads `factors.yml`, and the word for "and" from `phrases.yml` beside it.

        Raises:
            KnowledgeError: a text is missing in a language, or a factor names a dimension or a
                need that there is not.
        """
        content = read_mapping(path)
        dimensions, needs, factors = (
            mapping(content.get(part), f"{path.name}: {part}")
            for part in ("dimensions", "needs", "factors")
        )
        dimension_labels = {
            key: texts(
                mapping(given, f"{path.name}: dimensions.{key}").get("label"),
                f"{path.name}: dimensions.{key}.label",
            )
            for key, given in dimensions.items()
        }
        need_labels = {
            key: texts(given, f"{path.name}: needs.{key}") for key, given in needs.items()
        }
        phrases = path.with_name("phrases.yml")
        joining = mapping(read_mapping(phrases).get("join"), f"{phrases.name}: join")
        return cls(
            factors={
                key: _factor(key, given, f"{path.name}: factors.{key}", dimensions, needs)
                for key, given in factors.items()
            },
            dimension_labels=dimension_labels,
            need_labels=need_labels,
            conjunctions=texts(joining.get("last"), f"{phrases.name}: join.last"),
        )

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The keys of the dimensions."""
        return tuple(self.dimension_labels)

    def __contains__(self, key: object) -> bool:
        return key in self.factors

    def of(self, dimension: str) -> tuple[Factor, ...]:
        """The factors of a dimension."""
        return tuple(factor for factor in self.factors.values() if factor.dimension == dimension)

    def label(self, key: str, language: str) -> str:
        """A factor's name as a resident reads it."""
        return self.factors[key].labels[language] if key in self.factors else key

    def dimension_label(self, dimension: str, language: str) -> str:
        """A dimension's name as a resident reads it."""
        return self.dimension_labels[dimension][language]

    def need_label(self, need: str, language: str) -> str:
        """A need's name as a resident reads it."""
        return self.need_labels[need][language]

    def needs_of(self, keys: Iterable[str]) -> dict[str, float]:
        """What somebody with these factors needs, and how much each need weighs."""
        return weigh(self.factors[key].needs for key in keys if key in self.factors)


def _factor(
    key: str, given: object, where: str, dimensions: dict[str, Any], needs: dict[str, Any]
) -> Factor:
    fields = mapping(given, where)
    dimension = fields.get("dimension")
    if dimension not in dimensions:
        raise KnowledgeError(f"{where}.dimension: there is no dimension {dimension}")
    wanted = words(fields.get("needs"), f"{where}.needs")
    for need in wanted:
        if need not in needs:
            raise KnowledgeError(f"{where}.needs: there is no need {need}")
    return Factor(
        key=key,
        dimension=dimension,
        labels=texts(fields.get("label"), f"{where}.label"),
        reflections=texts(fields.get("reflection"), f"{where}.reflection"),
        needs=wanted,
    )
