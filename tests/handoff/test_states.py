from bot.handoff.states import MOVES, OPEN, State, moderator


def test_every_state_is_reached_from_nothing_and_what_is_over_stays_so() -> None:
    assert set(MOVES) == {None, *State}
    reached: set[State] = set()
    to_visit: list[State | None] = [None]
    while to_visit:
        new = MOVES[to_visit.pop()] - reached
        reached |= new
        to_visit.extend(new)
    assert reached == set(State)
    for state in State:
        assert bool(MOVES[state]) is (state in OPEN)


def test_a_moderator_is_named_by_id() -> None:
    assert moderator(9001) == "moderator:9001"
