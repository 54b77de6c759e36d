"""Which activities suit a wish best, and why. Plain functions; `search.py` finds the candidates.

An activity's score is what it would give, weakened by how hard it is to get there:

    score = reach x meant x (needs + interests + ease + liking)

    reach      halves with every 25 km, with every 12 km for somebody who found things too far;
               online counts as 50 km; half of that for what begins later than in two months
    meant      1; 1.5 for what is meant for people in just their situation, 0.3 for what is meant
               for people in another one
    needs      0…1: the share of the wished needs, by weight, that it answers
    interests  0, 0.3, 0.45, 0.525 …: each further shared interest adds half of the one before
    ease       0.1, and 0.1 for walking in, and up to 0.1 for being soon (halves with every week)
    liking     0.1 for what is like things they saved, -0.15 for what is like things that they
               turned down as not theirs, and -0.1…0.1 by how others liked it

Each part that speaks for an activity can be said as a reason: `reasons`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bot.activities.index import Fact, all_needs, is_online
from bot.activities.times import Occurrence
from bot.activities.when import When
from bot.store.tables import Activity

__all__ = ["Candidate", "Parts", "Reason", "Wish", "choose", "is_online", "reasons", "score"]

HALF_REACH_KM = 25.0
HALF_REACH_OF_THE_WEARY_KM = 12.0
ONLINE_KM = 50.0
WALK_KM = 2.0
FOR_THEM, FOR_OTHERS = 1.5, 0.3
HALF_SOONNESS = timedelta(days=7)
# What begins later than this counts for half.
FAR_OFF = timedelta(days=60)
NEARLY_AS_GOOD = 0.55
# Fewer opinions than this say nothing.
RATINGS = 3
MIDDLE_RATING = 3.0


@dataclass(frozen=True)
class Wish:
    """What somebody looks for, where and when.

    Attributes:
        needs: weights of needs, by their key.
        interests: keys of interests, the dearest first.
        latitude: of the point they are at, WGS84, where they gave one; else None.
        longitude: of the same point.
        factors: keys of what lies behind their loneliness.
        municipality: name of their municipality (or of a locality in it), where known.
        language: `fi` or `en`.
        at: now, as an aware datetime.
        only: what they insist on: free of charge, step-free …
        exclude: ids of activities not to show.
        online_first: they would rather not go anywhere.
        asked: interests that they asked for by name just now: nothing else will do.
        when: the time that they asked for.
        within_km: how far they can go, where they said.
        age: in years, where they said.
        liked: interests and kinds of what they saved.
        disliked: interests and kinds of what they turned down as not theirs.
        weary: they turned things down for being too far.
    """

    needs: dict[str, float]
    interests: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    municipality: str | None
    language: str
    at: datetime
    factors: frozenset[str] = frozenset()
    only: Fact = Fact.NONE
    exclude: frozenset[int] = frozenset()
    online_first: bool = False
    asked: tuple[str, ...] = ()
    when: When = field(default_factory=When)
    within_km: float | None = None
    age: int | None = None
    liked: frozenset[str] = frozenset()
    disliked: frozenset[str] = frozenset()
    weary: bool = False


@dataclass(frozen=True)
class Reason:
    """Why an activity is suggested: `key` is the need, the interest or the municipality."""

    kind: Literal[
        "need", "interest", "near", "free", "walk_in", "online", "walk", "time", "open_now", "liked"
    ]
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


@dataclass(frozen=True)
class Parts:
    """What a score is made of; see the top of this module."""

    reach: float
    meant: float
    needs: float
    interests: float
    ease: float
    liking: float

    @property
    def score(self) -> float:
        """At least 0, higher is better."""
        return (
            self.reach
            * self.meant
            * max(0.0, self.needs + self.interests + self.ease + self.liking)
        )


def is_held_in(activity: Activity, language: str) -> bool:
    """Whether one gets along in the language there, as far as is known."""
    return not activity.languages or language in activity.languages


def answered_needs(activity: Activity, wish: Wish) -> list[str]:
    """The wished needs that it answers, the heaviest first."""
    has = set(all_needs(activity))
    if is_for_others(activity, wish):
        has.discard("peers")  # they would be nobody's peers there
    return sorted((need for need in wish.needs if need in has), key=lambda n: -wish.needs[n])


def shared_interests(activity: Activity, wish: Wish) -> list[str]:
    """The wished interests that it has, each once, in the wish's order."""
    wished = dict.fromkeys((*wish.asked, *wish.interests))
    return [key for key in wished if key in activity.interests]


def fits(activity: Activity, wish: Wish) -> bool:
    """Whether it answers anything that was wished for; with no wishes, everything does."""
    if wish.asked:
        return any(key in activity.interests for key in wish.asked)
    if is_for_others(activity, wish):
        return bool(shared_interests(activity, wish))
    return bool(
        answered_needs(activity, wish)
        or shared_interests(activity, wish)
        or not (wish.needs or wish.interests)
    )


