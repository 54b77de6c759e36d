import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.places import Gazetteer, Place, distance_km
from bot.errors import KnowledgeError

KNOWLEDGE = Path(__file__).parents[2] / "bot" / "knowledge"
MUNICIPALITIES, LOCALITIES = KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv"
GAZETTEER = Gazetteer.load(MUNICIPALITIES, LOCALITIES)


def _forms() -> list[tuple[str, str]]:
    """Every form in the tables with the name of its place."""
    forms = []
    for path, column in ((MUNICIPALITIES, "name_fi"), (LOCALITIES, "locality")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                forms += [(form, row[column]) for form in row["inflected_forms"].split("|")]
    return forms


FORMS = _forms()
WRITINGS = {
    "as is": str,
    "lower": str.lower,
    "upper": str.upper,
    "without dots": lambda form: form.translate(str.maketrans("äöÄÖ", "aoAO")),
    "decomposed": lambda form: unicodedata.normalize("NFD", form),
}


def found(text: str) -> list[str]:
    return [mention.place.name for mention in GAZETTEER.find(text)]


def certain(text: str) -> list[str]:
    return [mention.place.name for mention in GAZETTEER.find(text) if not mention.ambiguous]


@pytest.mark.parametrize("writing", WRITINGS.values(), ids=WRITINGS)
@pytest.mark.parametrize("frame", ["{}", "asun {} nyt", "Tulen {}, mutta en pian.", "({})"])
def test_every_form_is_found_and_gives_its_place(frame, writing):
    missed = {
        form: found(frame.format(writing(form)))
        for form, name in FORMS
        if found(frame.format(writing(form))) != [name]
    }
    assert missed == {}


def test_the_tables_hold_every_municipality_and_all_its_cases():
    assert len(GAZETTEER.municipalities) == 22
    assert {name for _, name in FORMS} >= set(GAZETTEER.municipalities)
    assert len(FORMS) > 400


def test_the_municipalities_stand_in_finnish_order_without_their_neighbour():
    assert GAZETTEER.municipalities[0] == "Hankasalmi"
    assert GAZETTEER.municipalities[-2:] == ("Viitasaari", "Äänekoski")
    jämsä = GAZETTEER.municipalities.index("Jämsä")
    assert GAZETTEER.municipalities[jämsä - 1] == "Jyväskylä"
    assert "Kuhmoinen" not in GAZETTEER.municipalities


def test_kuhmoinen_is_understood_and_known_to_be_outside():
    (mention,) = GAZETTEER.find("Muutin Kuhmoisiin")
    assert mention.place.name == "Kuhmoinen"
    assert not mention.place.in_region
    assert GAZETTEER.place("Jämsä").in_region


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("jklssä", "Jyväskylä"),
        ("jkl", "Jyväskylä"),
        ("Jkl:ssä on kiva", "Jyväskylä"),
        ("jkl:stä päin", "Jyväskylä"),
        ("tulin jkl:hin", "Jyväskylä"),
        ("j:kylässä", "Jyväskylä"),
        ("jyväskyläs", "Jyväskylä"),
        ("jyvaskylas", "Jyväskylä"),
        ("jyväskylästä päin", "Jyväskylä"),
        ("oon jyväskyläst", "Jyväskylä"),
        ("meen jyväskylähän", "Jyväskylä"),
        ("äänekoskel asun", "Äänekoski"),
        ("äänekoskelt päin", "Äänekoski"),
        ("äänekoskehen", "Äänekoski"),
        ("Keuruuhun", "Keuruu"),
        ("laukaahan", "Laukaa"),
        ("laukaassaki", "Laukaa"),
        ("Jyväskylässäkö?", "Jyväskylä"),
        ("Saarijärvelläkin", "Saarijärvi"),
        ("Toivakassahan minä", "Toivakka"),
        ("ei Viitasaarellakaan", "Viitasaari"),
        ("Karstulassakohan", "Karstula"),
        ("Jämsässäni", "Jämsä"),
        ("jyväskyläläisenä miehenä", "Jyväskylä"),
        ("meitä äänekoskelaisia", "Äänekoski"),
        ("I live in Jyväskylä.", "Jyväskylä"),
        ("I'm from Jamsa", "Jämsä"),
        ("Aanekoski's library", "Äänekoski"),
        ("jag bor i Laukas", "Laukaa"),
        ("Äänekosken-reissu", "Äänekoski"),
        ("palokas asun", "Palokka"),
        ("oon suolahest", "Suolahti"),
        ("konneveellä", "Konnevesi"),
    ],
)
def test_what_people_write_is_understood(text, name):
    assert certain(text) == [name]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Jyvaskyllä", "Jyväskylä"),
        ("jyäskylässä", "Jyväskylä"),
        ("Jvyäskylä", "Jyväskylä"),
        ("jyväskykä", "Jyväskylä"),
        ("Äänekoskki", "Äänekoski"),
        ("änekoskella", "Äänekoski"),
        ("Viitassari", "Viitasaari"),
        ("viitasarella", "Viitasaari"),
        ("Saarijärveleä", "Saarijärvi"),
        ("petäjäedellä", "Petäjävesi"),
        ("pihtiputalla", "Pihtipudas"),
        ("Hankasalmela", "Hankasalmi"),
        ("Muuramesa", "Muurame"),
        ("karstullassa", "Karstula"),
        ("laukaasa", "Laukaa"),
        ("keuruula", "Keuruu"),
        ("Korpilahdela", "Korpilahti"),
        ("konginkankalla", "Konginkangas"),
    ],
)
def test_one_slip_of_the_finger_is_forgiven(text, name):
    assert certain(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "multiaan",
        "asun multiaan päin",
        "Multiaan kasvaa kaikki.",
        "ostin eri multia puutarhaan",
        "olin hallissa",
        "Halli oli kylmä. Hallissa ei ollut ketään.",
        "HALLISSA OLI KYLMÄ",
        "mä pelaan sählyä hallilla",
        "kiitokset uuraisiin käsiin",
        "venelaituri putaalla",
    ],
)
def test_a_word_that_is_an_ordinary_one_too_is_ambiguous(text):
    assert found(text)
    assert certain(text) == []


