import pytest

from bot.residents.language import detect

FINNISH = """
mulla on ollu tosi yksinäinen olo
oon ihan yksin täällä enkä tunne ketään
Muutin keväällä Viitasaarelle enkä ole tutustunut kehenkään.
en jaksa enää yrittää kun kukaan ei vastaa
vaimo kuoli syksyllä ja talo on hiljainen
Mieheni kuoli viime vuonna, ja sen jälkeen päivät ovat olleet pitkiä.
oon uus täällä jyväskyläs, mist saa kavereita
haluisin vaan jonkun kenen kanssa käydä kahvilla
mie oon iha yksi tääl
emmie tiiä mitä tässä enää tekis
ei mul oo ketää kelle soittaa
mitä sä oikeen oot, ootko joku botti
mä en oo puhunu kellekään viikkoon
käyn kyllä töissä mut illat on hiljasia
onko äänekoskella mitään kerhoa eläkeläisille
kuka näitä viestejä lukee
haluaisin puhua oikean ihmisen kanssa
lopetetaan tämä kysely
en halua vastata tuohon
voisitko sanoa sen jotenkin selkeämmin
olisko jotain ilmaista tekemistä viikonloppuna
tykkään pelata shakkia ja kävellä metsässä
lapset asuu etelässä eikä käy ku jouluna
ei oo rahaa harrastaa mitään
bussit ei kulje täältä iltasin mihinkään
oon työtön ja päivät menee neljän seinän sisällä
jään aina porukan ulkopuolelle koulussa
tunnen oloni näkymättömäksi
Kiitos kysymästä, minulle kuuluu oikein hyvää.
no joo kai sitä vois kokeilla
ei kiitos, en halua että tietoja tallennetaan
hoidan omaa äitiä kotona enkä pääse minnekään
kuulo on huonontunut enkä pysy jutuissa mukana
olen kuuskymppinen mies multialta
asun petäjävedellä maalla eikä ole autoa
mul menee ihan ok mut välil on vähä tyhjä olo
ahdistaa lähteä yksin mihinkään uuteen paikkaan
en tiedä
oon yksin
nii mäki luulin et se menis ohi
koko paivan istun yksin kotona eika kukaan soita
""".strip().splitlines()

FINNISH_WITH_ENGLISH_IN_IT = """
mul on ihan weird olo
tää on so sad
oon lowkey yksinäinen koko ajan
ei oo girlfriend tai boyfriend
mul on social anxiety
mun life on ihan chill
literally kukaan ei vastaa mulle
mä oon nyt in a bad place
haluun get out täältä
no worries mut ei nyt
oon introvertti gamer ja pelaan league of legendsii
katoin the voice of finlandii yksin
katoin how i met your motherii koko yön
mä striimaan twitchis mut ei kukaan kato
sun data on mulle ihan same
mun bestie ghostas mut eikä oo nyt kuulunu mitään
feelaan et oon third wheel aina
forever alone täällä taas
omg en kestä
who knows
same :D
""".strip().splitlines()

ENGLISH = """
i feel so lonely these days
I moved here last spring and I don't know anyone.
I'm lonely most of the time
my husband died last year and the house is too quiet
nobody ever calls me
i have no friends here
is there a chess club near me
can i talk to a real person please
who reads these messages
what do you do with my data
i don't want to answer that
sometimes i go a whole week without talking to anybody
I live in Jyväskylä and study at the university
i live in äänekoski
i'm from saarijärvi, been here for two years
no one at work speaks english with me
are you a bot or a human
i would like to meet other parents with small kids
it's hard to make friends when you don't speak finnish
I lost my job in august and the days feel empty
please stop asking me questions
I enjoy walking in the forest and knitting
can we continue in english
how do i delete everything you know about me
yes you may ask
I can't afford any hobbies right now
the buses don't run here in the evenings
i use a wheelchair so many places are hard for me
thank you for listening, it helped a little
I take care of my mother and never get out
I'm not sure what you mean
do i have to answer all of them
everyone else already has their own group
my hearing is bad so i avoid big groups
I'd rather talk about something else
what is there to do on weekends
i don't know
I am sixty-seven and live alone since my wife passed away.
could somebody come with me the first time
just feeling a bit down tonight
""".strip().splitlines()

UNSURE = """
moi
Äänekoski
ok
Jyväskylä keskusta
thank you
12345
😭😭
https://example.com/the/way/it/is
ich bin allein und habe keine freunde
waan keligay ahay
من تنها هستم
сам съм
""".strip().splitlines()


def test_short_messages_are_told_apart() -> None:
    given = [(text, "fi") for text in FINNISH] + [(text, "en") for text in ENGLISH]
    assert len(given) >= 80
    wrong = [(text, detect(text)) for text, language in given if detect(text) != language]
    assert len(wrong) <= len(given) * 0.05, wrong


@pytest.mark.parametrize("text", FINNISH + FINNISH_WITH_ENGLISH_IN_IT)
def test_no_finnish_message_is_taken_for_another_language(text: str) -> None:
    assert detect(text) in {"fi", None}


@pytest.mark.parametrize("text", ENGLISH)
def test_no_english_message_is_taken_for_another_language(text: str) -> None:
    assert detect(text) in {"en", None}


def test_most_finnish_with_english_in_it_is_known_as_finnish() -> None:
    known = [text for text in FINNISH_WITH_ENGLISH_IN_IT if detect(text) == "fi"]
    assert len(known) >= len(FINNISH_WITH_ENGLISH_IN_IT) * 0.5, known


@pytest.mark.parametrize("text", UNSURE)
def test_what_tells_nothing_is_left_open(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize("text", ["", " ", "...", "🙂"])
def test_no_words_are_no_language(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("jag känner mig så ensam här", "sv"),
        ("kan jag få prata med någon", "sv"),
        ("мне очень одиноко", "ru"),
        ("у меня никого нет", "ru"),
        ("привет", "ru"),
        ("мені дуже самотньо", "uk"),
        ("хочу поговорити з людиною", "uk"),
        ("привіт", "uk"),
        ("أشعر بالوحدة", "ar"),
        ("ليس لدي أصدقاء هنا", "ar"),
    ],
)
def test_the_other_languages_of_the_helplines_are_known(text: str, language: str) -> None:
    assert detect(text) == language


def test_capitals_and_a_typographic_apostrophe_make_no_difference() -> None:
    assert detect("I DON’T KNOW") == detect("i don't know") == "en"
    assert detect("MÄ OON YKSIN") == "fi"
