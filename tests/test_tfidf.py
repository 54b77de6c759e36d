import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.tfidf import Tfidf, within_words

TEXTS = ["olen yksin kotona", "yksin on tylsää", "мне очень одиноко", "a", "kotona on tylsää, eikö"]
LETTERS = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True).fit(TEXTS)
OURS, COLUMNS = Tfidf.of(LETTERS, list)


def assert_alike(text: str) -> None:
    places, weights = OURS.weigh(within_words(text))
    row = np.zeros(len(OURS.keys))
    row[places] = weights
    theirs = LETTERS.transform([text]).toarray()[0]
    assert row == pytest.approx(theirs[COLUMNS], abs=1e-6)


@given(st.text(max_size=100))
def test_any_text_is_weighed_as_scikit_learn_weighs_it(text: str) -> None:
    assert_alike(text.lower())


@given(st.text(alphabet="olenyksiäмö q,", max_size=60))
def test_what_is_partly_known_is_weighed_as_scikit_learn_weighs_it(text: str) -> None:
    assert_alike(text)


def test_what_is_not_known_weighs_nothing() -> None:
    places, weights = OURS.weigh(within_words("qq"))
    assert len(places) == len(weights) == 0


def test_more_symbols_than_the_keys_have_room_for_are_refused() -> None:
    many = " ".join(f"w{number}" for number in range(2000))
    words = TfidfVectorizer(ngram_range=(1, 6)).fit([many])
    with pytest.raises(ValueError, match="too many"):
        Tfidf.of(words, str.split)
