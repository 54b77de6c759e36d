import httpx
import pytest

from bot.bench.talks import Step
from bot.bench.ways import BareSpeaker, custom_actions

EVENTS = [
    {"event": "user"},
    {"event": "action", "name": "action_suggest"},
    {"event": "user"},
    {"event": "action", "name": "utter_greet"},
    {"event": "bot"},
]


def rasa(events: list[dict[str, str]], asked: list[str]) -> httpx.AsyncClient:
    """Rasa with a conversation that went so."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.method == "POST":
            return httpx.Response(200, json=[{"text": "Hei!"}, {"image": "x"}, {"text": "No?"}])
        return httpx.Response(200, json={"events": events})

    return httpx.AsyncClient(base_url="http://x", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(("events", "acted"), [(EVENTS, False), (EVENTS[:2], True)])
async def test_an_action_is_one_of_this_turn(events: list[dict[str, str]], acted: bool) -> None:
    speaker = BareSpeaker("id", rasa(events, []), frozenset({"action_suggest"}))
    reply = await speaker.do(Step((1, 1), "moi"))
    assert reply.acted is acted
    assert reply.texts == ("Hei!", "No?")


async def test_a_measured_turn_is_one_request() -> None:
    asked: list[str] = []
    await BareSpeaker("id", rasa(EVENTS, asked)).do(Step((1, 1), "moi"))
    assert asked == ["/webhooks/rest/webhook"]


def test_custom_actions_are_those_of_the_domain() -> None:
    assert "action_suggest_activities" in custom_actions()
    assert "validate_walk_form" in custom_actions()
