"""From a draft to what is live, with a training and tests that are quick: and back."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from bot import model
from bot.errors import DialogueUnavailable
from bot.settings import ROOT, Settings
from bot.stories import publishing
from bot.stories.drafts import Drafts
from bot.stories.following import Follower
from bot.stories.history import History
from bot.stories.live import Board
from bot.stories.publishing import NotPublished, Progress, Publisher, prepare_copy
from bot.stories.tally import Tally
from bot.stories.testing import FailedTalk, Report, Step

HELLO = "stories/wording/hello.yml"


class Place:
    """A content folder with its drafts, models and board, and what each step is to do."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(var=folder / "var", content=folder / "content")
        self.history: History = prepare_copy(ROOT, self.settings.content)
        self.drafts = Drafts(self.settings.studio / "drafts", self.history)
        self.board = Board(self.settings.studio)
        self.stages: list[str] = []
        self.trained: list[str] = []

    def publisher(self, measure: publishing.Measure | None = None) -> Publisher:
        return Publisher(self.settings, self.history, measure, self._note)

    def publish(self, name: str = "aino", **more: object) -> Progress:
        return self.publisher().publish(self.drafts.open(name), name, "Syy", **more)  # type: ignore[arg-type]

    def change(self, old: str, new: str, name: str = "aino", file: str = HELLO) -> None:
        draft = self.drafts.open(name)
        text = draft.text(file)
        assert old in text
        draft.save(file, text.replace(old, new, 1))

    def live(self, file: str = HELLO) -> str:
        return (self.settings.content / file).read_text(encoding="utf-8")

    def _note(self, progress: Progress) -> None:
        if progress.stage not in self.stages:
            self.stages.append(progress.stage)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """With a training that only writes a file, and conversations that all go well."""
    place = Place(tmp_path)

    def train(settings: Settings, progress: Callable[[str], None], folder: Path) -> Path:
        path = model.model_path(settings, folder)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("model", encoding="utf-8")
            place.trained.append(path.name)
        return path

    monkeypatch.setattr(model, "train", train)
    monkeypatch.setattr(publishing, "learnt", lambda *_: None)
    monkeypatch.setattr(publishing, "run_tests", lambda *_: Report(3))
    return place


def test_a_draft_goes_live_and_is_a_version_with_all_that_belongs_to_it(place: Place) -> None:
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    progress = place.publish()
    assert place.stages == [
        "merging", "checking", "training", "testing", "swapping", "published",
    ]  # fmt: skip
    assert "Ole hyvä vain." in place.live()
    newest = place.history.versions(1)[0]
    assert (newest.author, newest.note, newest.id) == ("aino", "Syy", progress.version)
    assert newest.facts["Tests"] == "3 of 3"
    assert newest.facts["Model"] == progress.model
    assert place.board.wanted()["version"] == newest.id
    assert place.drafts.all() == []


def test_s2_a_slip_is_told_by_its_place_and_nothing_changes(place: Place) -> None:
    before = place.live(), place.history.head
    place.change('"Ole hyvä."', '"Ymmärrän täysin."')
    with pytest.raises(NotPublished) as fault:
        place.publish()
    [problem] = fault.value.problems
    assert (problem.file, problem.key) == (HELLO, "tone_understands")
    assert (place.live(), place.history.head) == before
    assert place.trained == []
    told = place.board.progress()
    assert told["stage"] == "failed"
    assert HELLO in told["problems"][0]["fi"]


