"""Rasa's environment and model: how Rasa is called, and when a model must be trained."""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path

import yaml

from bot import embeddings
from bot.errors import SetupError
from bot.settings import KEEP_ALIVE, ROOT, Settings

PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
SOURCES = (
    "config.yml",
    "domain.yml",
    "nlu",
    "stories",
    "bot/knowledge/puhekieli.yml",
    "bot/tfidf.py",
)
SERVE, PROFILED = "nlu.serve", "bot.bench.rasa_phases"
# Models that stay, whether a version needs them or not.
NEWEST = 5
YAML = {".yml", ".yaml"}
STOCK_PYTHON = ROOT / ".venv-stock" / "bin" / "python"
STAGES = {
    "SentenceFeaturizer": "sentence features",
    "IntentClassifier": "intents and factors",
    "MemoizationPolicy": "stories",
    "RulePolicy": "rules",
}


class NotTrained(SetupError):
    """A model could not be trained. The message holds what Rasa said."""


def rasa_command(*arguments: str, module: str = SERVE) -> list[str]:
    """How Rasa is called, in its own environment.

    Args:
        arguments: of Rasa's command line.
        module: `SERVE`, or `PROFILED` to have noted where a turn's time goes.

    Raises:
        SetupError: the environment is not there.
    """
    if not PYTHON.exists():
        raise SetupError("Rasa's environment .venv-rasa is missing: start with ./seura.")
    return [str(PYTHON), "-m", module, *arguments]


def stock_command(*arguments: str) -> list[str]:
    """How Rasa is called as it comes, TensorFlow included, for what is compared with ours.

    Raises:
        SetupError: the environment is not there.
    """
    if not STOCK_PYTHON.exists():
        raise SetupError("The environment .venv-stock is missing: start with ./seura.")
    return [str(STOCK_PYTHON), "-m", "rasa", *arguments]


def rasa_environment(settings: Settings, actions_port: int, token: str) -> dict[str, str]:
    """The environment that `endpoints.yml` and `credentials.yml` read, telemetry off."""
    environment = os.environ | {
        "SEURA_ACTIONS_URL": f"http://127.0.0.1:{actions_port}/webhook",
        "SEURA_TRACKER_DB": f"sqlite:///{settings.tracker_database.absolute()}",
        "SEURA_RASA_TOKEN": token,
        "SEURA_KEYS": settings.keys.get_secret_value(),
        "SEURA_KEY_FILE": str(settings.key_file.absolute()),
        # The code is the project's, whatever folder the files are in that Rasa reads.
        "PYTHONPATH": str(ROOT),
        "RASA_CACHE_DIRECTORY": str(settings.model_folder.absolute() / "parts"),
        "RASA_TELEMETRY_ENABLED": "false",
        # At DEBUG Rasa logs what people write, whoever asks for that.
        "LOG_LEVEL": "INFO",
        "OMP_NUM_THREADS": "2",
        # Threads that wait by spinning make a sentence take seconds when both cores are busy.
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        "SANIC_KEEP_ALIVE_TIMEOUT": str(KEEP_ALIVE),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        # Else a mention of distutils imports all of setuptools.
        "SETUPTOOLS_USE_DISTUTILS": "stdlib",
        "PYTHONWARNINGS": "ignore",
    }
    if settings.profile:
        environment["SEURA_PROFILE"] = str(settings.profile.absolute())
    return environment


def letters_only() -> str | None:
    """Why sentences are understood by letters alone on this machine; none when they are not."""
    packages = next(PYTHON.parent.parent.glob("lib/python3*/site-packages"), None)
    return embeddings.why_not(packages) if packages else None


def threshold() -> float:
    """The confidence below which a message is asked about again, in `config.yml`."""
    written = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    parts = (part for part in written["pipeline"] if part["name"] == "FallbackClassifier")
    return float(next(parts)["threshold"])