@pytest.mark.parametrize("text", ["Multiaan", "Multia.", "asun Multiaan päin", "Olen Hallissa."])
def test_a_capital_letter_that_means_something_settles_it(text):
    assert len(certain(text)) == 1


EVERYDAY = """
Hei, mitä kuuluu?
Olen ollut aika yksin viime aikoina.
En jaksa enää tätä hiljaisuutta.
Jaksan huomenna paremmin.
Palkka ei riitä mihinkään.
Sain palkan ja palkkaan jonkun siivoamaan.
Joutsen lensi järven yli.
Joutsenia näkyi lahdella.
En joudu onneksi töihin.
Hän ei joutanut kylään.
Voisin joustaa aikataulusta.
Tykkään laulaa kuorossa.
Laulan yksin kotona.
Joku laukaisi ilotulitteen.
Kuulin laukauksen metsästä.
Laukaus pelästytti koiran.
Hevonen laukkaa pellolla.
Laukussa on avaimet.
Nyt saa lakata.
Ostin lankaa ja puikot.
Neulon uudesta langasta.
Lauta on liukas.
Pelaan lätkää lauantaisin.
Mustia pilviä taivaalla.
Multa on märkää.
Laitoin multaa ruukkuun.
Mullassa on matoja.
En seuraa muotia.
Keruu alkaa ensi viikolla.
Marjojen keruuseen tarvitaan väkeä.
Kehruu on rauhoittavaa.
Minä pidän kissan kehruusta.
Kummoinen päivä sinulla oli?
Ei se kummoinen ollut.
Puhtaalla pöydällä on hyvä olla.
Pudas on joen haara.
Pelokas koira piiloutui.
Rakensin palikoista tornin.
Paloin auringossa.
Solahdin joukkoon.
Luvankaan kanssa ei saa.
Halpa ja hyvä kahvila.
Hallita pitäisi oma elämänsä.
Se on hallinnassa.
Uimahalli on kiinni.
Jäähallissa on luistelua.
Kaihoan entisiä aikoja.
Sumuinen aamu.
Koskessa oli kylmä vesi.
Saaressa on mökki.
Kävelen järven rannalla.
Mäen päällä tuulee.
Korvessa on hiljaista.
Muuraimet kypsyvät elokuussa.
Muurari muurasi uunin.
Kannon päällä istuu orava.
Tikkaat kaatuivat.
Tikka hakkaa puuta.
Vaaja meni halki.
Äänekäs naapuri häiritsee.
Ääneni ei kuulu.
Äänestin eilen.
Kylässä oli mukavaa.
Jyvät erotetaan akanoista.
Toivon parasta.
Toivoton olo.
Toivatko he kukkia?
Mieheni kuoli keväällä.
Lapset muuttivat pois.
Bussi ei kulje täällä enää.
Kaipaan seuraa kahville.
Kaipasin juttelua.
Tourette vaikeuttaa elämää.
Huhtikuussa tapahtui paljon.
Suola on loppu.
Lepän oksalla istuu lintu.
Haavan lehti vapisee.
Länsituuli puhaltaa.
Korttipeli-ilta olisi kiva.
Kello on kolme.
Kivi kengässä.
Puhun ukrainaa ja vähän suomea.
I feel lonely most evenings.
Is there a choir nearby?
The hall was full of people.
I have multiple jobs and no time.
My palms were sweaty.
Saaren mummo soitti.
""".strip().splitlines()


