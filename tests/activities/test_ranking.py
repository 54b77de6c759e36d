from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.ranking import (
    Candidate,
    Reason,
    answered_needs,
    choose,
    fits,
    is_held_in,
    is_online,
    reasons,
    score,
    shared_interests,
)
from bot.activities.times import Occurrence
from tests.activities.making import AT, activity, online, wish


def seen(what, km=0.0, home=True, days=None) -> Candidate:
    """The activity as a candidate `km` away, on next in `days`."""
    begins = None if days is None else AT + timedelta(days=days)
    following = begins and Occurrence(begins, begins + timedelta(hours=1))
    if is_online(what):
        return Candidate(what, None, following, home=False, near=False)
    return Candidate(what, km, following, home=home, near=home or km <= 15)


def number(*candidates: Candidate) -> list[Candidate]:
    for id_, candidate in enumerate(candidates, start=1):
        candidate.activity.id = id_
    return list(candidates)


def keys(candidates) -> list[str]:
    return [candidate.activity.source_id for candidate in candidates]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (seen(activity("a")), seen(activity("b"), km=10)),
        (seen(activity("a")), seen(activity("b", needs=[]))),
        (seen(activity("a", walk_in=True)), seen(activity("b"))),
        (seen(activity("a"), days=1), seen(activity("b"), days=8)),
        (seen(activity("a"), days=0), seen(activity("b"))),
        (seen(activity("a")), seen(activity("b"), days=30)),
        (seen(activity("a", interests=["chess"])), seen(activity("b"))),
        (
            seen(activity("a", interests=["chess", "music"])),
            seen(activity("b", interests=["chess"])),
        ),
        (seen(activity("a"), km=40), seen(online("b"))),
        (seen(online("a")), seen(activity("b"), km=60)),
        (seen(activity("a", needs=[], walk_in=True)), seen(activity("b"), km=100)),
    ],
)
def test_what_suits_better_scores_higher(better, worse):
    wanted = wish(interests=("chess", "music"))
    assert score(better, wanted) > score(worse, wanted)


def test_a_heavy_need_counts_for_more_than_a_light_one():
    wanted = wish(needs={"company": 0.5, "peers": 2.0})
    heavy, light = seen(activity("a", needs=["peers"])), seen(activity("b", needs=["company"]))
    assert score(heavy, wanted) > score(light, wanted)


def test_the_score_halves_with_every_25_kilometres():
    near, far = seen(activity("a"), km=5), seen(activity("b"), km=30)
    assert score(near, wish()) == pytest.approx(2 * score(far, wish()))


def test_reasons_begin_with_the_heaviest_need_and_end_with_the_practical():
    table = activity(
        "a", needs=["company", "peers"], interests=["chess"], price_euros=0, walk_in=True
    )
    wanted = wish(needs={"company": 1, "peers": 2, "calm": 3}, interests=("music", "chess"))
    assert reasons(seen(table), wanted) == (
        Reason("need", "peers"),
        Reason("need", "company"),
        Reason("interest", "chess"),
        Reason("near", "Äänekoski"),
        Reason("free"),
        Reason("walk_in"),
    )


def test_an_interest_that_was_told_twice_counts_once():
    board, once, twice = seen(activity("a", interests=["chess"])), ("chess",), ("chess", "chess")
    assert score(board, wish(interests=twice)) == score(board, wish(interests=once))
    assert reasons(board, wish(interests=twice)) == reasons(board, wish(interests=once))


def test_an_online_one_says_so():
    assert reasons(seen(online("a", needs=[])), wish()) == (Reason("online"),)


def test_what_has_nothing_for_it_but_its_place_says_the_place():
    far = seen(activity("a", needs=[], municipality="Jämsä"), km=90, home=False)
    assert reasons(far, wish()) == (Reason("near", "Jämsä"),)


def test_a_price_that_is_not_known_is_not_called_free():
    assert Reason("free") not in reasons(seen(activity("a", price_euros=None)), wish())


def test_the_own_municipality_goes_first_even_when_another_scores_higher():
    own = seen(activity("own", needs=["company"]), km=14)
    other = seen(activity("other", needs=["company", "peers"], walk_in=True), km=5, home=False)
    wanted = wish(needs={"company": 0.2, "peers": 2})
    assert score(other, wanted) > score(own, wanted)
    assert keys(choose(number(other, own), wanted, 3)) == ["own", "other"]


def test_the_own_municipality_does_not_go_first_when_it_answers_nothing():
    own = seen(activity("own", needs=["music"]))
    other = seen(activity("other"), km=8, home=False)
    assert keys(choose(number(own, other), wish(), 3)) == ["other", "own"]


def test_another_language_is_shown_only_when_there_is_nothing_else():
    finnish, both = seen(activity("fi")), seen(activity("both", languages=["fi", "en"]), km=14)
    english = wish(language="en")
    assert keys(choose(number(finnish, both), english, 3)) == ["both"]
    assert keys(choose(number(finnish), english, 3)) == ["fi"]
    assert keys(choose(number(seen(activity("any", languages=[]))), english, 3)) == ["any"]


