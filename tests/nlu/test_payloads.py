import json
import os
import subprocess

from bot import model
from bot.settings import ROOT


def read(*payloads: str) -> list[tuple[object, object]]:
    done = subprocess.run(
        [model.PYTHON, "-m", "tests.nlu.payloads", *payloads],
        capture_output=True, text=True, cwd=ROOT, check=False,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    found = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    assert found, done.stderr[-3000:]
    return [tuple(json.loads(line.removeprefix("FOUND "))) for line in found]


def test_a_payload_is_read_without_the_pipeline_as_rasa_reads_it() -> None:
    found = read(
        "/affirm",
        '/factor{"factor": "shyness"}',
        '/inform_municipality{"municipality": "Äänekoski"}',
    )
    assert [ours for ours, _ in found] == [theirs for _, theirs in found]
    assert found[1][0]["entities"][0]["value"] == "shyness"


def test_words_and_what_no_intent_is_called_are_left_to_the_pipeline() -> None:
    found = read("moi /affirm", "/no_such_intent", "/")
    assert [ours for ours, _ in found] == [None, None, None]