def fingerprint(folder: Path | None = None) -> str:
    """Names the present state of everything that a model is made of.

    Args:
        folder: what staff edit, as a whole; the project's own by default. The code is the
            project's in any case.
    """
    folder = folder or ROOT
    digest = hashlib.sha256(b"letters only" if letters_only() else b"")
    for source in SOURCES:
        edited = {path.relative_to(folder): path for path in _below(folder / source, YAML)}
        code = {path.relative_to(ROOT): path for path in _below(ROOT / source, {".py"})}
        for name, path in sorted((edited | code).items()):
            digest.update(f"{name}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _below(path: Path, suffixes: set[str]) -> list[Path]:
    files = path.rglob("*") if path.is_dir() else [path]
    return [file for file in files if file.is_file() and file.suffix in suffixes]


def model_path(settings: Settings, folder: Path | None = None) -> Path:
    """Where the model of a folder's present files is, or will be."""
    return settings.model_folder / f"seura-{fingerprint(folder)}.tar.gz"


def train(settings: Settings, progress: Callable[[str], None], folder: Path | None = None) -> Path:
    """Trains the model of a folder's present files, unless it is there.

    Args:
        settings: where models are kept.
        progress: is told the stage that begins.
        folder: what staff edit; the project's own by default.

    Raises:
        NotTrained: training failed; names the log, and Rasa's reason where it gave one.
    """
    folder = folder or ROOT
    path = model_path(settings, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two commands at once train once: the second waits, and finds the model there.
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _train(settings, path, progress, folder)
    return path


def train_command(path: Path) -> list[str]:
    """How Rasa is called to train a model of the present files.

    Raises:
        SetupError: its environment is not there.
    """
    return rasa_command(
        # Validation, a third of the time, is left to ./seura check; rules are checked anyway.
        "train", "--skip-validation", "--config", "config.yml", "--domain", "domain.yml",
        "--data", "nlu", "stories", "--out", str(path.parent.absolute()),
        "--fixed-model-name", path.name.removesuffix(".tar.gz"),
    )  # fmt: skip


def _train(settings: Settings, path: Path, progress: Callable[[str], None], folder: Path) -> None:
    # Under another name until it is whole: whoever finds the model takes it as it is.
    unfinished = path.with_name(f"unfinished-{path.name}")
    log = settings.var / "log" / "train.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = train_command(unfinished)
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=rasa_environment(settings, settings.actions_port, ""),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                out.write(line)
                for component, words in STAGES.items():
                    if f"Starting to train component '{component}" in line:
                        progress(words)
            status = process.wait()
        except BaseException:
            process.terminate()  # whoever cancels does not want to wait for it
            raise
    if status or not unfinished.exists():
        raise NotTrained(f"The model could not be trained.\n{_reason(log)}\nAll of it: {log}")
    unfinished.replace(path)


def prune(settings: Settings, needed: Collection[str]) -> list[Path]:
    """Removes models that nothing needs any more.

    Args:
        settings: where models are kept, and which one is live.
        needed: names of models that are to stay, as `seura-….tar.gz`.

    Returns:
        What was removed. The live one stays, and the `NEWEST` that were trained or put to use last:
        others may keep theirs in the same folder.
    """
    models = sorted(
        settings.model_folder.glob("seura-*.tar.gz"),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    live = settings.live_model.resolve().name
    old = [path for path in models[NEWEST:] if path.name not in needed and path.name != live]
    for path in old:
        path.unlink(missing_ok=True)
        path.with_suffix(".lock").unlink(missing_ok=True)
    return old


def point_to(link: Path, model: Path) -> None:
    """Makes a link lead to a model. Rasa begins with it whenever it is started again."""
    link.parent.mkdir(parents=True, exist_ok=True)
    unfinished = link.with_name(f".{link.name}-{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(model.absolute())
    unfinished.replace(link)
    if model.exists():
        model.touch()  # among the newest, which `prune` leaves alone


def _reason(log: Path) -> str:
    lines = log.read_text(encoding="utf-8").splitlines()
    start = next((n for n, line in enumerate(lines) if "InvalidRule" in line), len(lines) - 5)
    return "\n".join(lines[max(start, 0) :])
