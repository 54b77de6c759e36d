"""How the talks go under each version: turns, what was not understood, what failed. No words."""

import time
from dataclasses import asdict, dataclass

from bot.dialogue.client import RasaClient
from bot.dialogue.sayings import Answer
from bot.errors import DialogueUnavailable
from bot.stories.live import Board

FALLBACK = "nlu_fallback"
# Turns after which a share says something.
ENOUGH = 20
KEPT = 50  # versions


@dataclass
class Counts:
    """How many turns there were under a version, and how they went."""

    turns: int = 0
    not_understood: int = 0
    failed: int = 0

    @property
    def not_understood_share(self) -> float:
        """0 to 1."""
        return self.not_understood / self.turns if self.turns else 0.0

    @property
    def failed_share(self) -> float:
        """0 to 1."""
        return self.failed / self.turns if self.turns else 0.0


class Tally:
    """Counts."""

    def __init__(self, board: Board, every: float = 5.0) -> None:
        self.board = board
        self.every = every
        self._counts = {version: Counts(**one) for version, one in board.counts().items()}
        self._version = ""
        self._kept = 0.0
        self._changed = False

    def begin(self, version: str) -> None:
        """A version is served from now on."""
        self._version = version
        self._counts.setdefault(version, Counts())
        while len(self._counts) > KEPT:
            del self._counts[next(iter(self._counts))]
        self._changed = True

    def note(self, intent: str | None, *, failed: bool = False) -> None:
        """A turn is over."""
        counts = self._counts.setdefault(self._version, Counts())
        counts.turns += 1
        counts.not_understood += intent == FALLBACK
        counts.failed += failed
        self._changed = True

    def keep(self) -> None:
        """Writes it to the board, now and then."""
        if self._changed and time.monotonic() - self._kept > self.every:
            self._kept = time.monotonic()
            self._changed = False
            self.board.count({version: asdict(one) for version, one in self._counts.items()})


class TalliedRasa(RasaClient):
    """A client of Rasa whose turns are counted."""

    tally: Tally

    async def ask(
        self,
        conversation_id: str,
        message: str,
        message_id: str,
        *,
        language: str | None = None,
        again: bool = False,
    ) -> Answer:
        """As `RasaClient.ask`."""
        try:
            answer = await super().ask(
                conversation_id, message, message_id, language=language, again=again
            )
        except DialogueUnavailable:
            self.tally.note(None, failed=True)
            raise
        self.tally.note(answer.intent)
        return answer


def counts_of(board: Board) -> dict[str, Counts]:
    """How the talks have gone, by version."""
    return {version: Counts(**one) for version, one in board.counts().items()}
