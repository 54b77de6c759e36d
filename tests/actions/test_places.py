from typing import Any

import pytest

from actions.base import Events
from actions.places import ValidatePlaceForm
from actions.rooms import Rooms
from tests.actions.making import run, sets, tracker

JAMSA = {"entities": [("municipality", "Jämsä")]}


@pytest.mark.parametrize(
    ("asked", "intent", "message", "events"),
    [
        ("municipality", "inform_municipality", JAMSA, sets(municipality="Jämsä")),
        ("municipality", "nlu_fallback", JAMSA, sets(municipality="Jämsä")),
        ("municipality", "skip", {}, sets(municipality="anywhere")),
        # Heard, but no place: asked again.
        ("municipality", "inform_municipality", {}, sets(municipality=None)),
        ("municipality", "deny", {}, sets(municipality=None)),
        ("municipality", "ask_activities", {}, sets(municipality=None)),
        # Left to the rules, whatever place is in it.
        ("municipality", "greet", {}, []),
        ("municipality", "nlu_fallback", {}, []),
        ("municipality", "ask_human", JAMSA, []),
        ("municipality", "delete_data", JAMSA, []),
        (None, "ask_activities", JAMSA, []),
    ],
)
async def test_only_a_place_answers_where(
    rooms: Rooms, asked: str | None, intent: str, message: dict[str, Any], events: Events
) -> None:
    state = tracker(intent, asked=asked, **message)
    assert await run(ValidatePlaceForm, rooms, state) == (events, [])
