"""What is said in the benchmark: conversations of typed words and taps."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bot.errors import KnowledgeError
from bot.reading import mapping, read_mapping

CONVERSATIONS = Path(__file__).with_name("conversations.yml")
CHIPS = {"factor": "factor", "interest": "inform_interest"}


@dataclass(frozen=True)
class Step:
    """What a resident does: types words, or taps a button.

    Attributes:
        place: which conversation and which step of it, both from 1.
        words: what they type; what the button means where it is a tap.
        tapped: whether it is one.
    """

    place: tuple[int, int]
    words: str
    tapped: bool = False

    @property
    def for_rasa(self) -> str:
        """The message that Rasa gets; a chip is sent as the app sends it."""
        kind, _, key = self.words.partition(":")
        if self.tapped and kind in CHIPS:
            return f'/{CHIPS[kind]}{{"{kind}": "{key}"}}'
        return self.words

    def __str__(self) -> str:
        return f'conversation {self.place[0]}, step {self.place[1]} ("{self.words}")'


@dataclass(frozen=True)
class Talk:
    """One conversation of a resident whose Telegram client speaks `language`."""

    language: str
    steps: tuple[Step, ...]


def load(path: Path = CONVERSATIONS) -> list[Talk]:
    """Reads the conversations.

    Raises:
        KnowledgeError: the file can't be used.
    """
    talks = []
    for number, data in enumerate(read_mapping(path).get("conversations") or (), 1):
        where = f"{path.name}: conversation {number}"
        talk = mapping(data, where)
        steps = tuple(
            _step((number, place), given, where)
            for place, given in enumerate(talk.get("steps") or (), 1)
        )
        talks.append(Talk(str(talk.get("language") or "fi"), steps))
    if not all(talk.steps for talk in talks) or not talks:
        raise KnowledgeError(f"{path.name}: conversations with steps are wanted here")
    return talks


def _step(place: tuple[int, int], given: object, where: str) -> Step:
    if isinstance(given, str):
        return Step(place, given)
    return Step(place, str(mapping(given, where).get("tap")), tapped=True)


def programme(talks: list[Talk], first: int, turns: int) -> list[Talk]:
    """Conversations one after another, from number `first` on, that hold `turns` steps together.

    The last one is broken off where the turns are used up.
    """
    chosen: list[Talk] = []
    for number in count(first):
        if turns <= 0:
            break
        talk = talks[number % len(talks)]
        chosen.append(Talk(talk.language, talk.steps[:turns]))
        turns -= len(talk.steps)
    return chosen