def is_for_others(activity: Activity, wish: Wish) -> bool:
    """Whether it is meant for people in another situation than theirs."""
    return bool(activity.meant_for) and not wish.factors.intersection(activity.meant_for)


def suits_age(activity: Activity, age: int | None) -> bool:
    """Whether somebody of that age is meant; where the age is not known, everybody is."""
    if age is None:
        return True
    return (activity.youngest or 0) <= age <= (activity.oldest or math.inf)


def parts(candidate: Candidate, wish: Wish) -> Parts:
    """The parts of the score."""
    activity = candidate.activity
    wished = sum(wish.needs.values())
    answered = sum(wish.needs[need] for need in answered_needs(activity, wish))
    return Parts(
        reach=reach(None if is_online(activity) else candidate.distance_km or 0.0, weary=wish.weary)
        * (0.5 if candidate.next and candidate.next.start > wish.at + FAR_OFF else 1.0),
        meant=meant_part(activity.meant_for, wish),
        needs=answered / wished if wished else 0.0,
        interests=interest_part(len(shared_interests(activity, wish))),
        ease=ease_part(
            candidate.next.start if candidate.next else None, wish.at, walk_in=activity.walk_in
        ),
        liking=_liking(activity, wish),
    )


def score(candidate: Candidate, wish: Wish) -> float:
    """How well it suits; at least 0, higher is better."""
    return parts(candidate, wish).score


def reach(distance_km: float | None, *, weary: bool = False) -> float:
    """How easily one gets that far, 0…1; None stands for online."""
    half = HALF_REACH_OF_THE_WEARY_KM if weary else HALF_REACH_KM
    if distance_km is None:
        return math.exp2(-ONLINE_KM / HALF_REACH_KM)
    return math.exp2(-distance_km / half)


def meant_part(meant_for: Sequence[str], wish: Wish) -> float:
    """How much it is meant for them."""
    if not meant_for:
        return 1.0
    return FOR_THEM if wish.factors.intersection(meant_for) else FOR_OTHERS


def interest_part(shared: int) -> float:
    """What that many shared interests count for."""
    return 0.6 * (1 - math.exp2(-shared))


def ease_part(start: datetime | None, at: datetime, *, walk_in: bool) -> float:
    """How easy it is to begin; what can be had at any time counts as a week away."""
    weeks = max(start - at, timedelta()) / HALF_SOONNESS if start else 1.0
    return 0.1 + 0.1 * walk_in + 0.1 * math.exp2(-weeks)


def reasons(candidate: Candidate, wish: Wish) -> tuple[Reason, ...]:
    """Why it is suggested, the most telling reason first; never none."""
    activity = candidate.activity
    found = [Reason("interest", key) for key in wish.asked if key in activity.interests]
    found += [Reason("need", need) for need in answered_needs(activity, wish)]
    found += [
        Reason("interest", key) for key in shared_interests(activity, wish) if key not in wish.asked
    ]
    if wish.when and candidate.next and wish.when.takes(candidate.next, wish.at):
        found.append(Reason("open_now" if wish.when.now else "time"))
    if is_online(activity):
        found.append(Reason("online"))
    if wish.latitude is not None and (candidate.distance_km or math.inf) <= WALK_KM:
        found.append(Reason("walk"))
    if candidate.near:
        found.append(Reason("near", activity.municipality))
    if activity.price_euros == 0:
        found.append(Reason("free"))
    if activity.walk_in:
        found.append(Reason("walk_in"))
    if wish.liked & _traits(activity):
        found.append(Reason("liked"))
    # What has nothing else for it was found because nothing was nearer.
    return tuple(found) or (Reason("near", activity.municipality),)


def choose(candidates: Iterable[Candidate], wish: Wish, limit: int) -> list[Candidate]:
    """The best few, in the order in which to show them.

    - Only what is held in the wished language, unless there is nothing in it.
    - What the wished municipality has itself goes first, unless it answers nothing wished for.
    - No two of the same kind for the same need or interest, where another is nearly as good and
      as much at home.
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
        and other.home >= best.home
        and score(other, wish) >= NEARLY_AS_GOOD * score(best, wish)
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


def _traits(activity: Activity) -> set[str]:
    return {*activity.interests, activity.kind}


def _liking(activity: Activity, wish: Wish) -> float:
    found = 0.1 * bool(wish.liked & _traits(activity))
    found -= 0.15 * bool(wish.disliked & _traits(activity))
    if (activity.ratings or 0) >= RATINGS:
        found += 0.05 * (activity.rating_sum / activity.ratings - MIDDLE_RATING)
    return found
