"""Rasa without TensorFlow: what we use works, and what is missing says so."""

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


def ask(code: str) -> str:
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
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