def test_two_alike_are_not_shown_while_another_would_do():
    first, second = seen(activity("first", walk_in=True)), seen(activity("second"))
    place = seen(activity("place", kind="meeting_place"), km=10)
    assert keys(choose(number(first, second, place), wish(), 2)) == ["first", "place"]
    assert keys(choose(number(first, second, place), wish(), 3)) == ["first", "place", "second"]


def test_what_answers_nothing_does_not_push_out_a_second_one_alike():
    first, second = seen(activity("first", walk_in=True)), seen(activity("second"))
    useless = seen(activity("useless", kind="course", needs=["music"]))
    assert keys(choose(number(first, second, useless), wish(), 2)) == ["first", "second"]


def test_online_ones_are_last_or_first_as_is_wished():
    here, chat = (
        seen(activity("here", needs=[], municipality="X"), km=70, home=False),
        online("chat"),
    )
    pool = number(here, seen(chat))
    assert keys(choose(pool, wish(), 3)) == ["here", "chat"]
    assert keys(choose(pool, wish(online_first=True), 3)) == ["chat", "here"]


def test_with_no_wishes_everything_fits():
    assert fits(activity("a", needs=[]), wish(needs={}))
    assert not fits(activity("a", needs=[]), wish())


NEEDS, INTERESTS = ["company", "peers", "calm"], ["chess", "music"]


@st.composite
def pools(draw) -> list[Candidate]:
    """Up to a dozen candidates, alike and unlike."""
    made = []
    for number_ in range(draw(st.integers(0, 12))):
        make = draw(st.sampled_from([activity, activity, online]))
        what = make(
            str(number_),
            needs=draw(st.lists(st.sampled_from(NEEDS), unique=True)),
            interests=draw(st.lists(st.sampled_from(INTERESTS), unique=True)),
            languages=draw(st.sampled_from([["fi"], ["en"], ["fi", "en"], []])),
            walk_in=draw(st.booleans()),
            price_euros=draw(st.sampled_from([None, 0, 5.0])),
        )
        if make is activity:
            what.kind = draw(st.sampled_from(["group", "course"]))
        km, home = draw(st.floats(0, 120)), draw(st.booleans())
        made.append(seen(what, km, home, days=draw(st.none() | st.integers(0, 90))))
    return number(*made)


WISHES = st.builds(
    wish,
    needs=st.dictionaries(st.sampled_from(NEEDS), st.floats(0.1, 5)),
    interests=st.lists(st.sampled_from(INTERESTS), unique=True).map(tuple),
    language=st.sampled_from(["fi", "en"]),
    online_first=st.booleans(),
)


def would_do_instead(candidate, chosen, wanted) -> bool:
    return (
        fits(candidate.activity, wanted) >= fits(chosen.activity, wanted)
        and candidate.home >= chosen.home
        and score(candidate, wanted) >= score(chosen, wanted)
    )


@given(pools(), WISHES, st.integers(1, 4))
def test_the_choice_keeps_every_promise(pool, wanted, limit):
    chosen = choose(pool, wanted, limit)
    understood = [c for c in pool if is_held_in(c.activity, wanted.language)] or pool
    assert len(chosen) == min(limit, len(understood))
    assert len({id(c) for c in chosen}) == len(chosen)
    assert all(c in understood for c in chosen)

    order = [is_online(c.activity) for c in chosen]
    assert order == sorted(order, reverse=wanted.online_first)

    left = [c for c in understood if c not in chosen]
    themes = {theme(c, wanted) for c in chosen}
    for one, other in combinations(chosen, 2):
        if theme(one, wanted) == theme(other, wanted):
            assert not any(
                theme(c, wanted) not in themes
                and all(would_do_instead(c, instead, wanted) for instead in (one, other))
                for c in left
            )

    for candidate in chosen:
        assert_true(reasons(candidate, wanted), candidate, wanted)


def theme(candidate, wanted):
    what = candidate.activity
    telling = [
        *answered_needs(what, wanted),
        *shared_interests(what, wanted),
        *what.needs,
        *what.interests,
        None,
    ]
    return what.kind, telling[0]


def assert_true(given_reasons, candidate, wanted):
    """Every reason is a fact about the activity, and there is one at least."""
    what = candidate.activity
    assert given_reasons
    for reason in given_reasons:
        match reason:
            case Reason("need", key):
                assert key in what.needs
                assert key in wanted.needs
            case Reason("interest", key):
                assert key in what.interests
                assert key in wanted.interests
            case Reason("near", key):
                assert key == what.municipality
                assert candidate.near or len(given_reasons) == 1
            case Reason("free"):
                assert what.price_euros == 0
            case Reason("walk_in"):
                assert what.walk_in
            case Reason("online"):
                assert is_online(what)


@given(pools(), WISHES)
def test_scores_are_finite_and_never_below_nothing(pool, wanted):
    assert all(0 <= score(candidate, wanted) <= 2 for candidate in pool)
