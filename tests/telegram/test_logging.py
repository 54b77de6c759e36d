"""What is logged must not tell who somebody is or what was said."""

import json
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from bot.safety.screening import CrisisScreen
from bot.settings import ROOT
from tests.sandbox.driver import AINO, EERO, GROUP
from tests.telegram.driver import Seura, button

MARKED = 7654321
NAME = "Marketta Merkitty"
SECRET = "salaisuus"
NEVER = (SECRET, NAME, "Marketta", "Aino", "Eero", str(MARKED), str(AINO), str(EERO), str(GROUP))


async def test_no_line_of_the_log_tells_who_somebody_is_or_what_was_said(
    asleep: Seura, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A talk in which everything goes wrong that can."""
    seura = asleep
    seura.app.group.retry_seconds = 0.05
    with capture_logs() as logged:
        seura.start()
        await seura.people.write(MARKED, f"hei {SECRET}", first_name=NAME)
        await seura.quiet()
        for fault in ((500, SECRET.encode()), (200, SECRET.encode())):
            seura.rasa.fault = fault
            await seura.writes(f"Rasa on poissa {SECRET}", MARKED)
        seura.rasa.fault = None
        await _what_cannot_be_handled(seura, monkeypatch)
        await seura.people.act("faults", method="createForumTopic", status=400)
        await seura.people.act("faults", method="getChatMember", status=500)
        await seura.writes(f"haluan kuolla {SECRET}", MARKED)
        for _ in range(2):
            await seura.claims(AINO, button("utter_topic_card_danger"))
        await seura.writes(f"ihmiselle {SECRET}", MARKED)
        for status in (400, 403, 500):
            await seura.people.act("faults", method="sendMessage", chat_id=MARKED, status=status)
            await seura.moderates(f"asukkaalle {SECRET}", AINO)
            await seura.writes(f"täällä taas {SECRET}", MARKED)
        await seura.people.act("faults", method="answerCallbackQuery", status=400)
        await seura.people.act("faults", method="getUpdates", status=502)
        await seura.moderates(f"minäkin {SECRET}", EERO)
        await seura.moderates("/end", AINO)
        await seura.stop()
    lines = [str(line) for line in logged] + [record.getMessage() for record in caplog.records]
    assert {line["event"] for line in logged} >= {
        "Rasa is not available",
        "handling failed",
        "membership not known",
        "no topic could be opened",
        "not sent",
        "polling failed",
    }
    assert [line for line in lines for word in NEVER if word in line] == []


async def _what_cannot_be_handled(seura: Seura, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: CrisisScreen, text: str) -> None:
        raise RuntimeError(text)

    with monkeypatch.context() as patch:
        patch.setattr(CrisisScreen, "assess", broken)
        await seura.writes(f"ei mene läpi {SECRET}", MARKED)


def test_a_line_of_the_log_is_json(capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "from bot import cli; cli._log_to_stderr(); import structlog; "
        "structlog.get_logger('x').warning('not sent', method='send_message')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    line = json.loads(capfd.readouterr().err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "not sent", "method": "send_message", "level": "warning"}
