"""The model is tried in Rasa's own environment: with the meaning, and by letters alone."""

import json
import subprocess

import pytest

from bot.model import PYTHON
from bot.settings import ROOT

TRY = """
from nlu import lean
lean.prepare()
import json
import numpy as np
from nlu.components.leaves import Leaves

texts = ["hei vaan", "hei taas", "rahat loppu", "rahaa ei ole"] * 2
labels = ["greet", "greet", "factor/money", "factor/money"] * 2
vectors = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]] * 2, dtype=np.float32)
asked, near_money = ["hei sinne"], np.array([[0, 3]], dtype=np.float32)
found = {}
for name, given, beside in (("both", vectors, True), ("alone", None, False)):
    model = Leaves(3.0, 0.5, 16.0).fit(texts, given, labels, beside)
    found[name] = [model.probabilities(asked, v)[0].tolist() for v in (near_money, None)]
model = Leaves(3.0, 0.5, 16.0).fit(texts + ["ok"], None, labels + ["greet"], True)
found["told"] = model.probabilities(["ok", "rahat loppu"], None).tolist()
print("FOUND", json.dumps([model.names, found]))
"""


@pytest.fixture(scope="module")
def tried():
    run = subprocess.run(
        [str(PYTHON), "-W", "ignore", "-c", TRY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in run.stdout.splitlines() if line.startswith("FOUND ")]
    assert lines, run.stderr
    return json.loads(lines[0].removeprefix("FOUND "))


def test_the_leaves_are_as_likely_as_they_are_together_one(tried):
    names, found = tried
    assert names == ["factor/money", "greet"]
    for row in [*found["both"], *found["alone"]]:
        assert sum(row) == pytest.approx(1, abs=1e-5)


def test_meaning_and_letters_weigh_together_and_without_meaning_the_letters_decide(tried):
    money, greet = 0, 1
    with_meaning, by_letters = tried[1]["both"]
    assert with_meaning[money] > by_letters[money]
    assert by_letters[greet] > by_letters[money]


def test_a_model_that_was_trained_without_meaning_passes_over_it(tried):
    with_meaning, by_letters = tried[1]["alone"]
    assert with_meaning == by_letters


def test_an_example_is_what_it_was_said_to_be(tried):
    money, greet = 0, 1
    ok, no_money = tried[1]["told"]
    assert ok[greet] > 0.97
    assert no_money[money] > 0.97
