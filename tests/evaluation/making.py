"""Made-up outcomes for the tests of the evaluation."""

from bot.evaluation.measuring import Measured
from bot.evaluation.scores import Understood, scores


def told(label: str, leaf: str, confidence: float = 0.9, text: str = "") -> Understood:
    return Understood(label, text or f"{label} as {leaf} {confidence}", leaf, confidence)


def measured(*messages: Understood, name: str = "messages_fi") -> Measured:
    return Measured(name, messages, scores(messages))
