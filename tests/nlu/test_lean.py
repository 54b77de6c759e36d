"""Rasa without what nothing here uses: what we use works, and what is missing says so."""

import json
import subprocess

import pytest

from bot.model import PYTHON, rasa_command
from bot.settings import ROOT

ASK = """
from nlu import lean
lean.prepare()
from rasa.nlu.classifiers.diet_classifier import DIETClassifier
from rasa.core.policies.ted_policy import TEDPolicy
try:
    {use}
except ImportError as error:
    print("SAID", error)
"""


def ask(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", code, *arguments],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "use",
    [
        "import tensorflow as tf; tf.constant([1])",
        "from tensorflow.keras.layers import Dense; Dense(3)",
        "from rasa.utils.tensorflow.layers import SparseDropout; SparseDropout(0.1)",
        "from rasa.utils.tensorflow.models import RasaModel; RasaModel()",
    ],
)
def test_whoever_uses_a_part_of_tensorflow_is_told_that_it_is_missing(use: str) -> None:
    assert "has no TensorFlow" in ask(ASK.format(use=use))


def test_a_pipeline_with_a_neural_network_is_refused_in_plain_words(tmp_path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(
        "recipe: default.v1\nlanguage: fi\nassistant_id: x\npipeline:\n"
        "- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n"
        "- name: DIETClassifier\n  epochs: 1\n"
    )
    (tmp_path / "nlu.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: a\n  examples: |\n    - one\n    - two\n'
        "- intent: b\n  examples: |\n    - three\n    - four\n"
    )
    done = subprocess.run(
        [
            *rasa_command("train", "nlu", "--config", str(config)),
            *("--nlu", str(tmp_path / "nlu.yml"), "--out", str(tmp_path)),
        ],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "has no TensorFlow" in done.stderr + done.stdout


def test_what_is_looked_for_and_not_there_is_no_part() -> None:
    assert "SAID" not in ask(
        ASK.format(use="import tensorflow; assert not hasattr(tensorflow, '__wrapped__')")
    )


USES = {
    "rasa.core.channels.telegram.TelegramOutput('1:a')": "aiogram.Bot",
    "rasa.core.channels.slack.SlackBot('x')": "slack_sdk",
    "rasa.core.lock_store.RedisLockStore()": "redis.StrictRedis",
    "rasa.core.tracker_store.MongoTrackerStore(None)": "pymongo",
    "rasa.core.tracker_store.DynamoTrackerStore(None)": "boto3.client",
    "__import__('matplotlib.pyplot').pyplot.figure()": "matplotlib.pyplot.figure",
}
RUN = """
from nlu import lean
lean.prepare("run")
import json, sys
import rasa.__main__, rasa.core.run, rasa.server, rasa.engine.recipes.default_components
import rasa.core.channels.slack, rasa.core.channels.telegram
said = {}
for use in json.loads(sys.argv[1]):
    try:
        eval(use)
    except ImportError as error:
        said[use] = str(error)
print("SAID", json.dumps(said))
"""


def test_run_says_which_library_it_does_without() -> None:
    said = json.loads(ask(RUN, json.dumps(list(USES))).partition("SAID ")[2])
    for use, part in USES.items():
        assert said[use].startswith(part)
        assert "UNUSED_BY_RUN" in said[use]


def test_other_commands_have_these_libraries() -> None:
    code = (
        "from nlu import lean\nlean.prepare('shell')\nimport questionary\n"
        "print(questionary.Choice('a title').title)"
    )
    assert "a title" in ask(code)