@pytest.mark.parametrize("sentence", EVERYDAY)
def test_everyday_sentences_name_no_place(sentence):
    assert found(sentence) == []
    assert found(sentence.lower()) == []


def test_the_everyday_list_is_long_enough_to_mean_something():
    assert len(set(EVERYDAY)) >= 60


def test_mentions_tell_where_they_stand_and_keep_their_order():
    text = "Asun Äänekoskella, mutta käyn töissä jkl:ssä."
    mentions = GAZETTEER.find(text)
    assert [m.place.name for m in mentions] == ["Äänekoski", "Jyväskylä"]
    assert [text[m.start : m.end] for m in mentions] == ["Äänekoskella", "jkl:ssä"]
    assert [m.written for m in mentions] == ["Äänekoskella", "jkl:ssä"]


def test_a_locality_tells_its_municipality():
    (mention,) = GAZETTEER.find("Suolahdessa")
    assert (mention.place.name, mention.place.municipality) == ("Suolahti", "Äänekoski")


def test_a_name_given_whole_gives_its_place():
    assert GAZETTEER.place("äänekoski").name == "Äänekoski"
    assert GAZETTEER.place("Suolahti").municipality == "Äänekoski"
    assert GAZETTEER.place("Helsinki") is None


@given(st.text(max_size=80))
def test_any_text_can_be_read_and_mentions_are_slices_of_it(text):
    for mention in GAZETTEER.find(text):
        assert text[mention.start : mention.end] == mention.written


@pytest.mark.parametrize("name", [*GAZETTEER.municipalities, "Kuhmoinen", "Suolahti"])
def test_the_nearest_place_to_a_centre_is_itself(name):
    place = GAZETTEER.place(name)
    assert GAZETTEER.nearest(place.latitude, place.longitude) == place


def test_distances_are_great_circle_kilometres():
    jyväskylä, äänekoski = GAZETTEER.place("Jyväskylä"), GAZETTEER.place("Äänekoski")
    km = distance_km(
        jyväskylä.latitude, jyväskylä.longitude, äänekoski.latitude, äänekoski.longitude
    )
    # A degree of latitude is 111.2 km, and they lie almost on one meridian.
    assert km == pytest.approx(0.3585 * 111.2, abs=0.3)
    assert distance_km(62.0, 25.0, 62.0, 25.0) == 0


HEADS = (
    "name_fi,name_sv,lat,lon,inflected_forms",
    "locality,municipality,lat,lon,source,inflected_forms",
)


def _load(folder: Path, municipality: str, locality: str) -> Gazetteer:
    tables = folder / "municipalities.csv", folder / "localities.csv"
    for table, head, line in zip(tables, HEADS, (municipality, locality), strict=True):
        table.write_text(f"{head}\n{line}\n", encoding="utf-8")
    return Gazetteer.load(*tables)


def test_a_locality_without_coordinates_lies_at_its_municipalitys_centre(tmp_path):
    gazetteer = _load(tmp_path, "Laukaa,Laukas,62.4,25.9,Laukaa", "Leppävesi,Laukaa,,,,Leppävettä")
    assert gazetteer.place("Leppävesi") == Place("Leppävesi", "Laukaa", 62.4, 25.9)


@pytest.mark.parametrize(
    ("municipality", "locality", "told"),
    [
        ("Laukaa,Laukas,62.4,x,Laukaa", "", "municipalities.csv, line 2"),
        ("Laukaa,Laukas,62.4,25.9,Laukaa", "Palokka,Jyväskylä,62,25,,", "localities.csv, line 2"),
    ],
)
def test_a_slip_in_a_table_is_told_by_file_and_line(tmp_path, municipality, locality, told):
    with pytest.raises(KnowledgeError, match=told):
        _load(tmp_path, municipality, locality)


def test_a_missing_table_is_told(tmp_path):
    with pytest.raises(KnowledgeError, match=r"nothing\.csv"):
        Gazetteer.load(tmp_path / "nothing.csv", LOCALITIES)
