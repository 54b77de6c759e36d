"""Has Rasa's environment do the measuring, and gathers what it found."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bot import model
from bot.errors import SetupError
from bot.evaluation.messages import Labelled, read
from bot.evaluation.scores import (
    Scores,
    Several,
    Understood,
    intent_of,
    scores,
    several,
    understood,
)
from bot.settings import ROOT, Settings

DEVELOPMENT = ROOT / "tests" / "nlu"
SEVERAL = "several_factors"

type Show = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Answer:
    """What Rasa's environment found, and the most megabytes that it had while it did."""

    found: list[dict[str, Any]]
    memory_mb: float


@dataclass(frozen=True)
class Measured:
    """A set of messages and how it went.

    Attributes:
        name: the file's, or `cross_validation`.
        told: each message as it was understood.
        scores: in numbers.
        asked_again: the share that the bot would ask again about; None where it is not known.
        misunderstood: the share that it would act on wrongly; None likewise.
        median_ms: of understanding a message; None likewise.
    """

    name: str
    told: tuple[Understood, ...]
    scores: Scores
    asked_again: float | None = None
    misunderstood: float | None = None
    median_ms: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """Everything of one run."""

    sets: tuple[Measured, ...]
    several: Several | None = None


def development(settings: Settings, trained: Path, show: Show) -> Evaluation:
    """The development set with the trained model, and the training examples cross-validated.

    Args:
        settings: how Rasa is called.
        trained: the model.
        show: is told what goes on, how much of it is done, and of how much.
    """
    files = [DEVELOPMENT / f"messages_{language}.tsv" for language in ("fi", "en", "other")]
    sets = {file.stem: read(file) for file in files}
    with_several = read(DEVELOPMENT / f"{SEVERAL}.tsv")
    asked = [message for messages in (*sets.values(), with_several) for message in messages]
    parsed = parse(settings, trained, [one.text for one in asked], show).found
    measured = []
    for name, messages in sets.items():
        measured.append(_measured(name, messages, parsed[: len(messages)]))
        del parsed[: len(messages)]
    measured.append(_cross_validated(settings, show))
    pairs = [
        (set(m.label.split("|")), factors(p)) for m, p in zip(with_several, parsed, strict=True)
    ]
    return Evaluation(tuple(measured), several(pairs))


def of_file(settings: Settings, trained: Path, path: Path, show: Show) -> Evaluation:
    """The messages of any file with the trained model.

    Raises:
        KnowledgeError: the file is not `label<TAB>text`.
    """
    messages = read(path)
    parsed = parse(settings, trained, [one.text for one in messages], show).found
    return Evaluation((_measured(path.stem, messages, parsed),))


def parse(
    settings: Settings,
    trained: Path,
    texts: Sequence[str],
    show: Show,
    python: Path = model.PYTHON,
) -> Answer:
    """What `/model/parse` answers to each text, and in `ms` how long it took.

    Raises:
        SetupError: Rasa's environment could not do it; with its last words.
    """
    given = {"model": str(trained), "texts": list(texts)}
    return ask(settings, "parse", given, "Understanding the messages", show, python)


def factors(parsed: dict[str, Any]) -> set[str]:
    """The names of all factors that a message tells of."""
    return {leaf.removeprefix("factor/") for leaf in parsed["response_selector"]["factor"]["all"]}


def ask(
    settings: Settings,
    work: str,
    given: dict[str, Any],
    what: str,
    show: Show,
    python: Path = model.PYTHON,
) -> Answer:
    """Has `nlu/measure.py` do a piece of work in Rasa's environment.

    Args:
        settings: how Rasa is called.
        work: what to do.
        given: with what.
        what: the same in words, to be shown.
        show: is told how much of it is done, and of how much.
        python: of the environment; what has neural networks needs the one with TensorFlow.

    Raises:
        SetupError: it could not; with its last words.
    """
    show(what, 0, 1)
    command = [str(python), "-W", "ignore", "-m", "nlu.measure", work]
    log = settings.var / "log" / "evaluate.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    found: list[dict[str, Any]] | None = None
    memory = 0.0
    with (
        log.open("w", encoding="utf-8") as err,
        subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env=model.rasa_environment(settings, settings.actions_port, ""),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        ) as process,
    ):
        assert process.stdin  # noqa: S101 - both are pipes
        assert process.stdout  # noqa: S101
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        for line in process.stdout:
            kind, _, rest = line.partition(" ")
            if kind == "PROGRESS":
                done, total = rest.split()
                show(what, int(done), int(total))
            elif kind == "MEMORY":
                memory = float(rest)
            elif kind == "FOUND":
                found = json.loads(rest)
    if found is None:
        last = "\n".join(log.read_text(encoding="utf-8").splitlines()[-5:])
        raise SetupError(f"The understanding could not be measured.\n{last}\nAll of it: {log}")
    return Answer(found, memory)


def _measured(
    name: str, messages: Sequence[Labelled], parsed: Sequence[dict[str, Any]]
) -> Measured:
    told = tuple(understood(m, p) for m, p in zip(messages, parsed, strict=True))
    final = [
        (intent_of(one.label), p["intent"]["name"]) for one, p in zip(told, parsed, strict=True)
    ]
    again = sum(name == "nlu_fallback" for _, name in final)
    wrong = sum(name not in {label, "nlu_fallback"} for label, name in final)
    return Measured(
        name=name,
        told=told,
        scores=scores(told),
        asked_again=again / len(told),
        misunderstood=wrong / len(told),
        median_ms=median(p["ms"] for p in parsed),
    )


def _cross_validated(settings: Settings, show: Show) -> Measured:
    given = {"config": "config.yml", "data": "nlu"}
    what = "Training on four fifths of the examples, understanding the fifth"
    found = ask(settings, "cross-validate", given, what, show).found
    told = tuple(understood(Labelled(one["label"], one["text"]), one) for one in found)
    return Measured("cross_validation", told, scores(told))
