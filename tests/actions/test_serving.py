"""The two ways in which Rasa reaches the actions: the app's own endpoint, and the SDK's server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from actions.rooms import Rooms
from bot.app import actions_app
from bot.handoff import service
from bot.settings import ROOT
from bot.store.tables import Resident
from bot.supervisor import free_port
from tests.actions.making import sets

OURS = set(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["actions"])
CALL = Path(__file__).with_name("call.json")


def call(action: str, sender: str, **slots: Any) -> dict[str, Any]:
    """An action call as Rasa 3.6.21 makes it, for another action and conversation."""
    body: dict[str, Any] = json.loads(CALL.read_text(encoding="utf-8"))
    body["next_action"] = action
    body["sender_id"] = body["tracker"]["sender_id"] = sender
    body["tracker"]["slots"] |= slots
    return body


# --- in the app -----------------------------------------------------------------------------


def client(rooms: Rooms) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=actions_app(rooms, "secret"))
    headers = {"Authorization": "Bearer secret"}
    return httpx.AsyncClient(transport=transport, base_url="http://app", headers=headers)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer secre", "secret"])
async def test_nobody_but_rasa_may_call_an_action(
    rooms: Rooms, resident: Resident, header: str
) -> None:
    body = call("action_request_handoff", resident.conversation_id, handoff_consent="little")
    async with client(rooms) as http:
        answer = await http.post("/webhook", json=body, headers={"Authorization": header})
    assert answer.status_code == 401
    assert resident.alias not in answer.text


async def test_the_app_runs_an_action_as_rasa_asks(rooms: Rooms, resident: Resident) -> None:
    body = call("action_request_handoff", resident.conversation_id, handoff_consent="little")
    async with client(rooms) as http:
        answer = await http.post("/webhook", json=body)
    assert answer.status_code == 200
    assert answer.json()["events"] == sets(handoff_consent=None)
    (said,) = answer.json()["responses"]
    assert said["response"] == "utter_handoff_requested"
    async with rooms.store.begin() as session:
        handoff = await service.open_of(session, resident)
    assert handoff
    assert handoff.shared == {"language": "fi"}


@pytest.mark.parametrize("action", sorted(OURS))
async def test_the_app_knows_every_action_of_the_domain(
    rooms: Rooms, resident: Resident, action: str
) -> None:
    async with client(rooms) as http:
        answer = await http.post("/webhook", json=call(action, resident.conversation_id))
    assert answer.status_code == 200
    said = [message["response"] for message in answer.json()["responses"]]
    assert "utter_action_failed" not in said


async def test_the_app_says_that_it_is_well(rooms: Rooms) -> None:
    async with client(rooms) as http:
        assert (await http.get("/health")).json() == {"status": "ok"}


# --- without the app ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`python -m rasa_sdk --actions actions` with a folder of its own; gives its address."""
    port = free_port()
    folder = tmp_path_factory.mktemp("served")
    settings = {"SEURA_VAR": str(folder), "SEURA_DATABASE_URL": "", "SANIC_HOST": "127.0.0.1"}
    command = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | settings,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        while not _is_up(url):
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        # Its server's manager does not always heed a signal to end while the machine is busy.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


def test_the_sdk_serves_every_action_of_ours_and_no_other(server: str) -> None:
    listed = [action["name"] for action in httpx.get(f"{server}/actions", timeout=30).json()]
    assert sorted(listed) == sorted(OURS)


def test_the_sdk_runs_an_action_on_an_empty_database(server: str) -> None:
    body = call("action_tell_what_is_kept", "nobody")
    answer = httpx.post(f"{server}/webhook", json=body, timeout=60).json()
    assert answer["events"] == []
    assert [message["response"] for message in answer["responses"]] == ["utter_erased"]
