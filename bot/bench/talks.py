"""What is said in the benchmark: conversations of typed words and taps."""

from dataclasses import dataclass
from itertools import count, cycle, islice
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


@dataclass(frozen=True)
class Crowd:
    """What each of many residents does, typing only or tapping only.

    Attributes:
        kind: `typed` or `button`.
        talk: the greeting, which is not counted, and what is.
        burst: the greeting, and what is sent after it without waiting for an answer.
    """

    kind: str
    talk: Talk
    burst: Talk


@dataclass(frozen=True)
class Script:
    """Everything that is said in the benchmark.

    Attributes:
        talks: the conversations.
        growth: messages of one long conversation; the first one is said once.
        crowds: what many do at once.
    """

    talks: list[Talk]
    growth: Talk
    crowds: list[Crowd]

    def long_talk(self, turns: int) -> Talk:
        """The long conversation with so many turns."""
        first, *again = self.growth.steps
        return Talk(self.growth.language, (first, *islice(cycle(again), turns - 1)))


def load(path: Path = CONVERSATIONS) -> Script:
    """Reads what is said.

    Raises:
        KnowledgeError: the file can't be used.
    """
    data = read_mapping(path)
    numbers = count(1)

    def talk(given: object, where: str) -> Talk:
        number = next(numbers)
        found = mapping(given, where)
        steps = tuple(
            _step((number, place), step, where)
            for place, step in enumerate(found.get("steps") or (), 1)
        )
        if not steps:
            raise KnowledgeError(f"{where}: steps are wanted here")
        return Talk(str(found.get("language") or "fi"), steps)

    talks = [
        talk(given, f"{path.name}: conversation {number}")
        for number, given in enumerate(data.get("conversations") or (), 1)
    ]
    if not talks:
        raise KnowledgeError(f"{path.name}: conversations with steps are wanted here")
    growth = talk({"steps": data.get("growth")}, f"{path.name}: growth")
    crowds = []
    for kind, given in mapping(data.get("load"), f"{path.name}: load").items():
        where = f"{path.name}: load, {kind}"
        crowd = mapping(given, where)
        steps = list(crowd.get("steps") or ())
        at_once = {"steps": [*steps[:1], *(crowd.get("at_once") or ())]}
        crowds.append(Crowd(kind, talk({"steps": steps}, where), talk(at_once, where)))
    return Script(talks, growth, crowds)


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
