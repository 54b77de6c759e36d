from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import KnowledgeError
from bot.safety.assessing import Assessor
from bot.safety.examples import read_ordinary
from bot.safety.normalise import normalise
from bot.safety.second_look import Likeness, SecondLook
from bot.safety.teaching import Classifier
from tests.safety.conftest import ROOT, messages

ORDINARY = list(read_ordinary(ROOT / "nlu"))
# One whole classifier for all tests: it is learnt in seconds, and they only read it.
CLASSIFIER = Classifier(messages(), ORDINARY)
LOOK = CLASSIFIER.second_look()


def by_scikit_learn(text: str) -> Likeness:
    features = CLASSIFIER.features([normalise(text)])
    kind, _, about = CLASSIFIER.which.predict(features)[0].partition(" ")
    return Likeness(float(CLASSIFIER.danger.predict_proba(features)[0, 1]), kind, about)


def assert_alike(text: str) -> None:
    ours, theirs = LOOK.look(text), by_scikit_learn(text)
    assert ours.sureness == pytest.approx(theirs.sureness, abs=1e-5), text
    assert ours[1:] == theirs[1:], text


def test_every_example_looks_as_it_does_to_scikit_learn() -> None:
    for text in [one.text for one in messages()] + ORDINARY:
        assert_alike(text)


@given(st.text(max_size=200))
def test_any_text_looks_as_it_does_to_scikit_learn(text: str) -> None:
    assert_alike(text)


@given(st.lists(st.sampled_from([w for one in messages() for w in one.text.split()]), max_size=30))
def test_any_known_words_look_as_they_do_to_scikit_learn(words: list[str]) -> None:
    assert_alike(" ".join(words))


def test_what_is_like_danger_is_told_from_what_is_not(assessor: Assessor) -> None:
    look = assessor.second_look
    assert look.look("mä lähden tästä elämästä ja kukaan ei huomaa").sureness > 0.5
    assert look.look("missä kerho kokoontuu tiistaina").sureness < 0.1
    assert look.look("").sureness < 0.5
    assert look.look("mies hakkaa minua nyrkillä").kind == "violence"
    assert look.look("pelkään että kaverini tappaa itsensä").about == "other"


def test_what_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "look.npz"
    LOOK.keep(file)
    read = SecondLook.read(file)
    assert list(tmp_path.iterdir()) == [file]
    for one in messages()[:100]:
        assert read.look(one.text) == LOOK.look(one.text)


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_damaged_file_is_told(tmp_path: Path, share: float) -> None:
    file = tmp_path / "look.npz"
    LOOK.keep(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(KnowledgeError, match=r"look\.npz"):
        SecondLook.read(file)
