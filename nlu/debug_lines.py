"""Debug lines of Rasa that nobody reads, without what they cost.

Rasa makes deep copies of messages, events and states only to hand them to `structlogger.debug`,
although debug lines are off. Here such a copy is made only where the line is written.
"""

import copy
import logging
from types import ModuleType
from typing import Any, Dict, Optional

import rasa.core.actions.forms
import rasa.core.policies.memoization
import rasa.core.policies.rule_policy
import rasa.core.processor

# In these, `copy.deepcopy` is called for debug lines and for nothing else.
MODULES = (
    rasa.core.actions.forms,
    rasa.core.policies.memoization,
    rasa.core.policies.rule_policy,
    rasa.core.processor,
)
_rasa = logging.getLogger("rasa")


class _Copy(ModuleType):
    """Stands for the module `copy`."""

    @staticmethod
    def deepcopy(value: Any, memo: Optional[Dict[int, Any]] = None) -> Any:
        """As `copy.deepcopy` while debug lines are written; else the value itself."""
        return copy.deepcopy(value, memo) if _rasa.isEnabledFor(logging.DEBUG) else value

    def __getattr__(self, name: str) -> Any:
        return getattr(copy, name)


def mend() -> None:
    """Puts it in place."""
    stand_in = _Copy("copy")
    for module in MODULES:
        module.copy = stand_in
