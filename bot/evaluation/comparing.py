"""Pipelines and policies side by side, on the development set and the conversation tests."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import yaml
from rich.table import Table

from bot import model
from bot.bench import stock
from bot.errors import SetupError
from bot.evaluation.measuring import DEVELOPMENT, Answer, Show, ask, parse
from bot.evaluation.messages import Labelled, read
from bot.evaluation.scores import Understood, scores, understood
from bot.settings import ROOT, Settings

CONVERSATIONS = ROOT / "tests" / "conversations"
OURS = "ours"
# What stands in nlu/pipelines.py, in the order of the table.
SMALL = {
    "letters_logistic": "letters, logistic regression",
    "meaning_logistic": "meaning, logistic regression",
    "both_logistic": "both, logistic regression",
    "meaning_neighbours": "meaning, ten nearest neighbours",
    "ours_letters_alone": "ours by letters alone",
    "ours_as_typed": "ours, puhekieli as typed",
    OURS: "ours: both, kernel ridge",
}


@dataclass(frozen=True)
class Row:
    """A pipeline and how it did.

    Attributes:
        name: what it is.
        fi: share of the Finnish messages whose intent is right.
        en: of the English ones.
        factors: share of all messages that tell of a factor where the factor is right; None
            where it does not tell factors apart.
        macro_f1: over all messages.
        calibration_error: over all messages.
        f1: by intent.
        median_ms: of understanding one message.
        memory_mb: the most that the process had while it understood them.
        training_seconds: without making the sentence vectors.
    """

    name: str
    fi: float
    en: float
    factors: float | None
    macro_f1: float
    calibration_error: float
    f1: dict[str, float]
    median_ms: float
    memory_mb: float
    training_seconds: float


@dataclass(frozen=True)
class Policies:
    """Policies and how the test conversations went with them."""

    name: str
    right: int
    conversations: int
    training_seconds: float


@dataclass(frozen=True)
class Comparison:
    """Everything of one run; `epochs` is what the neural networks were trained for."""

    rows: tuple[Row, ...]
    policies: tuple[Policies, ...]
    epochs: int


def compare(settings: Settings, epochs: int, show: Show) -> Comparison:
    """Trains each pipeline on the examples and has it understand the development set.

    Args:
        settings: how Rasa is called, and where the models go.
        epochs: of the neural networks' training.
        show: is told what goes on, how much of it is done, and of how much.

    Raises:
        SetupError: something could not be trained; names it.
    """
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        rows = [_small(settings, name, title, folder, show) for name, title in SMALL.items()]
        stocks = yaml.safe_load(stock.config(epochs))
        rows.insert(0, _of_rasa(settings, "stock Rasa", stocks, folder, show))
        # Rasa around it as around the stock pipeline, and no vector where the letters are sure.
        rows.append(_of_rasa(settings, "ours, in Rasa as it runs", _config(), folder, show))
        rows.append(_of_rasa(settings, "DIET on top", with_diet(epochs), folder, show))
        policies = [
            _policies(settings, name, config, folder, show)
            for name, config in (
                ("memoization and rules: ours", _config()),
                ("with TED as well", with_ted(epochs)),
            )
        ]
    return Comparison(tuple(rows), tuple(policies), epochs)


def with_diet(epochs: int) -> dict[str, Any]:
    """Our configuration with Rasa's neural network in place of our classifier."""
    config = _config()
    ours = next(p for p in config["pipeline"] if p["name"].endswith("IntentClassifier"))
    index = config["pipeline"].index(ours)
    for part in config["pipeline"]:
        if part["name"].endswith("SentenceFeaturizer"):
            part["always"] = True  # it asks for them, where ours makes what it needs
    config["pipeline"][index : index + 1] = [
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 2, "max_ngram": 5},
        {"name": "DIETClassifier", "epochs": epochs, "entity_recognition": False},
    ]
    return config


def with_ted(epochs: int) -> dict[str, Any]:
    """Our configuration with the TED policy beside the others."""
    config = _config()
    config["policies"].append({"name": "TEDPolicy", "max_history": 5, "epochs": epochs})
    return config


def table(comparison: Comparison) -> Table:
    """The pipelines, a row each."""
    shown = Table(title=f"Pipelines (networks: {comparison.epochs} epochs)")
    for heading in ("pipeline", "fi intents", "en intents", "factors", "macro F1",
                    "calibration error", "median ms", "memory MB", "training s"):  # fmt: skip
        shown.add_column(heading, justify="left" if heading == "pipeline" else "right")
    for row in comparison.rows:
        shares = (row.fi, row.en, row.factors, row.macro_f1, row.calibration_error)
        shown.add_row(
            row.name,
            *("" if share is None else f"{share:.3f}" for share in shares),
            f"{row.median_ms:.1f}",
            f"{row.memory_mb:.0f}",
            f"{row.training_seconds:.0f}",
        )
    return shown


