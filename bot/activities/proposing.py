"""Proposing the needs that an activity answers, from its text, for staff to confirm or not.

An activity's text is set beside the texts of activities whose needs staff have given. Those that
are nearest in meaning vote for their needs, each by how near it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.draft import Draft
from bot.store.tables import Activity

# How texts become vectors of length 1, a row each.
type Embed = Callable[[Sequence[str]], Any]

NEIGHBOURS = 9
# A need is proposed when neighbours of this share of all weight have it.
SHARE = 0.5
MOST = 4
# Near texts are told apart better when far ones hardly count.
SHARPNESS = 12.0
# These are told by the fields, not by the text.
TOLD_BY_FIELDS = frozenset({"free", "step_free", "hearing_loop", "open_door", "online"})


@dataclass(frozen=True)
class Proposer:
    """Knows texts with the needs that they answer.

    Attributes:
        embed: makes vectors of texts.
        vectors: of the known texts, a row each.
        needs: of each of them.
    """

    embed: Embed
    vectors: Any
    needs: tuple[frozenset[str], ...]

    @classmethod
    def learn(cls, known: Iterable[Draft | Activity], embed: Embed) -> "Proposer":
        """Learns from activities whose needs are given."""
        given = [one for one in known if one.needs]
        return cls(
            embed,
            np.asarray(embed([text_of(one.title, one.text) for one in given])),
            tuple(frozenset(one.needs) - TOLD_BY_FIELDS for one in given),
        )

    def propose(self, title: Mapping[str, str], text: Mapping[str, str]) -> list[str]:
        """The needs that such an activity is likely to answer, the likeliest first."""
        return self.of_vector(np.asarray(self.embed([text_of(title, text)]))[0])

    def of_vector(self, vector: Any, but: int | None = None) -> list[str]:
        """The same for a text's vector; `but` leaves out one of the known texts."""
        near = self.vectors @ vector
        if but is not None:
            near[but] = -1.0
        nearest = np.argsort(-near)[:NEIGHBOURS]
        weights = np.exp(SHARPNESS * (near[nearest] - near[nearest[0]]))
        votes: defaultdict[str, float] = defaultdict(float)
        for index, weight in zip(nearest, weights / weights.sum(), strict=True):
            for need in self.needs[index]:
                votes[need] += float(weight)
        ranked = sorted(votes, key=lambda need: (-votes[need], need))
        return [need for need in ranked if votes[need] >= SHARE][:MOST]


def text_of(title: Mapping[str, str], text: Mapping[str, str]) -> str:
    """What is compared: title and text in one language, Finnish where there is Finnish."""
    language = "fi" if "fi" in title else next(iter(title))
    return f"{title[language]}. {text.get(language, '')}".strip()


async def propose_missing(session: AsyncSession, proposer: Proposer, limit: int = 500) -> int:
    """Notes proposals with activities that have neither needs nor proposals.

    Returns:
        How many got any.
    """
    rows = await session.scalars(
        select(Activity)
        .where(Activity.gone_at.is_(None), Activity.duplicate_of.is_(None), ~Activity.sample)
        .order_by(Activity.id.desc())
        .limit(limit)
    )
    count = 0
    for activity in rows:
        if activity.needs or activity.proposed_needs:
            continue
        activity.proposed_needs = proposer.propose(activity.title, activity.text)
        count += bool(activity.proposed_needs)
    return count
