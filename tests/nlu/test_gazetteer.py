"""The component is tried in Rasa's own environment, once for all the sentences."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RASA = ROOT / ".venv-rasa" / "bin" / "python"

SENTENCES = [
    "Asun Äänekoskella ja pelaan shakkia",
    "olin hallissa",
    "jkl:ssä, Palokassa, kai muuttamassa Suolahteen",
    "multiaan vai Jämsään",
    "Ei tässä mitään",
]

TRY = """
from nlu import lean
lean.prepare()
import json, sys
from nlu.components.gazetteer import PlaceAndInterestExtractor
from rasa.shared.nlu.training_data.message import Message

earlier = {"entity": "time", "value": "now", "extractor": "another"}
messages = [Message.build(text=text) for text in json.load(sys.stdin)]
messages[0].set("entities", [earlier])
messages.append(Message(data={"intent": "no text"}))
config = PlaceAndInterestExtractor.get_default_config()
extractor = PlaceAndInterestExtractor.create(config, None, None, None)
found = [message.get("entities") for message in extractor.process(messages)]
shown = all("entities" in message.output_properties for message in messages[:-1])
print("FOUND", json.dumps([found, shown]))
"""


@pytest.fixture(scope="module")
def tried() -> tuple[dict[str, list[dict[str, object]]], list[object]]:
    if not RASA.exists():
        pytest.skip("Rasa's environment is not there")
    run = subprocess.run(
        [str(RASA), "-W", "ignore", "-c", TRY],
        cwd=ROOT,
        input=json.dumps(SENTENCES),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    line = next(line for line in run.stdout.splitlines() if line.startswith("FOUND "))
    found, shown = json.loads(line.removeprefix("FOUND "))
    return dict(zip(SENTENCES, found, strict=False)), [found[-1], shown]


def told(entities: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(one["entity"], one["value"]) for one in entities]


def test_places_and_interests_become_entities_beside_earlier_ones(tried):
    earlier, place, interest = tried[0][SENTENCES[0]]
    assert earlier["value"] == "now"
    assert place == {
        "entity": "municipality",
        "value": "Äänekoski",
        "start": 5,
        "end": 17,
        "extractor": "PlaceAndInterestExtractor",
    }
    assert interest == {
        "entity": "interest",
        "value": "chess",
        "start": 0,
        "end": len(SENTENCES[0]),
        "extractor": "PlaceAndInterestExtractor",
    }


@pytest.mark.parametrize(
    ("sentence", "entities"),
    [
        (SENTENCES[1], [("ambiguous_municipality", "Jämsä")]),
        (SENTENCES[2], [("municipality", "Jyväskylä"), ("municipality", "Äänekoski")]),
        (SENTENCES[3], [("municipality", "Jämsä")]),
        (SENTENCES[4], []),
    ],
)
def test_each_municipality_is_told_once_and_doubts_only_when_there_is_nothing_surer(
    tried, sentence, entities
):
    assert told(tried[0][sentence]) == entities


def test_a_message_without_text_is_left_alone_and_the_others_show_what_was_found(tried):
    assert tried[1] == [None, True]
