"""How Rasa calls the custom actions, with two costly habits of it mended.

Rasa checks every answer of a custom action with `jsonschema.validate`, which first checks the
schema itself, anew each time: more than half of the time that an action's turn takes. The schema
never changes, so here it is compiled once. What is refused stays the same.

When an action can't be run, Rasa saves the turn as if the action had wanted nothing: the message
counts as taken, and nobody ever answers it. Here the turn fails as a whole and leaves no trace,
so that the message can be taken again.
"""

from functools import lru_cache
from typing import Any, Dict, List, Text

from jsonschema import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.shared.core.events import Event

_run = RemoteAction.run


class ActionFailed(BaseException):
    """An action could not be run. No `Exception`: those Rasa passes over."""


@lru_cache(maxsize=1)
def _validator() -> Validator:
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def validate_action_result(self: RemoteAction, result: Dict[Text, Any]) -> bool:
    """As `RemoteAction._validate_action_result`: true, or a ValidationError."""
    error: ValidationError
    for error in _validator().iter_errors(result):
        raise error
    return True


async def run(self: RemoteAction, *arguments: Any, **more: Any) -> List[Event]:
    """As `RemoteAction.run`, but a fault is an ActionFailed."""
    try:
        return await _run(self, *arguments, **more)
    except ActionExecutionRejection:
        raise
    except Exception as error:
        raise ActionFailed(self.name()) from error


def mend() -> None:
    """Puts both in place."""
    RemoteAction._validate_action_result = validate_action_result
    RemoteAction.run = run
