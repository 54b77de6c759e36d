import os
import sys
from pathlib import Path

import httpx
import pytest

from bot import model
from bot.errors import SetupError
from bot.settings import Settings

FILES = {
    "config.yml": "pipeline: []",
    "domain.yml": "intents: []",
    "nlu/smalltalk.yml": "nlu: []",
    "nlu/components/featurizer.py": "",
    "stories/walk.yml": "stories: []",
    "stories/wording/hello.yml": "responses: {}",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with all that a model is made of."""
    root = tmp_path / "project"
    for name, content in FILES.items():
        write(root / name, content)
    monkeypatch.setattr(model, "ROOT", root)
    monkeypatch.setattr(model, "PYTHON", Path(sys.executable))
    return root


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that keep models in a folder of the test."""
    return Settings(var=tmp_path / "var")


def write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")


# --- the fingerprint -------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_it_changes_with_each_file_and_comes_back_with_its_content(
    project: Path, name: str
) -> None:
    before = model.fingerprint()
    write(project / name, FILES[name] + "# muutos")
    changed = model.fingerprint()
    assert changed != before
    write(project / name, FILES[name])
    assert model.fingerprint() == before


@pytest.mark.parametrize(
    "name", ["stories/new.yml", "stories/new.yaml", "nlu/deep/er.yml", "nlu/components/new.py"]
)
def test_it_changes_with_a_file_that_is_new(project: Path, name: str) -> None:
    before = model.fingerprint()
    write(project / name, "")
    assert model.fingerprint() != before


def test_it_changes_when_a_file_goes_or_gets_another_name(project: Path) -> None:
    before = model.fingerprint()
    (project / "nlu/smalltalk.yml").rename(project / "nlu/talk.yml")
    renamed = model.fingerprint()
    (project / "nlu/talk.yml").unlink()
    assert len({before, renamed, model.fingerprint()}) == 3


def test_it_does_not_change_with_anything_else(project: Path) -> None:
    before = model.fingerprint()
    for name in (
        "README.md",
        "endpoints.yml",
        "actions/walk.py",
        "bot/knowledge/phrases.yml",
        "tests/conversations/walk.yml",
        "nlu/notes.md",
        "nlu/components/__pycache__/featurizer.cpython-310.pyc",
        "stories/walk.yml~",
    ):
        write(project / name, "x")
    (project / "stories/walk.yml").touch()
    assert model.fingerprint() == before


def test_it_does_not_depend_on_where_the_project_lies(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = model.fingerprint()
    monkeypatch.setattr(model, "ROOT", project.rename(tmp_path / "elsewhere"))
    assert model.fingerprint() == before


def test_the_model_is_named_by_it(project: Path, settings: Settings) -> None:
    path = model.model_path(settings)
    assert path == settings.var / "models" / f"seura-{model.fingerprint()}.tar.gz"


# --- training --------------------------------------------------------------------------------

TRAINER = """
import sys, pathlib
given = dict(zip(sys.argv, sys.argv[1:]))
print("Starting to train component 'SentenceFeaturizer'.")
print("Starting to train component 'RulePolicy'.")
pathlib.Path(given["--out"], given["--fixed-model-name"] + ".tar.gz").write_text("model")
"""
REFUSER = """
print("reading")
print("InvalidRule: rules contradict each other")
print("- the rule for greet")
raise SystemExit(1)
"""


def trains_with(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-c", script, *arguments]

    monkeypatch.setattr(model, "rasa_command", command)


def test_a_model_is_trained_once_and_the_stages_are_told(
    project: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains_with(TRAINER, monkeypatch)
    stages: list[str] = []
    path = model.train(settings, stages.append)
    assert path.read_text(encoding="utf-8") == "model"
    assert stages == ["sentence features", "rules"]
    trains_with(REFUSER, monkeypatch)
    assert model.train(settings, stages.append) == path
    assert len(stages) == 2


def test_when_something_changes_another_model_is_trained(
    project: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains_with(TRAINER, monkeypatch)
    first = model.train(settings, lambda _: None)
    write(project / "stories/walk.yml", "stories: [x]")
    second = model.train(settings, lambda _: None)
    assert first != second
    assert first.exists()


def test_a_training_that_fails_says_why_and_where_to_read_more(
    project: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains_with(REFUSER, monkeypatch)
    with pytest.raises(SetupError) as fault:
        model.train(settings, lambda _: None)
    told = str(fault.value)
    assert "InvalidRule: rules contradict each other\n- the rule for greet" in told
    assert str(settings.var / "log" / "train.log") in told
    assert "reading" not in told


def test_a_training_that_makes_no_model_has_failed(
    project: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains_with("print('done')", monkeypatch)
    with pytest.raises(SetupError, match="done"):
        model.train(settings, lambda _: None)


# --- Rasa's environment ----------------------------------------------------------------------


def test_without_rasas_environment_it_is_said_what_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "PYTHON", project / "missing")
    with pytest.raises(SetupError, match=r"\./seura"):
        model.rasa_command("run")


def test_rasa_is_told_where_actions_and_trackers_are_and_calls_nobody(
    settings: Settings,
) -> None:
    environment = model.rasa_environment(settings, 5055, "s3cret")
    assert environment["SEURA_ACTIONS_URL"] == "http://127.0.0.1:5055/webhook"
    assert environment["SEURA_TRACKER_DB"] == f"sqlite:///{settings.tracker_database}"
    assert environment["SEURA_RASA_TOKEN"] == "s3cret"
    assert environment["RASA_TELEMETRY_ENABLED"] == "false"
    assert "SEURA_PROFILE" not in environment


def test_where_times_are_to_be_noted_both_processes_are_told(
    settings: Settings, tmp_path: Path
) -> None:
    profiled = settings.model_copy(update={"profile": tmp_path})
    assert model.rasa_environment(profiled, 5055, "s3cret")["SEURA_PROFILE"] == str(tmp_path)


def test_rasas_server_keeps_a_connection_longer_than_the_apps_client(settings: Settings) -> None:
    kept = model.rasa_environment(settings, 5055, "")["SANIC_KEEP_ALIVE_TIMEOUT"]
    expiry = httpx.Limits().keepalive_expiry
    assert expiry is not None
    assert float(kept) > expiry


def test_old_models_go_but_those_that_are_needed_live_or_among_the_newest(
    settings: Settings,
) -> None:
    names = [f"seura-{number:02}.tar.gz" for number in range(12)]
    for age, name in enumerate(names):
        write(settings.model_folder / name, "model")
        write(settings.model_folder / name.replace(".gz", ".lock"), "")
        os.utime(settings.model_folder / name, (1_000_000 - age, 1_000_000 - age))
    write(settings.model_folder / "second-look-1.npz", "not a model of Rasa's")
    settings.live_model.symlink_to(settings.model_folder / names[8])
    gone = model.prune(settings, {names[10], "one that is not there"})
    assert sorted(path.name for path in gone) == [*names[5:8], names[9], names[11]]
    kept = {*names[:5], names[8], names[10]}
    locks = {name.replace(".gz", ".lock") for name in kept}
    assert {path.name for path in settings.model_folder.iterdir()} == {
        *kept,
        *locks,
        "second-look-1.npz",
    }
    assert model.prune(settings, {names[10]}) == []


def test_a_model_that_is_put_to_use_is_among_the_newest(settings: Settings) -> None:
    old = settings.model_folder / "seura-old.tar.gz"
    write(old, "model")
    os.utime(old, (0, 0))
    model.point_to(settings.live_model, old)
    assert old.stat().st_mtime > 0
    assert settings.live_model.resolve() == old.resolve()
