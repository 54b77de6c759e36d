from pathlib import Path

import pytest

from bot.activities.catalogue import read_samples
from bot.errors import KnowledgeError
from bot.evaluation.suggestions import (
    KNOWLEDGE,
    LEAST_PRECISION,
    Case,
    Judged,
    evaluate,
    read_cases,
    summary,
)


def judged(*shown: str, good: tuple[str, ...] = ("a", "b", "c")) -> Judged:
    return Judged(Case(who="x", at="2026-12-01T12:00", good=list(good)), shown)


async def test_nine_of_ten_suggestions_would_do() -> None:
    found = summary(await evaluate())
    assert found["cases"] == 60
    assert found["precision_at_3"] >= LEAST_PRECISION
    assert found["ndcg_at_3"] >= LEAST_PRECISION


def test_the_judged_set_names_samples_that_there_are() -> None:
    known = {draft.source_id for draft in read_samples(KNOWLEDGE / "sample_activities.yml")}
    named = {key for case in read_cases() for key in case.good}
    assert named <= known


def test_a_miss_counts_the_more_the_earlier_it_stands() -> None:
    assert judged("a", "b", "c").precision == judged("a", "b", "c").ndcg == 1
    assert (
        judged("x", "b", "c").precision == judged("a", "b", "x").precision == pytest.approx(2 / 3)
    )
    assert judged("x", "b", "c").ndcg < judged("a", "b", "x").ndcg < 1
    assert judged().precision == judged().ndcg == 0


def test_a_set_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "set.yml"
    file.write_text("- {who: x}")
    with pytest.raises(KnowledgeError, match=r"set\.yml"):
        read_cases(file)
