"""Puhekieli is read as standard Finnish: the words by the file, the component by trying it."""

import json
import subprocess
from collections import Counter

import pytest

from bot.model import PYTHON
from bot.reading import read_mapping, words
from bot.settings import ROOT

FILE = ROOT / "bot" / "knowledge" / "puhekieli.yml"

READINGS = {
    "Mie oon yksin, eikä MULLA oo frendei": "minä olen yksin, eikä minulla ole ystäviä",
    "aiti kuoli": "äiti kuoli",
    "en puhu kellekkaan mittaan": "en puhu kenellekään mitään",
    # Whole words only, and nothing is made of short words that have no umlauts.
    "duunissani maa on multava": "duunissani maa on multava",
    "I'm lonely, ain't I?": "i'm lonely, ain't i?",
    "": None,
}

TRY = """
from nlu import lean
lean.prepare()
import contextlib, json, pathlib, sys, tempfile
from nlu.components.puhekieli import STANDARD, Puhekieli
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

class Storage:
    folder = pathlib.Path(tempfile.mkdtemp())
    write_to = read_from = lambda self, resource: contextlib.nullcontext(self.folder)

config = Puhekieli.get_default_config()
examples = ["Äitini kuoli", "äiti soitti", "isäni ja äiti", "aiti ei soita"]
data = TrainingData([Message.build(text=text, intent="told") for text in examples])
Puhekieli.create(config, Storage(), None, None).train(data)
messages = [Message.build(text=text) for text in json.load(sys.stdin)]
read = Puhekieli.load(config, Storage(), None, None).process(messages)
words = [Puhekieli.fingerprint_addon(asked) for asked in (config, {})]
print("FOUND", json.dumps([[message.get(STANDARD) for message in read], words]))
"""


def test_no_spoken_word_has_two_readings_or_stands_on_both_sides():
    table = read_mapping(FILE)
    spoken = Counter(word for standard in table for word in words(table[standard], standard))
    assert [word for word, times in spoken.items() if times > 1] == []
    assert spoken.keys() & table.keys() == set()


def test_spoken_words_are_written_small_and_as_one():
    table = read_mapping(FILE)
    spoken = [word for standard in table for word in words(table[standard], standard)]
    assert [word for word in spoken if word != word.lower() or len(word.split()) != 1] == []


@pytest.fixture(scope="module")
def tried() -> tuple[list[str | None], list[str | None]]:
    run = subprocess.run(
        [str(PYTHON), "-W", "ignore", "-c", TRY],
        cwd=ROOT,
        input=json.dumps(list(READINGS)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    line = next(line for line in run.stdout.splitlines() if line.startswith("FOUND "))
    read, fingerprints = json.loads(line.removeprefix("FOUND "))
    return read, fingerprints


def test_messages_are_read_in_standard_finnish(tried):
    read, _ = tried
    assert dict(zip(READINGS, read, strict=True)) == READINGS


def test_rasa_trains_anew_when_the_words_change_and_asks_in_vain_when_it_has_no_config(tried):
    _, fingerprints = tried
    assert fingerprints == [FILE.read_text(encoding="utf-8"), None]
