"""The fault test as CI runs it: ten kills."""

from pathlib import Path

import pytest

from bot import model
from bot.faults.run import run
from bot.settings import read_settings

pytestmark = pytest.mark.end_to_end


@pytest.mark.filterwarnings("ignore")  # of connections that the kills cut off
async def test_ten_kills_lose_nothing_double_nothing_and_misdirect_nothing(tmp_path: Path) -> None:
    trained = model.train(read_settings(), lambda stage: None)
    settings = read_settings(var=tmp_path)
    outcome = await run(settings, trained, kills=10, seed=1, show=lambda *_: None)
    assert outcome.faults == []
    assert outcome.ledger.sent
    assert sum(outcome.troubles[f"{name} killed"] for name in ("app", "rasa")) == 10
