"""The ledger: what everybody sent, and what came of it.

What people see in the sandbox is the truth. The product's own books (`updates`, `outgoing`) say
only which of the bot's messages belongs to which of theirs, and what it owns up to.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

Kind = Literal["to the bot", "to a human", "to a resident", "a tap"]
# What may become of something that was sent; of these only the first two are as they should be.
ENDS = ("arrived", "unknown, told", "lost", "doubled", "misdirected", "out of order")
CLEAN = frozenset({"arrived", "unknown, told"})


@dataclass(frozen=True)
class Sent:
    """What a person sent.

    Attributes:
        kind: what it is, and to whom.
        update_id: of the Telegram update that it became.
        chat_id: whose talk it belongs to: the resident's private chat.
        mark: stands in its text and nowhere else; empty for what only the bot reads.
    """

    kind: Kind
    update_id: int
    chat_id: int
    mark: str = ""


@dataclass(frozen=True)
class Seen:
    """A message of the bot, as people see it."""

    chat_id: int
    topic_id: int | None
    message_id: int
    text: str


@dataclass(frozen=True)
class Queued:
    """A row of `outgoing`."""

    key: str
    chat_id: int
    method: str
    state: str
    message_id: int | None

    @property
    def update_id(self) -> int | None:
        """The update that it answers or brings on, if it does either."""
        first, _, rest = self.key.partition(":")
        number = rest.partition(":")[0]
        return int(number) if first == "update" and number.lstrip("-").isdigit() else None

    @property
    def makes_a_message(self) -> bool:
        """Whether it puts a message into a chat, where others change one that is there."""
        return self.method.startswith(("send_", "copy_"))


@dataclass
class Ledger:
    """What was sent, what was seen, and the books.

    Attributes:
        sent: in the order in which it was sent.
        topics: the topic of each resident who has one.
        seen: every message of the bot with words in it.
        queued: every row of `outgoing`.
        handled: ids of the updates that count as handled.
    """

    group: int
    sent: list[Sent] = field(default_factory=list)
    topics: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    seen: Sequence[Seen] = ()
    queued: Sequence[Queued] = ()
    handled: frozenset[int] = frozenset()
    _owned_up: Counter[tuple[Kind, int]] = field(default_factory=Counter)
    _by_update: dict[int | None, list[Queued]] = field(default_factory=dict)

    def ends(self) -> Counter[tuple[Kind, str]]:
        """How often which kind of thing ended how."""
        self._owned_up = self._own_up()
        ends = {one.update_id: self._end(one) for one in self.sent}
        for late in self._out_of_order():
            if ends[late.update_id] in CLEAN:
                ends[late.update_id] = "out of order"
        return Counter((one.kind, ends[one.update_id]) for one in self.sent)

    def unclaimed(self) -> list[Seen]:
        """Messages of the bot that none of its rows knows of: said twice, or to nobody's wish."""
        known = {(row.chat_id, row.message_id) for row in self.queued}
        return [one for one in self.seen if (one.chat_id, one.message_id) not in known]

    def faults(self) -> list[str]:
        """What is not as it should be, a line each; none when the ledger is clean."""
        ends = self.ends()
        found = [f"{n} {kind}: {end}" for (kind, end), n in ends.items() if end not in CLEAN]
        if unclaimed := self.unclaimed():
            found.append(f"{len(unclaimed)} said twice by the bot")
            found += [f"  in {one.chat_id}, {one.message_id}: {one.text[:40]}" for one in unclaimed]
        return found

    def _end(self, one: Sent) -> str:
        if one.kind == "a tap":
            return "arrived" if one.update_id in self.handled else "lost"
        if one.mark:
            return self._end_of_words(one)
        answers = [row for row in self._rows(one) if row.makes_a_message]
        if any(row.chat_id not in (one.chat_id, self.group) for row in answers):
            return "misdirected"
        there = {(seen.chat_id, seen.message_id) for seen in self.seen}
        mine = [row for row in answers if row.chat_id == one.chat_id]
        if mine and all((row.chat_id, row.message_id) in there for row in mine):
            return "arrived"
        return "lost"

    def _end_of_words(self, one: Sent) -> str:
        """A person's own words: where are they?"""
        found = [seen for seen in self.seen if one.mark in seen.text]
        if any(not self._is_right(one, seen) for seen in found):
            return "misdirected"
        if len(found) > 1:
            return "doubled"
        if found:
            return "arrived"
        if self._owned_up[one.kind, one.chat_id]:
            self._owned_up[one.kind, one.chat_id] -= 1
            return "unknown, told"
        return "lost"

    def _is_right(self, one: Sent, seen: Seen) -> bool:
        if one.kind == "to a resident":
            return seen.chat_id == one.chat_id
        return seen.chat_id == self.group and seen.topic_id in self.topics[one.chat_id]

    def _own_up(self) -> Counter[tuple[Kind, int]]:
        """How many of a talk's words are owned up to as unknown, and their sender told so."""
        told = {row.key.partition(":undelivered")[0]: row for row in self.queued if _tells(row)}
        owned: Counter[tuple[Kind, int]] = Counter()
        for row in self.queued:
            if row.state in {"unknown", "failed"} and row.key in told:
                if row.chat_id == self.group:
                    owned["to a human", told[row.key].chat_id] += 1
                else:
                    owned["to a resident", row.chat_id] += 1
        return owned

    def _rows(self, one: Sent) -> list[Queued]:
        if not self._by_update:
            for row in self.queued:
                self._by_update.setdefault(row.update_id, []).append(row)
        return self._by_update.get(one.update_id, [])

    def _out_of_order(self) -> Iterator[Sent]:
        """What came before something that had been sent earlier in the same talk."""
        for talk in self._talks():
            placed = [(self._place(one), one) for one in talk]
            arrived = [(place, one) for place, one in placed if place]
            yield from (one for (before, _), (place, one) in pairwise(arrived) if place < before)

    def _talks(self) -> Iterable[list[Sent]]:
        talks: defaultdict[tuple[int, Kind], list[Sent]] = defaultdict(list)
        for one in self.sent:
            if one.kind == "a tap":
                continue  # what a tap changes is where it was, not after what came before
            talks[one.chat_id, one.kind].append(one)
        return talks.values()

    def _place(self, one: Sent) -> int:
        """The id of the message that it became or that answers it; 0 where there is none."""
        if one.mark:
            return min((seen.message_id for seen in self.seen if one.mark in seen.text), default=0)
        ids = [row.message_id for row in self._rows(one) if row.chat_id == one.chat_id]
        return min((number for number in ids if number), default=0)


def _tells(row: Queued) -> bool:
    return ":undelivered" in row.key and row.state == "sent"
