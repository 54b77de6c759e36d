"""`python -m bot.bench.rasa_phases`: Rasa's command line, noting where a turn's time goes.

Runs in Rasa's environments: in .venv-rasa it is Rasa as Seura runs it, in .venv-stock (with
TensorFlow) Rasa as it comes. Each turn is an object in `rasa.jsonl`: `{turn, spent}`, `spent` in
seconds by phase.
"""

import functools
import inspect
import os
import time
from collections.abc import Callable
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot import tracing

# Which methods of Rasa's MessageProcessor are which phase.
PHASES = {
    "understanding": ("parse_message",),
    "deciding": ("predict_next_with_tracker_if_should",),
    "acting": ("run_action_extract_slots", "_run_action"),
    "remembering": ("fetch_tracker_and_update_session", "save_tracker"),
}
WHOLE = "handle_message"

Spent = dict[str, float]
_spent: "ContextVar[Spent]" = ContextVar("spent")


def timed(phase: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, adding what it took to the turn's phase."""

    def add(began: float) -> None:
        spent = _spent.get(None) or {}
        _spent.set(spent)
        spent[phase] = spent.get(phase, 0.0) + time.perf_counter() - began

    @functools.wraps(method)
    async def awaited(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return await method(*arguments, **named)
        finally:
            add(began)

    @functools.wraps(method)
    def called(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return method(*arguments, **named)
        finally:
            add(began)

    return awaited if inspect.iscoroutinefunction(method) else called


def noted(method: Callable[..., Any]) -> Callable[..., Any]:
    """`handle_message`, noting the turn once it is over."""

    @functools.wraps(method)
    async def handled(self: Any, message: Any) -> Any:
        try:
            return await method(self, message)
        finally:
            tracing.note({"turn": message.message_id, "spent": _spent.get({})})
            _spent.set({})

    return handled


def main() -> None:
    """Puts the clocks in place and hands over to Rasa."""
    stock = find_spec("tensorflow") is not None
    if not stock:
        from nlu import lean

        lean.prepare()
    from rasa.core.processor import MessageProcessor

    for phase, names in PHASES.items():
        for name in names:
            setattr(MessageProcessor, name, timed(phase, getattr(MessageProcessor, name)))
    setattr(MessageProcessor, WHOLE, noted(getattr(MessageProcessor, WHOLE)))
    if stock:
        from rasa.__main__ import main as serve
    else:
        from nlu.serve import main as serve
    tracing.start(Path(os.environ["SEURA_PROFILE"]), "rasa")
    serve()


if __name__ == "__main__":
    main()
