"""What people write, and which interests are found in it, with the words that staff edit."""

import pytest

from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from tests.conftest import KNOWLEDGE


@pytest.fixture(scope="module")
def interests() -> InterestCatalogue:
    return InterestCatalogue.load(KNOWLEDGE / "interests.yml")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # as people write: puhekieli, dialect, inflections
        ("tykkään lukea ja kävellä", {"reading", "walking"}),
        ("Kävely, lukeminen ja sauna.", {"walking", "reading", "sauna"}),
        ("käyn joka päivä kävelyllä koiran kanssa", {"walking", "animals"}),
        ("oispa joku kenen kaa käydä kaffella", {"coffee"}),
        ("lähtiskö kukaan kahville tai leffaan", {"coffee", "films"}),
        ("mie tykkeen kalastella ja männä mehtään", {"fishing", "nature"}),
        ("marjassa ja sienessä käyn syksysin", {"berry_picking"}),
        ("pilkillä ja uistelemassa", {"fishing"}),
        ("virkkaan ja neulon villasukkia", {"knitting"}),
        ("ompelukerho vois olla kiva", {"crafts"}),
        ("puutöitä, vähän nikkarointia", {"woodwork"}),
        ("lauloin ennen kuorossa", {"singing"}),
        ("soitan kitaraa ja kuuntelen musaa", {"music"}),
        ("lavatansseissa käytiin vaimon kanssa", {"dancing"}),
        ("shakkia ja muita lautapelejä", {"chess", "board_games"}),
        ("pelataan korttia torstaisin", {"card_games"}),
        ("peli-illat", {"board_games"}),
        ("pleikkaa pelaan aika paljon", {"video_games"}),
        ("sudokut ja ristikot", {"puzzles"}),
        ("vesijumpassa oli mukavaa porukkaa", {"gymnastics", "swimming"}),
        ("kuntosalilla käyn ja joskus hölkkään", {"gym", "exercise"}),
        ("hiihtäminen talvella, pyöräily kesällä", {"skiing", "cycling"}),
        ("sählyä tai sulkapalloa", {"ball_games"}),
        ("mölkkyporukka", {"outdoor_games"}),
        ("leivon pullaa ja kokkaan", {"baking", "cooking"}),
        ("vanhojen autojen rassaaminen", {"cars"}),
        ("kirppiksiä kiertelen", {"flea_markets"}),
        ("kirjoitan runoja", {"writing"}),
        ("maalaan akvarelleja, taide on tärkeää", {"art"}),
        ("sukututkimus ja historia", {"history"}),
        ("muiden auttaminen, vapaaehtoistyö", {"volunteering"}),
        ("Olen aina pitänyt kuorolaulusta ja teatterista.", {"singing", "theatre"}),
        ("katson jääkiekkoa ja Jypin pelit", {"sports_watching"}),
        ("vertaistukiryhmä", {"peer_support"}),
        # without the dots
        ("kasityot", {"crafts"}),
        ("kavely ja pyoraily", {"walking", "cycling"}),
        ("metsastys, hiihto, loylyt", {"hunting", "skiing", "sauna"}),
        ("tykkaan lukea dekkareita", {"reading"}),
        # English
        ("I like reading and walking", {"reading", "walking"}),
        ("Reading, history, cats", {"reading", "history", "animals"}),
        ("long walks with my dog", {"walking", "animals"}),
        ("having coffee with someone", {"coffee"}),
        ("knitting and crochet", {"knitting"}),
        ("I sing in a choir", {"singing"}),
        ("board games, video games", {"board_games", "video_games"}),
        ("going to the gym, swimming", {"gym", "swimming"}),
        ("modern art and photography", {"art", "photography"}),
        ("I want to practise Finnish", {"languages"}),
        ("gardening or baking", {"gardening", "baking"}),
    ],
)
def test_what_people_like_is_found(
    interests: InterestCatalogue, text: str, found: set[str]
) -> None:
    assert set(interests.find(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "en pysty enää kävelemään pitkiä matkoja",  # an illness, not a hobby
        "liikuntavamma rajoittaa",
        "en osaa käyttää tietokonetta",
        "mulla ei oo autoa, olen autoton",
        "mopo hajos enkä pääse mihinkään",
        "voisiko joku soittaa minulle",
        "kuka lukee nämä viestit",
        "kirjoitan tänne kun en muuallekaan voi",
        "mitä kieliä osaat",
        "haluan jutella vapaaehtoisen kanssa",
        "asun kirkonkylällä Leivonmäellä",
        "muutin Tallinnasta Petsamonkadulle",
        "Marjatta ja Martta ovat siskojani",
        "taidetaan jäädä kotiin",
        "luonnollisesti tuli riita, luonnoton tilanne",
        "hiki tulee pelkästä jännityksestä",
        "ongelmia riittää",
        "elämä on ollut rappiolla",
        "käsitykseni mukaan ei auta",
        "perinteisesti ollaan oltu kotona",
        "kahva irtosi ovesta",
        "lapseni asuvat kaukana eikä perhettä muuten ole",
        "verkossa asiointi on hankalaa",
        "who is reading this",
        "I can't walk very far",
        "I'm ready",
        "single parent, nobody to talk to",
        "nobody cares",
        "I have arthritis and a history of depression",
        "I am shaking",
        "things will not improve",
        "running out of money",
        "I'm not good with computers",
        "only a petrol station here",
        "is there a volunteer I could talk to",
    ],
)
def test_other_talk_is_not_taken_for_an_interest(interests: InterestCatalogue, text: str) -> None:
    assert interests.find(text) == ()


def test_every_interest_is_found_by_what_its_button_says(interests: InterestCatalogue) -> None:
    for key, interest in interests.interests.items():
        for label in interest.labels.values():
            assert key in interests.find(label), label


def test_every_word_is_typed_the_way_messages_are_searched(interests: InterestCatalogue) -> None:
    """A hyphen, a comma or a dot in a word could never be met."""
    for interest in interests.interests.values():
        for word in interest.words:
            assert word.replace(" ", "").isalnum(), word
            assert interest.key in interests.find(word), word


def test_every_need_of_an_interest_is_in_the_catalogue(interests: InterestCatalogue) -> None:
    needs = FactorCatalogue.load(KNOWLEDGE / "factors.yml").need_labels
    for interest in interests.interests.values():
        assert set(interest.needs) <= needs.keys(), interest.key


def test_eight_interests_are_offered_as_buttons(interests: InterestCatalogue) -> None:
    offered = [interest for interest in interests.interests.values() if interest.chip]
    assert len(offered) == 8
    for interest in interests.interests.values():
        assert max(map(len, interest.labels.values())) <= 20, interest.key
