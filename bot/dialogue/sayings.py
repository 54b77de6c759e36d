"""What the bot says, as plain values: no Telegram, no Rasa."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Button:
    """A button: the words on it, and what a tap means (`/intent…` for Rasa, `!command` for us)."""

    title: str
    payload: str


@dataclass(frozen=True)
class Saying:
    """One message of the bot.

    Attributes:
        text: what it says.
        buttons: the buttons under it, in order.
        custom: what the face is to add: `{"options": NAME}` chips from a catalogue,
            `{"location": …}` a keyboard that asks for the location.
    """

    text: str = ""
    buttons: tuple[Button, ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """Rasa's answer to one message.

    Attributes:
        sayings: what the bot says, in order; may be empty.
        intent: the intent that was understood, with `leaf` (`crisis/suicide`) for a retrieval one.
        confidence: of the intent, 0–1.
    """

    sayings: tuple[Saying, ...]
    intent: str | None
    leaf: str | None
    confidence: float


def saying_of(data: dict[str, Any]) -> Saying:
    """Reads a saying from the shape that Rasa and the wording files share."""
    buttons = tuple(Button(b["title"], b["payload"]) for b in data.get("buttons") or ())
    return Saying(data.get("text") or "", buttons, dict(data.get("custom") or {}))
