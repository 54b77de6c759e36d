"""How much a need weighs, from the lists that name it. Imported by Rasa's Python 3.10, too."""

from collections.abc import Iterable, Sequence


def weigh(lists: Iterable[Sequence[str]]) -> dict[str, float]:
    """Sums the weights of needs: 1 for the first of a list, 1/2 for the second, 1/3 and so on."""
    weights: dict[str, float] = {}
    for needs in lists:
        for place, need in enumerate(needs, start=1):
            weights[need] = weights.get(need, 0.0) + 1 / place
    return weights
