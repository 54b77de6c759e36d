import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.safety.examples import Example
from bot.safety.normalise import fold
from bot.safety.screening import CrisisScreen
from tests.safety.conftest import CATALOGUE, messages

SCREEN = CrisisScreen.load(CATALOGUE)
# What the patterns hear; the second look hears more.
CRISES = [line for line in messages() if line.is_danger and SCREEN.assess(line.text)]
# Words apart by single spaces; what is spelt out letter by letter is tried by itself.
IN_WORDS = [
    line for line in CRISES if min(map(len, line.text.split())) > 1 and "*" not in line.text
]


@pytest.mark.parametrize(
    "text",
    [
        "Haluan kuolla.",
        "mä tapan itteni",
        "emmä jaksa enää elää",
        "mie en jaksa ennee elää",
        "haluun kuolal",
        "halusin kuola",
        "teen itsarin tänään",
        "meen junan alle",
        "köysi on valmiina",
        "I want to die",
        "gonna kill myself",
        "kms",
        "otin kaikki unilääkkeet",
        "isä ei hengitä",
        "my house is on fire",
        "hän uhkaa tappaa minut",
        "Jag vill dö",
        "Хочу умереть",
        "хочу померти",
        "أريد أن أموت",
    ],
)
def test_what_is_said_outright_is_for_now(screen: CrisisScreen, text: str) -> None:
    assessment = screen.assess(text)
    assert assessment is not None
    assert assessment.level == "now"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Kaikilla olisi parempi ilman minua", "soon"),
        ("haluaisin nukkua enkä herätä", "soon"),
        ("everyone would be better off without me", "soon"),
        ("En jaksa enää", "concern"),
        ("I can't go on", "concern"),
    ],
)
def test_what_is_said_in_other_words_is_less_than_now(
    screen: CrisisScreen, text: str, level: str
) -> None:
    assessment = screen.assess(text)
    assert assessment is not None
    assert (assessment.kind, assessment.level) == ("suicide", level)


@pytest.mark.parametrize(
    "text",
    ["Haluan tappaa jonkun", "pelkään että satutan lastani", "I want to hurt someone"],
)
def test_whoever_may_hurt_somebody_is_told_apart_from_who_is_hurt(
    screen: CrisisScreen, text: str
) -> None:
    assessment = screen.assess(text)
    assert assessment
    assert (assessment.kind, assessment.about) == ("violence", "by_self")


@pytest.mark.parametrize("text", ["mieheni lyö minua", "my neighbour is beating his wife"])
def test_whoever_is_hurt_or_sees_it_is_not_taken_for_the_one_who_hurts(
    screen: CrisisScreen, text: str
) -> None:
    assessment = screen.assess(text)
    assert assessment
    assert (assessment.kind, assessment.about) == ("violence", "self")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Kaverini sanoo tappavansa itsensä", "suicide"),
        ("mun sisko ei halua enää elää", "suicide"),
        ("My friend wants to die", "suicide"),
        ("Tyttäreni viiltelee", "selfharm"),
        ("min kompis vill dö", "suicide"),
    ],
)
def test_worry_about_somebody_else_is_told_apart(
    screen: CrisisScreen, text: str, kind: str
) -> None:
    assessment = screen.assess(text)
    assert assessment is not None
    assert (assessment.kind, assessment.about) == (kind, "other")


@pytest.mark.parametrize(
    "text",
    [
        "Kaverini haluaa kuolla ja niin minäkin haluan kuolla",
        "My friend wants to die. I want to die too.",
    ],
)
def test_the_writers_own_danger_comes_before_a_friends(screen: CrisisScreen, text: str) -> None:
    assessment = screen.assess(text)
    assert assessment is not None
    assert assessment.about == "self"


@pytest.mark.parametrize(
    "text",
    [
        "kuolen nauruun... ei vaan oikeasti haluan kuolla",
        "tapoin aikaa ja mietin että tapan itseni",
        "Veljeni teki itsemurhan, ja nyt minäkin haluan kuolla",
        "I'm dying of laughter but seriously I want to kill myself",
        "isäni löi minua lapsena ja nyt mieheni lyö minua",
    ],
)
def test_a_harmless_phrase_covers_only_its_own_part(screen: CrisisScreen, text: str) -> None:
    assert screen.assess(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "En halua kuolla vaan elää",
        "en aio tehdä itselleni mitään",
        "En ole itsetuhoinen",
        "Ystäväni teki itsemurhan",
        "isäni löi minua lapsena",
        "haluan kuulla",
        "halusin kuulla",
        "koira kuolaa",
        "tapaan sut huomenna",
        "I'm not suicidal",
        "",
        "   ",
        "😂😂",
        "?",
    ],
)
def test_denial_grief_the_past_and_lookalikes_are_no_alarm(screen: CrisisScreen, text: str) -> None:
    assert screen.assess(text) is None


def test_the_most_serious_wins(screen: CrisisScreen) -> None:
    assessment = screen.assess("En jaksa enää, viiltelen, ja nyt otin liikaa lääkkeitä")
    assert assessment is not None
    assert (assessment.kind, assessment.level) == ("emergency", "now")
    assert "fi_overdose" in assessment.pattern_ids


def test_an_alarm_outweighs_a_word_of_safety(screen: CrisisScreen) -> None:
    assert not screen.is_safe("oon turvassa mutta haluan silti kuolla")


def test_danger_is_heard_in_the_middle_of_a_long_message(screen: CrisisScreen) -> None:
    story = "Kävin tänään kaupassa ja ostin leipää. " * 20
    assert screen.assess(f"{story}En halua enää elää. {story}") is not None
    assert screen.assess(story) is None


@pytest.mark.parametrize("text", ["h a l u a n  k u o l l a", "k.i.l.l m.y.s.e.l.f", "k*ll myself"])
def test_letters_set_apart_do_not_hide_it(screen: CrisisScreen, text: str) -> None:
    assert screen.assess(text) is not None


@given(st.sampled_from(IN_WORDS), st.randoms(use_true_random=False))
def test_case_dots_and_emoji_change_nothing(line: Example, chance: random.Random) -> None:
    changed = "".join(chance.choice((str.upper, str.lower))(char) for char in line.text)
    changed = fold(changed) if chance.random() < 0.5 else changed
    words = changed.split()
    words.insert(chance.randint(0, len(words)), chance.choice("😂😭🙏💔🔪"))
    assert SCREEN.assess("  ".join(words)) == SCREEN.assess(line.text)


@given(
    st.sampled_from(CRISES),
    st.sampled_from(["", "Moi. ", "hei! ", "no niin...\n", "😢 "]),
    st.sampled_from(["", ".", "!!!", "\n\nkiitos", ". Mitä teen?", " 😭😭"]),
)
def test_what_stands_around_it_does_not_hide_it(line: Example, before: str, after: str) -> None:
    assert SCREEN.assess(f"{before}{line.text}{after}") is not None


@given(st.text(max_size=300))
def test_no_text_breaks_the_screen(text: str) -> None:
    SCREEN.assess(text)
    SCREEN.is_safe(text)
    SCREEN.says_young(text)
