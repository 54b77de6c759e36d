"""What is mended in Rasa: whatever is said, the bot does the same as with Rasa as it comes."""

import json
import os
import subprocess

import pytest

from bot import model
from bot.settings import ROOT, read_settings


def test_a_short_tracker_and_quickly_found_rules_lead_to_the_same_actions() -> None:
    trained = model.train(read_settings(), lambda stage: None)
    done = subprocess.run(
        [model.PYTHON, "-m", "tests.nlu.short_and_full", str(trained), "8", "25"],
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=300,
        env=os.environ | {"PYTHONWARNINGS": "ignore", "SEURA_ACTIONS_URL": "http://127.0.0.1:1/"},
    )  # fmt: skip
    answer = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    assert answer, done.stderr[-3000:]
    found = json.loads(answer[0].removeprefix("FOUND "))
    assert found["different"] == []
    assert not found["plain"], "what is kept is encrypted"
    assert found["turns"] == 8 * 25
    assert not found["plain"], "what is kept is encrypted"
    assert found["held"] == {"compared": 8 * 25, "unlike": 0}
    short, full = found["most"]
    assert short < full
    for way in ("rules", "stories"):
        assert found[way]["unlike"] == 0
        assert found[way]["compared"] > 8 * 25


@pytest.mark.parametrize("check", ["calls", "copies", "debug_lines", "kinds", "recent", "stories"])
def test_mended_parts_do_as_those_of_rasa(check: str) -> None:
    done = subprocess.run(
        [model.PYTHON, "-W", "ignore", "-m", "tests.nlu.as_rasa", check],
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