def table_of_policies(comparison: Comparison) -> Table:
    """The policies, a row each."""
    shown = Table(title="Policies, on the conversation tests")
    for heading in ("policies", "conversations right", "training s, everything"):
        shown.add_column(heading)
    for row in comparison.policies:
        right = f"{row.right} of {row.conversations}"
        shown.add_row(row.name, right, f"{row.training_seconds:.0f}")
    return shown


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Everything, ready for JSON."""
    return asdict(comparison)


def _messages() -> tuple[list[Labelled], list[Labelled]]:
    return read(DEVELOPMENT / "messages_fi.tsv"), read(DEVELOPMENT / "messages_en.tsv")


def _small(settings: Settings, name: str, title: str, folder: Path, show: Show) -> Row:
    file = folder / f"{name}.joblib"
    given = {"name": name, "data": "nlu", "file": str(file)}
    trained = ask(settings, "fit", given, f"Training: {title}", show, model.STOCK_PYTHON).found[0]
    texts = [one.text for messages in _messages() for one in messages]
    asked = {"file": str(file), "texts": texts}
    parsed = ask(settings, "use", asked, f"Understanding: {title}", show, model.STOCK_PYTHON)
    return _row(title, parsed, float(trained["seconds"]))


def _of_rasa(
    settings: Settings, title: str, config: dict[str, Any], folder: Path, show: Show
) -> Row:
    trained, seconds = _train(settings, title, config, folder, show, "nlu")
    texts = [one.text for messages in _messages() for one in messages]
    parsed = parse(settings, trained, texts, show, model.STOCK_PYTHON)
    for one in parsed.found:
        # Rasa's own selector needs a response for every factor: only that it is one is told.
        one["response_selector"] = {}
    return _row(title, parsed, seconds)


def _row(title: str, answer: Answer, seconds: float) -> Row:
    finnish, english = _messages()
    told = [understood(m, p) for m, p in zip((*finnish, *english), answer.found, strict=True)]
    found = scores(told)
    return Row(
        name=title,
        fi=_right(told[: len(finnish)]),
        en=_right(told[len(finnish) :]),
        factors=found.factors if any("/" in one.leaf for one in told) else None,
        macro_f1=found.macro_f1,
        calibration_error=found.calibration_error,
        f1=found.f1,
        median_ms=median(one["ms"] for one in answer.found),
        memory_mb=answer.memory_mb,
        training_seconds=seconds,
    )


def _right(told: Sequence[Understood]) -> float:
    return sum(one.is_right for one in told) / len(told)


def _policies(
    settings: Settings, title: str, config: dict[str, Any], folder: Path, show: Show
) -> Policies:
    trained, seconds = _train(settings, title, config, folder, show)
    show(f"Conversations: {title}", 0, 1)
    command = model.stock_command(
        "test", "core", "--stories", str(CONVERSATIONS), "--model", str(trained), "--e2e",
        "--no-plot", "--out", str(folder / "core"),
    )  # fmt: skip
    said = _run(settings, command, f"The conversations could not be tried: {title}.")
    counted = re.search(r"Correct: +(\d+) / (\d+)$", said, re.MULTILINE)
    if not counted:
        raise SetupError(f"Rasa did not say how the conversations went: {title}.")
    return Policies(title, int(counted[1]), int(counted[2]), seconds)


def _train(
    settings: Settings, title: str, config: dict[str, Any], folder: Path, show: Show, *only: str
) -> tuple[Path, float]:
    """The model, and how many seconds everything took."""
    show(f"Training: {title}", 0, 1)
    written = folder / "config.yml"
    written.write_text(yaml.safe_dump(config), encoding="utf-8")
    name = re.sub(r"\W+", "-", title) + "".join(only)
    data = ["--nlu", "nlu"] if only else ["--data", "nlu", "stories", "--skip-validation"]
    command = model.stock_command(
        "train", *only, "--config", str(written), "--domain", "domain.yml", *data,
        "--out", str(folder), "--fixed-model-name", name,
    )  # fmt: skip
    start = perf_counter()
    # Without Rasa's cache, so that all of the training is timed.
    uncached = {"RASA_CACHE_DIRECTORY": str(folder / "cache")}
    _run(settings, command, f"Could not be trained: {title}.", uncached)
    return folder / f"{name}.tar.gz", perf_counter() - start


def _run(
    settings: Settings, command: Sequence[str], fault: str, more: dict[str, str] | None = None
) -> str:
    """What the command said.

    Raises:
        SetupError: it failed; with its last words.
    """
    done = subprocess.run(  # noqa: S603
        command,
        cwd=ROOT,
        env=model.rasa_environment(settings, settings.actions_port, "") | (more or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError(f"{fault}\n{done.stdout[-800:]}")
    return done.stdout


def _config() -> dict[str, Any]:
    written: dict[str, Any] = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    return written
