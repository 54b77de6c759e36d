"""`python -m nlu.serve`: Rasa's command line, with one costly habit of it mended.

Rasa checks every answer of a custom action with `jsonschema.validate`, which first checks the
schema itself, anew each time: more than half of the time that an action's turn takes. The schema
never changes, so here it is compiled once. What is refused stays the same.
"""

from functools import lru_cache
from typing import Any, Dict, Text

from jsonschema import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction


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


def main() -> None:
    """Puts the compiled check in place and hands over to Rasa."""
    from rasa.__main__ import main as rasa

    RemoteAction._validate_action_result = validate_action_result
    rasa()


if __name__ == "__main__":
    main()
