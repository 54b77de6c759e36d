"""Which activities suit a wish best, and why. Plain functions; `search.py` finds the candidates.

An activity's score is what it would give, weakened by how hard it is to get there:

    score = reach x (needs + interests + ease)

    reach      halves with every 25 km; online counts as 50 km
    needs      0…1: the share of the wished needs, by weight, that it answers
    interests  0, 0.3, 0.45, 0.525 …: each further shared interest adds half of the one before
    ease       0.1, and 0.1 for walking in, and up to 0.1 for being soon (halves with every week)
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.activities.times import Occurrence
from bot.store.tables import Activity

HALF_REACH_KM = 25.0
ONLINE_KM = 50.0
HALF_SOONNESS = timedelta(days=7)


@dataclass(frozen=True)
class Wish:
    """What somebody looks for, where and when.

    Attributes:
        needs: weights of needs, by their key.
        interests: keys of interests, the dearest first.
        latitude: of the point they are at, WGS84, where they gave one; else None.
        longitude: of the same point.
        municipality: name of their municipality (or of a locality in it), where known.
        language: `fi` or `en`.
        at: now, as an aware datetime.
        only_free: leave out what costs or may cost something.
        exclude: ids of activities not to show.
        online_first: they would rather not go anywhere.
        times: when, as keys of `wished_times`; what has no times suits always.
    """

    needs: dict[str, float]
    interests: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    municipality: str | None
    language: str
    at: datetime
    only_free: bool = False
    exclude: frozenset[int] = frozenset()
    online_first: bool = False
    times: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why an activity is suggested: `key` is the need, the interest or the municipality."""

    kind: Literal["need", "interest", "near", "free", "walk_in", "online"]
    key: str | None = None


@dataclass(frozen=True)
class Candidate:
    """An activity that is open to the resident, seen from where they are.

    `home`: in the wished municipality. `near`: there, or within a short way of the point.
    """

    activity: Activity
    distance_km: float | None
    next: Occurrence | None
    home: bool
    near: bool


def is_online(activity: Activity) -> bool:
    """Whether it is reached from anywhere: it has no place."""
    return activity.latitude is None and activity.municipality is None


def is_held_in(activity: Activity, language: str) -> bool:
    """Whether one gets along in the language there, as far as is known."""
    return not activity.languages or language in activity.languages


def answered_needs(activity: Activity, wish: Wish) -> list[str]:
    """The wished needs that it answers, the heaviest first."""
    return sorted(
        (need for need in wish.needs if need in activity.needs), key=lambda need: -wish.needs[need]
    )


def shared_interests(activity: Activity, wish: Wish) -> list[str]:
    """The wished interests that it has, each once, in the wish's order."""
    return [key for key in dict.fromkeys(wish.interests) if key in activity.interests]


def fits(activity: Activity, wish: Wish) -> bool:
    """Whether it answers anything that was wished for; with no wishes, everything does."""
    return bool(
        answered_needs(activity, wish)
        or shared_interests(activity, wish)
        or not (wish.needs or wish.interests)
    )


def score(candidate: Candidate, wish: Wish) -> float:
    """How well it suits; see the top of this module. At least 0, higher is better."""
    activity = candidate.activity
    wished = sum(wish.needs.values())
    needs = (
        sum(wish.needs[need] for need in answered_needs(activity, wish)) / wished if wished else 0
    )
    interests = 0.6 * (1 - math.exp2(-len(shared_interests(activity, wish))))
    ease = 0.1 + 0.1 * activity.walk_in + 0.1 * _soonness(candidate.next, wish.at)
    return _reach(candidate) * (needs + interests + ease)


def reasons(candidate: Candidate, wish: Wish) -> tuple[Reason, ...]:
    """Why it is suggested, the most telling reason first; never none."""
    activity = candidate.activity
    found = [
        *(Reason("need", need) for need in answered_needs(activity, wish)),
        *(Reason("interest", interest) for interest in shared_interests(activity, wish)),
    ]
    if is_online(activity):
        found.append(Reason("online"))
    if candidate.near:
        found.append(Reason("near", activity.municipality))
    if activity.price_euros == 0:
        found.append(Reason("free"))
    if activity.walk_in:
        found.append(Reason("walk_in"))
    # What has nothing else for it was found because nothing was nearer.
    return tuple(found) or (Reason("near", activity.municipality),)


def choose(candidates: Iterable[Candidate], wish: Wish, limit: int) -> list[Candidate]:
    """The best few, in the order in which to show them.

    - Only what is held in the wished language, unless there is nothing in it.
    - What the wished municipality has itself goes first, unless it answers nothing wished for.
    - No two of the same kind for the same need or interest, where another would do.
    - Online ones come last, or first where that is wished.
    """
    candidates = list(candidates)
    understood = [c for c in candidates if is_held_in(c.activity, wish.language)]
    left = sorted(understood or candidates, key=lambda candidate: _order(candidate, wish))
    chosen: list[Candidate] = []
    while left and len(chosen) < limit:
        best = _least_alike(left, chosen, wish)
        left.remove(best)
        chosen.append(best)
    return sorted(chosen, key=lambda c: is_online(c.activity) != wish.online_first)


def _least_alike(ranked: Sequence[Candidate], chosen: Sequence[Candidate], wish: Wish) -> Candidate:
    best = ranked[0]
    seen = {_theme(candidate, wish) for candidate in chosen}
    if _theme(best, wish) not in seen:
        return best
    others = (
        other
        for other in ranked
        if _theme(other, wish) not in seen
        and fits(other.activity, wish) >= fits(best.activity, wish)
    )
    return next(others, best)


def _theme(candidate: Candidate, wish: Wish) -> tuple[str, str | None]:
    activity = candidate.activity
    telling = [
        *answered_needs(activity, wish),
        *shared_interests(activity, wish),
        *activity.needs,
        *activity.interests,
    ]
    return activity.kind, telling[0] if telling else None


def _order(candidate: Candidate, wish: Wish) -> tuple[bool, bool, float, int]:
    activity = candidate.activity
    return (
        wish.online_first and not is_online(activity),
        not (candidate.home and fits(activity, wish)),
        -score(candidate, wish),
        activity.id,
    )


def _reach(candidate: Candidate) -> float:
    km = ONLINE_KM if is_online(candidate.activity) else candidate.distance_km or 0.0
    return math.exp2(-km / HALF_REACH_KM)


def _soonness(occurrence: Occurrence | None, at: datetime) -> float:
    """1 for now, halved with every week; what can be had at any time is in between."""
    if occurrence is None:
        return 0.5
    weeks = max(occurrence.start - at, timedelta()) / HALF_SOONNESS
    return math.exp2(-weeks)
