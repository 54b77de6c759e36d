import subprocess

import pytest

from bot.model import PYTHON
from bot.settings import ROOT

CHECK = """
from nlu import lean
lean.prepare()
import json, sys
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from nlu import actions
actions.mend()
try:
    RemoteAction("action_tried", None)._validate_action_result(json.loads(sys.stdin.read()))
except ValidationError as error:
    print(error.message)
else:
    print("taken")
"""


def checked(answer: str) -> str:
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", CHECK],
        input=answer, capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_an_answer_as_our_actions_give_it_is_taken() -> None:
    slot = '{"event": "slot", "timestamp": null, "name": "language", "value": "fi"}'
    assert checked(f'{{"events": [{slot}], "responses": [{{"response": "utter_x"}}]}}') == "taken"


@pytest.mark.parametrize(
    "answer",
    [
        '{"events": [{"event": "slot", "timestamp": "yesterday"}], "responses": []}',
        '{"events": [{"name": "no kind, but my secret words"}], "responses": []}',
        '{"events": "my secret words", "responses": []}',
        '{"events": [], "responses": {}}',
    ],
)
def test_an_answer_of_another_form_is_refused_without_its_words(answer: str) -> None:
    said = checked(answer)
    assert "action_tried" in said
    assert "secret" not in said
