from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.safety.normalise import fold, normalise, readings


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Haluan KUOLLA!!", "haluan kuolla"),
        ("en jaksa enää\nelää…", "en jaksa enaa elaa"),
        ("h a l u a n  k u o l l a", "haluan kuolla"),
        ("k.u.o.l.l.a", "kuolla"),
        ("su1c1d3", "suicide"),
        ("k!ll", "kill"),
        ("itsem*rha", "itsemrha"),
        ("don’t", "dont"),
        ("kuollllla", "kuolla"),
        ("ei\u200bkä 😂🔪 ja", "eika ja"),
        ("𝖍𝖆𝖑𝖚𝖆𝖓", "haluan"),
        ("ещё не хочу́", "еще не хочу"),
        ("أُرِيدُ أَنْ أموت", "اريد ان اموت"),
        ("otin 30 pilleriä", "otin 30 pilleria"),
        ("", ""),
        ("😂!?", ""),
    ],
)
def test_what_is_typed_becomes_plain_words(typed: str, plain: str) -> None:
    assert normalise(typed) == plain


def test_a_number_stays_a_number() -> None:
    assert normalise("soita 112, klo 10.30, 100mg, 4 v") == "soita 112 klo 10 30 100mg 4 v"


def test_double_letters_keep_meet_apart_from_kill() -> None:
    assert normalise("tapaan") != normalise("tapan")


def test_a_stretched_vowel_is_also_read_as_one() -> None:
    assert "haluan kuolla" in readings("haluaaaan kuooolla")
    assert readings("haluan kuolla") == ["haluan kuolla"]


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text())
def test_only_words_and_single_spaces_are_left(text: str) -> None:
    plain = normalise(text)
    assert all(char.isalnum() or char == " " for char in plain)
    assert "  " not in plain
    assert plain == plain.strip()


@given(st.text(alphabet="aåäöeiou kltpAÄ!1"))
def test_no_letter_stands_three_times_in_a_row(text: str) -> None:
    plain = normalise(text)
    letters = zip(pairwise(plain), plain[2:], strict=False)
    assert not any(a == b == c and a.isalpha() for (a, b), c in letters)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_ascii_has_nothing_to_fold(text: str) -> None:
    assert fold(text) == text
