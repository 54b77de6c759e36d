"""Our extract of py3langid's model against py3langid itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from bot.residents.language_extract import LANGUAGES, extract
from bot.residents.language_model import LanguageModel
from bot.safety.examples import read_examples, read_ordinary
from bot.settings import ROOT

WHOLE = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
WHOLE.set_languages(LANGUAGES)
MODEL = LanguageModel.read()
EXAMPLES = [one.text for one in read_examples(ROOT / "bot" / "knowledge" / "crisis_examples.tsv")]
ORDINARY = list(read_ordinary(ROOT / "nlu"))


def assert_alike(text: str) -> None:
    language, sureness = MODEL.classify(text)
    expected, how_sure = WHOLE.classify(text)
    assert sureness == pytest.approx(how_sure, abs=1e-4), text
    if how_sure > 0.51:
        assert language == expected, text


def test_every_example_is_taken_as_py3langid_takes_it() -> None:
    for text in EXAMPLES + ORDINARY:
        assert_alike(text)


@given(st.text(max_size=200))
def test_any_text_is_taken_as_py3langid_takes_it(text: str) -> None:
    assert_alike(text)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzåäö 'éمرحبتن", max_size=200))
def test_what_looks_like_words_is_taken_as_py3langid_takes_it(text: str) -> None:
    assert_alike(text)


def test_the_file_is_what_the_installed_py3langid_gives() -> None:
    made = extract()
    assert (made.languages, made.longest) == (MODEL.languages, MODEL.longest)
    for name in ("runs", "features", "weights", "priors"):
        assert np.array_equal(getattr(made, name), getattr(MODEL, name)), name


def test_no_text_is_any_language() -> None:
    assert MODEL.classify("")[1] == pytest.approx(1 / len(LANGUAGES))
