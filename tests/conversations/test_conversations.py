"""Rasa's own test of the conversations beside this file: the real model, on what people write."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bot import model
from bot.settings import ROOT, read_settings

STORIES = Path(__file__).parent


@pytest.mark.end_to_end
def test_the_conversations_go_as_they_should(tmp_path: Path) -> None:
    settings = read_settings()
    trained = model.train(settings, lambda stage: None)
    command = model.rasa_command(
        "test", "core", "--stories", str(STORIES), "--model", str(trained), "--e2e",
        "--fail-on-prediction-errors", "--no-plot", "--out", str(tmp_path),
    )  # fmt: skip
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=model.rasa_environment(settings, settings.actions_port, ""),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    stories = [
        story
        for file in STORIES.glob("test_*.yml")
        for story in yaml.safe_load(file.read_text(encoding="utf-8"))["stories"]
    ]
    assert re.search(rf"Correct: +{len(stories)} / {len(stories)}$", done.stdout, re.MULTILINE)
