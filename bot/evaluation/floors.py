"""The floors that the understanding must not fall under; they stand in tests/nlu/floors.yml."""

from collections.abc import Iterator
from pathlib import Path

from bot.evaluation.measuring import DEVELOPMENT, SEVERAL, Evaluation, Measured
from bot.reading import mapping, read_mapping

FLOORS = DEVELOPMENT / "floors.yml"
ANY_SET = "any_set"


def fallen(evaluation: Evaluation, path: Path = FLOORS) -> list[str]:
    """What lies under its floor, each as a line to print; empty when all is well.

    A set that the file doesn't name is held to `any_set`.

    Raises:
        KnowledgeError: the file can't be read.
    """
    floors = read_mapping(path)
    found: list[str] = []
    for measured in evaluation.sets:
        wanted = mapping(
            floors.get(measured.name, floors[ANY_SET]), f"{path.name}: {measured.name}"
        )
        found += _under(measured.name, wanted, dict(figures(measured)))
    if evaluation.several:
        wanted = mapping(floors[SEVERAL], f"{path.name}: {SEVERAL}")
        numbers = {"found": evaluation.several.found, "sound": evaluation.several.sound}
        found += _under(SEVERAL, wanted, numbers)
    return found


def figures(measured: Measured) -> Iterator[tuple[str, float]]:
    """The numbers of a set that a floor may be written for."""
    yield "intents", measured.scores.intents
    yield "macro_f1", measured.scores.macro_f1
    if measured.scores.factors is not None:
        yield "factors", measured.scores.factors


def _under(name: str, wanted: dict[str, float], numbers: dict[str, float]) -> Iterator[str]:
    for figure, floor in wanted.items():
        if figure in numbers and numbers[figure] < floor:
            yield f"{name}: {figure} {numbers[figure]:.3f}, the floor is {floor:.3f}"
