"""From a draft to what is live: join, check, train, try, measure, swap. And back.

Until the swap nothing of the live bot is touched; a swap that fails is taken back.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import model
from bot.errors import SetupError
from bot.safety.learning import learnt
from bot.settings import ROOT, Settings
from bot.stories.check import check
from bot.stories.drafts import Draft, digest
from bot.stories.files import copy_staff_files, read_files, staff_files, write_files
from bot.stories.history import History
from bot.stories.live import Board
from bot.stories.rasas_words import problems_in
from bot.stories.reading import Problem, Unreadable
from bot.stories.sources import Sources
from bot.stories.testing import FailedTalk, Report, run_tests

# How long the running bot may take to load a model.
SWAP_SECONDS = 120.0
# Versions whose models are kept, so that going back takes seconds: those that the studio lists.
WITH_MODELS = 20

# What a message was taken as, and what it should be: by text, (label, found).
type Understanding = dict[str, tuple[str, str]]
# A model, and the folder that it was trained on.
type Measure = Callable[[Path, Path], Understanding]


class NotPublished(SetupError):
    """A step failed; the live bot is as it was.

    Attributes:
        problems: what to mend, where there are places to name.
        talks: conversations that go another way.
    """

    def __init__(
        self,
        message: str,
        problems: Sequence[Problem] = (),
        talks: Sequence[FailedTalk] = (),
    ) -> None:
        super().__init__(message)
        self.problems = problems
        self.talks = talks


@dataclass
class Progress:
    """How far a publishing is; what the board shows.

    Attributes:
        process: the number of the process that does it.
        stage: `waiting`, `merging`, `checking`, `training`, `testing`, `measuring`, `swapping`,
            and at the end `published`, `failed` or `cancelled`.
        part: of the training.
        seconds: of each stage that is over.
        hurt: messages that were understood before and are not any more: text, label, found.
    """

    draft: str
    author: str
    note: str
    began_at: str
    process: int = field(default_factory=os.getpid)
    stage: str = "waiting"
    part: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    version: str = ""
    model: str = ""
    is_live: bool = False
    message: str = ""
    problems: list[dict[str, Any]] = field(default_factory=list)
    talks: list[dict[str, Any]] = field(default_factory=list)
    hurt: list[tuple[str, str, str]] = field(default_factory=list)


class Publisher:
    """Makes versions live.

    Args:
        settings: where models, drafts and the board are.
        history: the versions.
        measure: how a model understands the development messages; None leaves that out.
        show: is told whenever the progress changes.
        code: the folder that has the code.
    """

    def __init__(
        self,
        settings: Settings,
        history: History,
        measure: Measure | None = None,
        show: Callable[[Progress], None] = lambda _: None,
        code: Path = ROOT,
    ) -> None:
        self.settings = settings
        self.history = history
        self.measure = measure
        self.show = show
        self.code = code
        self.board = Board(settings.studio)

    def publish(self, draft: Draft, author: str, note: str) -> Progress:
        """Makes a draft live.

        Raises:
            NotPublished: a step failed; says which sentence or place is at fault.
        """
        with self._progress(draft.name, author, note) as progress:
            with self._stage(progress, "merging"):
                approved_by = self._allowed(draft, author)
                conflicts = draft.update() if draft.is_behind else []
                if not conflicts and not draft.changes():
                    raise NotPublished("The draft changes nothing.")
                candidate = self._candidate(draft.files())
            facts = self._prove(progress, candidate, conflicts)
            if approved_by:
                facts["Approved-by"] = approved_by
            changed = {name: after for name, (_, after) in draft.changes().items()}
            self._put_to_use(progress, changed, facts, draft.base)
        draft.discard()
        self._prune()
        return progress

    def roll_back(self, name: str, author: str, note: str) -> Progress:
        """Makes an earlier version live again, as a version of its own; its model is used again.

        Raises:
            NotPublished: a step failed.
        """
        version = self.history.version(name)
        with self._progress("", author, note or f"Takaisin: {version.note}") as progress:
            with self._stage(progress, "merging"):
                head = self.history.head
                was, now = self.history.files(version.id), self.history.files(head)
                changed = {n: was.get(n) for n in was | now if was.get(n) != now.get(n)}
                if not changed:
                    raise NotPublished("That version is what is live.")
                self._in_place()
                candidate = self._candidate(was)
            trained = self._train(progress, candidate)
            facts = {"Model": trained.name, "Back-to": version.id}
            progress.model = trained.name
            self._put_to_use(progress, changed, facts, head)
        self._prune()
        return progress

    def _prune(self) -> None:
        """Removes models of versions from long ago; going back to one trains it again."""
        versions = self.history.versions(WITH_MODELS)
        model.prune(self.settings, {one.facts.get("Model", "") for one in versions})

    def _prove(
        self, progress: Progress, candidate: Path, conflicts: Sequence[str]
    ) -> dict[str, str]:
        """Checks, trains, tries and measures; gives what is to be known of the version."""
        with self._stage(progress, "checking"):
            problems = check(candidate, self.code)
            if problems:
                what = "Somebody else has changed the same places." if conflicts else "To mend:"
                raise NotPublished(what, problems)
        trained = self._train(progress, candidate)
        progress.model = trained.name
        with self._stage(progress, "testing"):
            report = run_tests(self.settings, trained, candidate)
            if report.failed:
                raise NotPublished("Conversations go another way.", talks=report.failed)
        facts = {"Model": trained.name, "Tests": _of(report)}
        if self.measure:
            with self._stage(progress, "measuring"):
                facts["Understood"] = self._measure(progress, trained, candidate)
        return facts

    def _train(self, progress: Progress, candidate: Path) -> Path:
        with self._stage(progress, "training"):

            def part(words: str) -> None:
                progress.part = words
                self._tell(progress)

            # Now, so that the running bot need not.
            learnt(candidate / "bot" / "knowledge", candidate / "nlu", self.settings.model_folder)
            try:
                return model.train(self.settings, part, candidate)
            except model.NotTrained as error:
                try:
                    sources = Sources.read(candidate, self.code)
                except Unreadable as unreadable:
                    raise NotPublished(str(error), unreadable.problems) from error
                raise NotPublished(str(error), problems_in(str(error), sources)) from error

    def _measure(self, progress: Progress, trained: Path, candidate: Path) -> str:
        assert self.measure  # noqa: S101 - the caller has looked
        found = self.measure(trained, candidate)
        right = sum(label == taken for label, taken in found.values()) / max(len(found), 1)
        live = self.settings.live_model
        if not live.exists() or live.resolve() == trained.resolve():
            return f"{right:.3f}"
        before = self.measure(live.resolve(), self.history.root)
        progress.hurt = [
            (text, label, taken)
            for text, (label, taken) in found.items()
            if label != taken and before.get(text) == (label, label)
        ]
        was = sum(label == taken for label, taken in before.values()) / max(len(before), 1)
        return f"{right:.3f}, before {was:.3f}"

    def _put_to_use(
        self,
        progress: Progress,
        changed: Mapping[str, bytes | None],
        facts: dict[str, str],
        after: str,
    ) -> None:
        with self._stage(progress, "swapping"):
            self._in_place()
            before = self.history.files(after)
            served = self.board.serving().get("version", "")
            took = sum(progress.seconds.values())
            facts["Seconds"] = f"{took:.0f}"
            version = self.history.record(changed, progress.author, progress.note, facts, after)
            trained = self.settings.model_folder / facts["Model"]
            self.board.want(version, str(trained.absolute()))
            progress.version = version
            if not self.board.is_held("bot"):
                return
            fault = self.board.wait_for(version, SWAP_SECONDS)
            if fault:
                back = {name: before.get(name) for name in changed}
                why = f"Taken back: {progress.note}"
                undone = self.history.record(
                    back, progress.author, why, {"Model": "", "Fault": fault}
                )
                progress.version = ""
                self.board.want(undone, str(self.settings.live_model.resolve()))
                raise NotPublished(f"The bot could not take it over ({fault}); {served[:8]} stays.")
            progress.is_live = True

    def _allowed(self, draft: Draft, author: str) -> str:
        """Who else has said yes, where that is asked for."""
        yes = [one.by for one in draft.approvals() if one.yes and one.by != author]
        if self.settings.stories_review and not yes:
            raise NotPublished("A second person has to read the draft and say yes first.")
        return ", ".join(yes)

    def _in_place(self) -> None:
        edited = self.history.unrecorded()
        if edited:
            raise NotPublished(
                f"{', '.join(edited)}: changed in place, not recorded. Commit or undo that first."
            )

    def _candidate(self, files: Mapping[str, bytes]) -> Path:
        """A folder that holds these files, and what is needed beside them."""
        folder = self.settings.studio / "candidate"
        shutil.rmtree(folder, ignore_errors=True)
        copy_staff_files(self.history.root, folder, edited=False)
        write_files(folder, files)
        return folder

    @contextmanager
    def _progress(self, draft: str, author: str, note: str) -> Iterator[Progress]:
        progress = Progress(draft, author, note, datetime.now(UTC).isoformat())
        with self.board.held("publisher") as is_free:
            if not is_free:
                raise NotPublished("Something is being published already: wait for it.")
            try:
                yield progress
            except NotPublished as error:
                progress.stage, progress.message = "failed", str(error)
                progress.problems = [
                    {"file": p.file, "line": p.line, "fi": p.told("fi"), "en": p.told("en")}
                    for p in error.problems
                ]
                progress.talks = [
                    {
                        "name": talk.name,
                        "fi": list(talk.told("fi")),
                        "en": list(talk.told("en")),
                        "steps": [asdict(step) for step in talk.steps],
                    }
                    for talk in error.talks
                ]
                raise
            except SetupError as error:
                progress.stage, progress.message = "failed", str(error)
                raise
            except BaseException:
                progress.stage = "cancelled"
                raise
            else:
                progress.stage = "published"
            finally:
                self._tell(progress)

    @contextmanager
    def _stage(self, progress: Progress, name: str) -> Iterator[None]:
        progress.stage, progress.part = name, ""
        self._tell(progress)
        began = time.monotonic()
        yield
        progress.seconds[name] = round(time.monotonic() - began, 1)

    def _tell(self, progress: Progress) -> None:
        self.board.tell(asdict(progress))
        self.show(progress)


def _of(report: Report) -> str:
    return f"{report.count - len(report.failed)} of {report.count}"


def prepare_copy(root: Path, folder: Path) -> History:
    """A repository of its own for the demo, with the project's files as they are now.

    What was published in the demo stays until the project's own files change.
    """
    stamp = folder / ".made-from"
    made_from = digest(repr(sorted(read_files(root).items())))
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != made_from:
        write_files(folder, dict.fromkeys(staff_files(folder)))
        copy_staff_files(root, folder)
        history = History.begin(folder, "As in the project")
        stamp.write_text(made_from, encoding="utf-8")
        return history
    copy_staff_files(root, folder, edited=False)
    return History(folder)
