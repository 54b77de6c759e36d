"""How well messages were understood, in numbers. Plain functions over plain values.

A message counts as understood when the likeliest intent is its own; for the factors, when the
likeliest leaf is. Whether the bot was sure enough to act on it is told apart: `asked_again`.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from bot.evaluation.messages import Labelled

FALLBACK = "nlu_fallback"
STEPS = 10


@dataclass(frozen=True)
class Understood:
    """A message and what was made of it.

    Attributes:
        label: what it should be understood as.
        text: the message.
        leaf: the likeliest intent, with its factor or kind of crisis.
        confidence: of the likeliest intent, 0…1.
    """

    label: str
    text: str
    leaf: str
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether the intent is right, whatever the leaf."""
        return intent_of(self.leaf) == intent_of(self.label)


@dataclass(frozen=True)
class Confusion:
    """Messages of one label that were taken for another."""

    label: str
    taken_for: str
    messages: tuple[Understood, ...]


@dataclass(frozen=True)
class Step:
    """A step of the calibration curve: messages whose confidence lies in one tenth.

    Attributes:
        count: how many there are.
        confidence: their mean confidence.
        right: the share of them that were right.
    """

    count: int
    confidence: float
    right: float


@dataclass(frozen=True)
class Risk:
    """What a threshold would do: the share of messages it answers, and of those the wrong ones."""

    threshold: float
    answered: float
    wrong: float


@dataclass(frozen=True)
class Scores:
    """Everything that is measured of one set; shares are 0…1, None where there is nothing."""

    messages: int
    intents: float
    factors: float | None
    macro_f1: float
    calibration_error: float
    f1: dict[str, float]


def intent_of(label: str) -> str:
    """The intent of a leaf: `factor` of `factor/shyness`."""
    return label.split("/")[0]


def understood(message: Labelled, parsed: dict[str, Any]) -> Understood:
    """Reads what Rasa's `/model/parse` gives.

    The likeliest intent is the first of `intent_ranking` that is not the fallback. For `factor`
    and `crisis` its leaf stands in `response_selector`, under the intent's name, as
    `response.intent_response_key`.
    """
    best = next(one for one in parsed["intent_ranking"] if one["name"] != FALLBACK)
    selected = parsed["response_selector"].get(best["name"])
    leaf = selected["response"]["intent_response_key"] if selected else best["name"]
    return Understood(message.label, message.text, leaf, float(best["confidence"]))


def scores(told: Sequence[Understood]) -> Scores:
    """All numbers of a set that is not empty."""
    factors = [one.leaf == one.label for one in told if intent_of(one.label) == "factor"]
    f1 = f1_by_label([(intent_of(one.label), intent_of(one.leaf)) for one in told])
    return Scores(
        messages=len(told),
        intents=fmean(one.is_right for one in told),
        factors=fmean(factors) if factors else None,
        macro_f1=fmean(f1.values()),
        calibration_error=calibration_error(told),
        f1=f1,
    )


def f1_by_label(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """The harmonic mean of precision and recall, by true label; pairs are (true, found)."""
    true, found = Counter(t for t, _ in pairs), Counter(f for _, f in pairs)
    right = Counter(t for t, f in pairs if t == f)
    return {label: 2 * right[label] / (true[label] + found[label]) for label in sorted(true)}


def calibration(told: Sequence[Understood]) -> list[Step]:
    """Confidence beside how often it was right, in ten equal steps; empty ones are left out."""
    steps: dict[int, list[Understood]] = defaultdict(list)
    for one in told:
        steps[min(int(one.confidence * STEPS), STEPS - 1)].append(one)
    return [
        Step(len(step), fmean(o.confidence for o in step), fmean(o.is_right for o in step))
        for _, step in sorted(steps.items())
    ]


def calibration_error(told: Sequence[Understood]) -> float:
    """The expected calibration error: the mean gap between confidence and truth."""
    gaps = (step.count * abs(step.confidence - step.right) for step in calibration(told))
    return sum(gaps) / len(told)


def risks(told: Sequence[Understood]) -> list[Risk]:
    """The risk-coverage curve: for thresholds 0, 0.01 … 1, as long as they answer something."""
    curve = []
    for hundredth in range(101):
        threshold = hundredth / 100
        answered = [one for one in told if one.confidence >= threshold]
        if answered:
            wrong = fmean(not one.is_right for one in answered)
            curve.append(Risk(threshold, len(answered) / len(told), wrong))
    return curve


def confusions(told: Sequence[Understood]) -> list[Confusion]:
    """What was taken for what, the most frequent first, with the messages, the surest first."""
    found: dict[tuple[str, str], list[Understood]] = defaultdict(list)
    for one in told:
        if one.leaf != one.label:
            found[one.label, one.leaf].append(one)
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [
        Confusion(label, leaf, tuple(sorted(ms, key=lambda one: -one.confidence)))
        for (label, leaf), ms in ordered
    ]


@dataclass(frozen=True)
class Several:
    """How well several factors in a message are found.

    Attributes:
        exact: the share of messages of which exactly the factors told were found.
        found: the share of the factors told that were found.
        sound: the share of those found that had been told.
    """

    exact: float
    found: float
    sound: float


def several(pairs: Sequence[tuple[set[str], set[str]]]) -> Several:
    """The numbers for messages of several factors: pairs of those told and those found."""
    both = sum(len(told & found) for told, found in pairs)
    told_all = sum(len(told) for told, _ in pairs)
    found_all = sum(len(found) for _, found in pairs)
    return Several(
        exact=fmean(told == found for told, found in pairs),
        found=both / told_all,
        sound=both / found_all if found_all else 1.0,
    )
