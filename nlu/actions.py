"""How Rasa calls the custom actions, with costly and careless habits of it mended.

- Every answer is checked with `jsonschema.validate`, which first checks the schema itself, anew
  each time: more than half of what an action's turn takes. The schema never changes: it is compiled
  once, to machine code, and refuses the same.
- A connection is made for each call. Here one is kept, without cookies.
- The whole conversation and the whole domain are sent, and the message that began a form is copied
  deeply for each answer in it. Our actions read the slots, the latest message, the form's name, and
  in which order people and bot spoke (`Turn` in `actions/base.py`): that is sent.
- When an action can't be run, the turn is saved as if the action had wanted nothing: the message
  counts as taken, and nobody ever answers it. Here the turn fails as a whole.
"""

from functools import lru_cache
from typing import Any, Dict, List, Text

import aiohttp
import jsonschema_rs
import rasa
from jsonschema import ValidationError
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT
from rasa.utils.endpoints import EndpointConfig

from nlu.failures import TurnFailed

_run = RemoteAction.run


class _Kept(aiohttp.ClientSession):
    """A session that stays open at the end of the block in which Rasa uses it."""

    async def __aexit__(self, *_: Any) -> None:
        pass


def session(self: EndpointConfig) -> aiohttp.ClientSession:
    """As `EndpointConfig.session`, but the same one for every call."""
    kept = self.__dict__.get("kept_session")
    if kept is None or kept.closed:
        kept = self.kept_session = _Kept(
            headers=self.headers,
            timeout=aiohttp.ClientTimeout(total=self.kwargs.get("timeout", 8)),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
        )
    return kept


@lru_cache(maxsize=1)
def _validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(RemoteAction.action_response_format_spec())


def validate_action_result(self: RemoteAction, result: Dict[Text, Any]) -> bool:
    """As `RemoteAction._validate_action_result`: true, or a ValidationError."""
    if not _validator().is_valid(result):
        # Which of its words are wrong is not told: they may be a resident's.
        raise ValidationError(f"the answer of {self.name()} is not as the schema wants it")
    return True


def call_format(
    self: RemoteAction, tracker: DialogueStateTracker, domain: Domain
) -> Dict[Text, Any]:
    """As `RemoteAction._action_call_format`, with what our actions read of it."""
    loop = tracker.active_loop
    return {
        "next_action": self._name,
        "sender_id": tracker.sender_id,
        "tracker": {
            "sender_id": tracker.sender_id,
            "slots": tracker.current_slot_values(),
            "latest_message": tracker._latest_message_data(),
            "followup_action": tracker.followup_action,
            "paused": tracker.is_paused(),
            "events": [one for one in map(_outline, tracker.events) if one],
            "latest_input_channel": tracker.get_latest_input_channel(),
            "active_loop": {"name": loop.name} if loop else {},
            "latest_action": tracker.latest_action,
            "latest_action_name": tracker.latest_action_name,
        },
        "domain": {},  # the SDK insists on one
        "version": rasa.__version__,
    }


def _outline(event: Event) -> Dict[Text, Any]:
    """Who did what, without words."""
    if isinstance(event, UserUttered):
        return {"event": "user", "parse_data": {INTENT: {"name": event.intent_name}}}
    if isinstance(event, BotUttered):
        return {"event": "bot"}
    if isinstance(event, ActionExecuted):
        return {"event": "action", "name": event.action_name}
    return {}


async def run(self: RemoteAction, *arguments: Any, **more: Any) -> List[Event]:
    """As `RemoteAction.run`, but a fault ends the turn."""
    try:
        return await _run(self, *arguments, **more)
    except ActionExecutionRejection:
        raise
    except Exception as error:
        raise TurnFailed(self.name()) from error


def mend() -> None:
    """Puts all of it in place."""
    EndpointConfig.session = session
    RemoteAction._action_call_format = call_format
    RemoteAction._validate_action_result = validate_action_result
    RemoteAction.run = run