def test_s1_rasas_own_words_about_a_contradiction_are_brought_to_their_place(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Path:
        raise model.NotTrained(
            "InvalidRule:\n- the prediction of the action 'utter_ok' in rule 'Kiitos' is "
            "contradicting with rule(s) 'Näkemiin' which predicted action 'utter_goodbye'."
        )

    monkeypatch.setattr(model, "train", refuse)
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    with pytest.raises(NotPublished) as fault:
        place.publish()
    [problem] = fault.value.problems
    lines = place.live("stories/interruptions.yml").splitlines()
    assert problem.file == "stories/interruptions.yml"
    assert lines[problem.line - 1] == "- rule: Kiitos"
    assert "Näkemiin" in problem.what("fi")


def test_s2_a_conversation_that_goes_another_way_stops_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = FailedTalk("Kiitos", "tests/x.yml", 3, (Step("kiitos [thank]", "", True),))
    monkeypatch.setattr(publishing, "run_tests", lambda *_: Report(3, (talk,)))
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    head = place.history.head
    with pytest.raises(NotPublished) as fault:
        place.publish()
    assert list(fault.value.talks) == [talk]
    assert place.history.head == head
    assert place.board.progress()["talks"][0]["name"] == "Kiitos"


def test_what_the_draft_makes_less_understood_is_told(place: Place) -> None:
    live = place.settings.model_folder / "old.tar.gz"
    live.parent.mkdir(parents=True)
    live.touch()
    model.point_to(place.settings.live_model, live)

    def measure(trained: Path, folder: Path) -> dict[str, tuple[str, str]]:
        found = "greet" if trained == live.resolve() else "deny"
        return {"moi": ("greet", found), "joo": ("affirm", "affirm")}

    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    progress = place.publisher(measure).publish(place.drafts.open("aino"), "Aino", "Syy")
    assert progress.hurt == [("moi", "greet", "deny")]
    assert place.history.versions(1)[0].facts["Understood"] == "0.500, before 1.000"


def test_s5_going_back_is_a_version_of_its_own_and_trains_nothing(place: Place) -> None:
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    first = place.publish().version
    place.change('"Ole hyvä vain."', '"Ole hyvä, ystävä."')
    place.publish()
    trained = list(place.trained)
    progress = place.publisher().roll_back(first[:8], "Eero", "Liian tuttavallista")
    assert "Ole hyvä vain." in place.live()
    newest = place.history.versions(1)[0]
    assert (newest.id, newest.facts["Back-to"]) == (progress.version, first)
    assert newest.note == "Liian tuttavallista"
    assert place.trained == trained


def test_models_of_versions_from_long_ago_go_and_those_of_the_latest_stay(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "WITH_MODELS", 2)
    monkeypatch.setattr(model, "NEWEST", 0)
    models = []
    words = ["Ole hyvä.", "Yksi.", "Kaksi.", "Kolme."]
    for old, new in pairwise(words):
        place.change(f'"{old}"', f'"{new}"')
        models.append(place.publish().model)
    there = [(place.settings.model_folder / name).exists() for name in models]
    assert there == [False, True, True]


def test_two_editors_lose_nothing(place: Place) -> None:
    place.change('"Ole hyvä."', '"Ole hyvä vain."', "aino")
    place.change('"Hei hei.', '"Moikka.', "eero")
    place.publish("aino")
    place.publish("eero")
    assert "Ole hyvä vain." in place.live()
    assert "Moikka." in place.live()


def test_s4_two_editors_of_one_sentence_are_told_and_can_choose(place: Place) -> None:
    place.change('"Ole hyvä."', '"Ole hyvä vain."', "aino")
    place.change('"Ole hyvä."', '"Ilo oli minun."', "eero")
    place.publish("aino")
    with pytest.raises(NotPublished) as fault:
        place.publish("eero")
    assert fault.value.problems[0].key == "both_changed"
    text = place.drafts.open("eero").text(HELLO)
    assert "Ole hyvä vain." in text
    assert "Ilo oli minun." in text
    chosen = [
        line for line in text.splitlines() if "Ole hyvä vain" not in line and line[:7] not in MARKS
    ]
    place.drafts.open("eero").save(HELLO, "\n".join(chosen) + "\n")
    place.publish("eero")
    assert "Ilo oli minun." in place.live()


MARKS = {"<<<<<<<", "=======", ">>>>>>>"}


def test_a_second_persons_yes_is_waited_for_where_it_is_set(place: Place) -> None:
    place.settings.stories_review = True
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    with pytest.raises(NotPublished, match="second person"):
        place.publish()
    place.drafts.open("aino").approve("eero", "Hyvä.")
    place.publish()
    assert place.history.versions(1)[0].facts["Approved-by"] == "eero"


def test_what_somebody_changes_in_place_is_not_written_over(place: Place) -> None:
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    path = place.settings.content / "stories" / "walk.yml"
    path.write_text(path.read_text(encoding="utf-8") + "# oma\n", encoding="utf-8")
    with pytest.raises(NotPublished, match=r"stories/walk\.yml"):
        place.publish()
    assert path.read_text(encoding="utf-8").endswith("# oma\n")


def test_two_publishings_at_once_are_one(place: Place) -> None:
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    with place.board.held("publisher"), pytest.raises(NotPublished, match="already"):
        place.publish()


def test_a_publishing_that_is_cancelled_changes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(publishing, "run_tests", interrupted)
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    head = place.history.head
    with pytest.raises(KeyboardInterrupt):
        place.publish()
    assert place.history.head == head
    assert place.board.progress()["stage"] == "cancelled"
    assert not place.board.is_held("publisher")
    assert "Ole hyvä vain." in place.drafts.open("aino").text(HELLO)


class Rasa:
    """Takes any model, or none."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.models: list[str] = []

    async def use_model(self, path: str) -> None:
        if self.fault:
            raise self.fault
        self.models.append(Path(path).name)


@contextmanager
def following(place: Place, rasa: Rasa, live: list[str]) -> Iterator[None]:
    """A bot that runs beside the publisher, and takes over what is wanted."""
    import asyncio

    follower = Follower(
        place.settings, rasa, Tally(place.board), lambda: lambda: live.append(place.live())
    )
    loop = asyncio.new_event_loop()
    task = loop.create_task(follower.run())

    def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    while not place.board.is_held("bot"):
        time.sleep(0.01)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


def test_the_running_bot_takes_model_and_words_together(place: Place) -> None:
    rasa, live = Rasa(), list[str]()
    with following(place, rasa, live):
        place.change('"Ole hyvä."', '"Ole hyvä vain."')
        progress = place.publish()
    assert progress.is_live
    assert rasa.models == [progress.model]
    assert "Ole hyvä vain." in live[-1]
    assert place.settings.live_model.resolve().name == progress.model
    assert json.loads((place.settings.studio / "serving.json").read_text(encoding="utf-8")) == {
        "version": progress.version,
        "fault": "",
    }


def test_a_swap_that_fails_is_taken_back(place: Place) -> None:
    before = place.live()
    old = place.settings.model_folder / "old.tar.gz"
    old.parent.mkdir(parents=True)
    old.touch()
    model.point_to(place.settings.live_model, old)
    live: list[str] = []
    with following(place, Rasa(DialogueUnavailable("status 500")), live):
        place.change('"Ole hyvä."', '"Ole hyvä vain."')
        with pytest.raises(NotPublished, match="status 500"):
            place.publish()
    assert place.live() == before
    assert live == []
    assert place.settings.live_model.resolve() == old.resolve()
    assert place.history.versions(1)[0].facts["Fault"] == "status 500"
    assert "Ole hyvä vain." in place.drafts.open("aino").text(HELLO)


def test_what_is_published_in_the_demo_stays_until_the_projects_files_change(
    place: Place, tmp_path: Path
) -> None:
    place.change('"Ole hyvä."', '"Ole hyvä vain."')
    place.publish()
    prepare_copy(ROOT, place.settings.content)
    assert "Ole hyvä vain." in place.live()
    (place.settings.content / ".made-from").write_text("something else", encoding="utf-8")
    prepare_copy(ROOT, place.settings.content)
    assert "Ole hyvä vain." not in place.live()
    assert [one.note for one in place.history.versions(3)] == [
        "As in the project", "Syy", "As in the project",
    ]  # fmt: skip
