from itertools import chain

from bot.handoff.states import HELD, MOVES, OPEN, QUEUED, Move, State, moderator


def test_every_move_is_in_the_table_and_every_state_is_reached_from_nothing() -> None:
    assert set(MOVES) == set(Move)
    reached: set[State | None] = {None}
    while new := {row[one] for row in MOVES.values() for one in reached if one in row} - reached:
        reached |= new
    assert reached == {None, *State}


def test_what_is_cancelled_stays_so_and_whatever_goes_on_can_end() -> None:
    assert not any(State.CANCELLED in row for row in MOVES.values())
    assert set(MOVES[Move.TIME_OUT]) == OPEN
    assert not QUEUED & HELD
    assert set(State) - OPEN == {State.ENDED, State.CANCELLED}


def test_only_a_request_comes_from_nothing() -> None:
    assert [move for move, row in MOVES.items() if None in row] == [Move.REQUEST]
    assert set(chain.from_iterable(MOVES.values())) == {None, *State} - {State.CANCELLED}


def test_a_moderator_is_named_by_id() -> None:
    assert moderator(9001) == "moderator:9001"
