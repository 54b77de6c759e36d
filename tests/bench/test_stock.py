import yaml

from bot.bench.stock import component, config, skipped

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
