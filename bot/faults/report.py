"""The ledger as a table."""

from collections.abc import Iterator

from rich.table import Table

from bot.faults.ledger import ENDS
from bot.faults.run import Outcome


def tables(outcome: Outcome) -> Iterator[Table]:
    """What went wrong, and what came of everything that was sent."""
    troubles = Table("trouble", "times", title=f"In {outcome.seconds:.0f} seconds")
    for name, times in sorted(outcome.troubles.items()):
        troubles.add_row(name, str(times))
    yield troubles
    ends = outcome.ledger.ends()
    ledger = Table("sent", "in all", *ENDS, title="The ledger")
    for kind in dict.fromkeys(kind for kind, _ in sorted(ends)):
        counts = [ends[kind, end] for end in ENDS]
        ledger.add_row(kind, str(sum(counts)), *map(str, counts))
    ledger.add_section()
    sums = [sum(n for (_, end), n in ends.items() if end == wanted) for wanted in ENDS]
    ledger.add_row("all", str(sum(sums)), *map(str, sums))
    yield ledger
    said = Table("the bot's messages", "said twice", title="What everybody saw")
    said.add_row(str(len(outcome.ledger.seen)), str(len(outcome.ledger.unclaimed())))
    yield said
