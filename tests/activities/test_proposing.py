from collections.abc import Sequence

import numpy as np
from sqlalchemy import select

from bot.activities.draft import Draft
from bot.activities.proposing import Proposer, propose_missing
from bot.store.engine import Store
from bot.store.tables import Activity
from tests.activities.making import activity, put

WORDS = ("neule", "kahvi", "metsä")


def embed(texts: Sequence[str]) -> np.ndarray:
    """A vector by which of three words a text has."""
    rows = np.array([[1e-3 + (word in text) for word in WORDS] for text in texts])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def known() -> list[Draft]:
    needs = {"neule": ["hands", "free"], "kahvi": ["talk"], "metsä": ["nature"]}
    return [
        Draft(source_id=f"{word}{n}", title={"fi": word}, needs=needs[word])
        for word in WORDS
        for n in range(4)
    ]


async def test_needs_are_proposed_from_like_texts_and_left_for_staff_to_confirm(
    store: Store,
) -> None:
    proposer = Proposer.learn(known(), embed)
    # What the fields tell is not proposed from the text.
    assert proposer.propose({"fi": "Kerho"}, {"fi": "neuleita"}) == ["hands"]
    await put(
        store,
        activity("knit", title={"fi": "neule"}, text={"fi": "x"}, needs=[]),
        activity("given", title={"fi": "neule"}, text={"fi": "x"}, needs=["talk"]),
        activity("sample", title={"fi": "neule"}, text={"fi": "x"}, needs=[], sample=True),
    )
    async with store.begin() as session:
        assert await propose_missing(session, proposer) == 1
        found = {one.source_id: one for one in await session.scalars(select(Activity))}
    assert found["knit"].proposed_needs == ["hands"]
    assert found["knit"].needs == []
