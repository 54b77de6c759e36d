"""Saying a resident's combination of factors back to them."""

from collections.abc import Iterable

from bot.factors.catalogue import FactorCatalogue


def reflect(catalogue: FactorCatalogue, keys: Iterable[str], language: str) -> str:
    """Joins the reflections of factors into one phrase: "A, B ja C".

    They stand in the order of the dimensions, so that the phrase goes from the person outwards,
    and within a dimension as they were given. Empty when no key is known.
    """
    given = list(dict.fromkeys(key for key in keys if key in catalogue))
    given.sort(key=lambda key: catalogue.dimensions.index(catalogue.factors[key].dimension))
    parts = [catalogue.factors[key].reflections[language] for key in given]
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {catalogue.conjunctions[language]} {parts[-1]}"
