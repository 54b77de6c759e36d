import sys
from pathlib import Path

import pytest
import yaml

from bot import model
from bot.bench.stock import component, config, skipped, train_ours
from bot.errors import SetupError
from bot.settings import Settings

LOG = """
INFO  rasa.engine.training.hooks  - Starting to train component 'RegexFeaturizer'.
INFO  rasa.engine.training.hooks  - Finished training component 'RegexFeaturizer'.
INFO  rasa.engine.training.hooks  - Starting to train component 'TEDPolicy'.
UserWarning: Skipping training of `TEDPolicy` as no data was provided. You can exclude this
UserWarning: Skipping training of `TEDPolicy` as no data was provided. You can exclude this
"""


def test_the_component_in_training_is_the_one_that_began_last() -> None:
    assert component(LOG) == "TEDPolicy"


def test_before_the_first_component_the_data_is_read() -> None:
    assert component("INFO  Started validating") == "reading"


def test_a_policy_that_was_not_trained_is_named_once() -> None:
    assert skipped(LOG) == ["TEDPolicy"]
    assert skipped("INFO  all well") == []


def test_fewer_epochs_change_nothing_but_the_epochs() -> None:
    whole, short = yaml.safe_load(config()), yaml.safe_load(config(5))
    epochs = [part.pop("epochs") for part in short["pipeline"] if "epochs" in part]
    for part in (*whole["pipeline"], *whole["policies"], *short["policies"]):
        part.pop("epochs", None)

    assert epochs == [5, 5]
    assert short == whole


def trains_with(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def command(path: Path) -> list[str]:
        return [sys.executable, "-c", script, str(path)]

    monkeypatch.setattr(model, "train_command", command)


async def test_our_model_is_trained_for_its_time_alone_and_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains_with("import sys; open(sys.argv[1], 'w'); assert '--force' in sys.argv", monkeypatch)
    stages: list[str] = []
    seconds = await train_ours(Settings(var=tmp_path), stages.append)
    assert seconds > 0
    assert stages[0] == "reading"
    assert [file.suffix for file in (tmp_path / "bench" / "run").iterdir()] == [".log"]


async def test_a_training_that_makes_no_model_is_told_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains_with("print('rules contradict each other')", monkeypatch)
    with pytest.raises(SetupError, match="rules contradict each other"):
        await train_ours(Settings(var=tmp_path), lambda _: None)
