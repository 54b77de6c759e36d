"""Stories and rules that want different things at the same moment. Rasa finds them in training."""

from collections.abc import Iterator

from bot.stories.reading import Problem
from bot.stories.sources import Sources
from bot.stories.turns import Move, moves

type Moment = tuple[str, tuple[tuple[str, str], ...]]


def check_contradictions(sources: Sources) -> Iterator[Problem]:
    """After the same steps, in the same form, two rules or a rule and a story do the same."""
    all_moves = list(moves(sources))
    first: dict[Moment, Move] = {}
    for move in (one for one in all_moves if one.is_rule):
        other = first.setdefault((move.loop, move.before), move)
        if other.action != move.action:
            yield _problem(move, other)
    for move in (one for one in all_moves if not one.is_rule):
        rule = first.get((move.loop, move.before))
        if rule and rule.action != move.action:
            yield _problem(move, rule)


def _problem(move: Move, other: Move) -> Problem:
    return move.at.problem(
        "contradiction",
        title=move.title.text,
        action=move.action,
        other=other.title.text,
        other_action=other.action,
        there=f"{other.title.file}:{other.title.line}",
        after=" → ".join(name for _, name in move.before),
    )


CHECKS = (check_contradictions,)
