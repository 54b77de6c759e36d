from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.places import Gazetteer
from bot.errors import KnowledgeError
from bot.reading import read_mapping
from bot.residents.stripping import GONE, Stripper
from bot.settings import ROOT
from tests.conftest import KNOWLEDGE

GAZETTEER = Gazetteer.load(KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv")
STRIP = Stripper.load(KNOWLEDGE / "names.yml", ROOT / "nlu", GAZETTEER)


def each(words: str) -> list[str]:
    """The words of a line."""
    return words.split()


NAMES = each(
    """
    pekka pekan pekalle pekkaa matti matin matille mikko mikon mikolta antti antin liisa liisaa
    ritva ritvan kaisa kaisalle virtanen virtasen virtasille korhosen mäkisen tuomas tuomaksen
    markuksen jorman johnin johnille anna-liisan sarahin
    """
)
PLACES = each("jyväskylässä äänekoskelta saarijärveen muuramen tampereella helsingissä kuopioon")
NUMBERS = each("67 67v 040-1234567 1.2.1950 kello18 ½ kuusikymmentäviisi kakstoista twenty-one")
ADDRESSES = each("mikko.m@gmail.com @pekka84 https://t.me/pekka www.omasivu.fi hämeenkadulla")
TELLING = [*NAMES, *PLACES, *NUMBERS, *ADDRESSES]
PLAIN = each("mä en oikein tiedä mitä tehdä kun kaikki on hiljaista kotona haluisin jutella")


@given(st.lists(st.sampled_from([*TELLING, *PLAIN]), max_size=12))
def test_nothing_that_tells_who_is_left_and_the_rest_stays(sentence: list[str]) -> None:
    left = STRIP(" ".join(sentence)).split()
    assert not set(left) & set(TELLING)
    assert [word for word in left if word != GONE] == [word for word in sentence if word in PLAIN]


@given(st.text())
def test_no_digit_is_ever_left_and_stripping_again_changes_nothing(text: str) -> None:
    left = STRIP(text)
    assert not any(map(str.isnumeric, left))
    assert STRIP(left).lower() == left.lower()  # one that is all capitals becomes small


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("Toivo ei soita enää", "… ei soita enää"),
        ("Toivon löytäväni seuraa", "Toivon löytäväni seuraa"),
        ("Abdulrahman ei vastaa", "… ei vastaa"),
        ("mun kaveri Abdulrahman ei vastaa", "mun kaveri … ei vastaa"),
        ("nimeni on abdulrahman", "nimeni on …"),
        ("My name is Sarah and I've got no friends", "My name is … and I've got no friends"),
        ("MÄ OON NIIN YKSIN", "mä oon niin yksin"),
        ("mä EN jaksa", "mä EN jaksa"),
        ("haluan olla ihan rauhassa", "haluan olla ihan rauhassa"),
        ("onko kudontaa tai virkkausta", "onko kudontaa tai virkkausta"),
    ],
)
def test_a_capital_letter_tells_what_no_list_has(sentence: str, left: str) -> None:
    assert STRIP(sentence) == left


def test_every_name_of_the_lists_is_taken_out_as_it_stands() -> None:
    listed = read_mapping(KNOWLEDGE / "names.yml")["finnish"]
    assert len(listed) > 500
    assert [name for name in listed if name in STRIP(f"sanoin että {name} tulee")] == []


def test_lists_that_are_not_there_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "names.yml").write_text("finnish: [Aino]\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="foreign"):
        Stripper.load(tmp_path / "names.yml", ROOT / "nlu", GAZETTEER)
