"""The conversation tests: each talk as it should go, and the step at which it goes another way."""

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot import model
from bot.errors import SetupError
from bot.settings import Settings
from bot.stories.reading import Piece, compose, read, say

FOLDER = "tests/conversations"
PATTERN = f"{FOLDER}/test_*.yml"
# How Rasa marks a step that went another way, in the file of failed talks.
PREDICTED = "# predicted: "


@dataclass(frozen=True)
class Step:
    """A step of a talk, and what happened instead where it went another way."""

    text: str
    instead: str = ""
    is_message: bool = False


@dataclass(frozen=True)
class FailedTalk:
    """A talk that goes another way than it should."""

    name: str
    file: str
    line: int
    steps: tuple[Step, ...]

    def told(self, language: str) -> Iterator[str]:
        """The talk, line by line, with the steps that differ."""
        yield say("test_differs", language, name=self.name, file=self.file, line=self.line)
        for step in self.steps:
            kind = "test_understood" if step.is_message else "test_instead"
            aside = f"   {say(kind, language, did=step.instead)}" if step.instead else ""
            yield f"  {'•' if step.is_message else '→'} {step.text}{aside}"


@dataclass(frozen=True)
class Report:
    """How the talks went."""

    count: int
    failed: tuple[FailedTalk, ...] = ()


def talks_in(folder: Path) -> list[Piece]:
    """The conversations, in the order of the files."""
    return [story for file in read(folder, PATTERN) for story in file.get("stories").each()]


def run_tests(settings: Settings, trained: Path, folder: Path) -> Report:
    """Lets a model have every conversation of `tests/conversations/`.

    Args:
        settings: how Rasa is called.
        trained: the model.
        folder: the files of staff that it was trained on.

    Raises:
        SetupError: Rasa could not do it; with its last words.
    """
    talks = {one.get("story").text: (one.get("story"), one) for one in talks_in(folder)}
    with tempfile.TemporaryDirectory() as made:
        command = model.rasa_command(
            "test", "core", "--stories", FOLDER, "--model", str(trained.absolute()), "--e2e",
            "--no-plot", "--out", made,
        )  # fmt: skip
        done = subprocess.run(  # noqa: S603
            command,
            cwd=folder,
            env=model.rasa_environment(settings, settings.actions_port, ""),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        failures = Path(made) / "failed_test_stories.yml"
        if not failures.exists():
            last = "\n".join(done.stdout.splitlines()[-5:])
            raise SetupError(f"The conversations could not be tried.\n{last}")
        return Report(len(talks), tuple(_failed(failures.read_text(encoding="utf-8"), talks)))


def _failed(text: str, talks: dict[str, tuple[Piece, Piece]]) -> Iterator[FailedTalk]:
    if "stories:" not in text:  # all are well
        return
    lines = text.splitlines()
    for story in compose("failed_test_stories.yml", text).get("stories").each():
        name = story.get("story").text
        # Rasa adds the file's path to a talk's name.
        known = next((one for one in talks if name == one or name.startswith(f"{one} (")), "")
        place, talk = talks.get(known, (story.get("story"), story))
        steps = tuple(_steps(story, talk, lines))
        yield FailedTalk(known or name, place.file, place.line, steps)


def _steps(failed: Piece, talk: Piece, lines: list[str]) -> Iterator[Step]:
    """The steps of a failed talk, with the words that its test has: Rasa leaves them out."""
    written = (step.get("user").text for step in talk.get("steps").each() if _is_message(step))
    for step in failed.get("steps").each():
        _, _, instead = lines[step.line - 1].partition(PREDICTED)
        if _is_message(step):
            words, intent = next(written, ""), step.get("intent").text
            found = instead.partition(":")[0].strip()
            yield Step(f"{words} [{intent}]".strip(), found, is_message=True)
        elif step.has("action") and step.get("action").text != "action_listen":
            yield Step(step.get("action").text, instead.strip())


def _is_message(step: Piece) -> bool:
    return step.has("user") or step.has("intent")


def saved_talk(name: str, steps: list[dict[str, object]]) -> str:
    """A talk as a test in Rasa's format, to be added below `stories:` of a file."""
    block = yaml.safe_dump(
        [{"story": name, "steps": steps}], allow_unicode=True, sort_keys=False, width=1000
    )
    return f"\n{block}"
