"""The component is tried in Rasa's own environment."""

import json
import subprocess

from bot.model import PYTHON
from bot.settings import ROOT

TRY = """
from nlu import lean
lean.prepare()
import json
from nlu.components.times import TimeExtractor
from rasa.shared.nlu.training_data.message import Message

extractor = TimeExtractor.create(TimeExtractor.get_default_config(), None, None, None)
message, empty = extractor.process([Message.build(text="onko lauantaina mitään"), Message(data={})])
print("FOUND", json.dumps([message.get("entities"), empty.get("entities")]))
"""


def test_times_become_entities_and_a_message_without_text_is_left_alone():
    run = subprocess.run(
        [str(PYTHON), "-W", "ignore", "-c", TRY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in run.stdout.splitlines() if line.startswith("FOUND ")]
    assert found, run.stderr
    entity = {"entity": "time", "value": "saturday", "start": 5, "end": 15}
    assert json.loads(found[0].removeprefix("FOUND ")) == [
        [entity | {"extractor": "TimeExtractor"}],
        None,
    ]
