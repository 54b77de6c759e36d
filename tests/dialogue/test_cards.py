from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from actions.rooms import KNOWLEDGE
from bot.activities.ranking import Reason
from bot.activities.search import Suggestion
from bot.activities.times import Occurrence
from bot.dialogue.cards import card_of, kept_words, map_link, preview_of
from bot.dialogue.wording import Phrases
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.reading import read_mapping
from bot.residents.privacy import Kept
from tests.activities.making import activity, online

FACTORS = FactorCatalogue.load(KNOWLEDGE / "factors.yml")
INTERESTS = InterestCatalogue.load(KNOWLEDGE / "interests.yml")
PHRASES = Phrases.load(KNOWLEDGE / "phrases.yml")
WHEN = read_mapping(KNOWLEDGE / "when.yml")
INTEREST = next(iter(INTERESTS.interests))
NEAR = Reason("near", "Äänekoski")


def suggestion(given: Any = None, **more: Any) -> Suggestion:
    ordinary: dict[str, Any] = {
        "activity": given or activity("Kahvihetki"),
        "distance_km": None,
        "next": None,
        "reasons": (NEAR,),
        "wider": False,
    }
    ordinary["activity"].id = 7
    return Suggestion(**(ordinary | more))


def card(one: Suggestion, language: str = "fi", *factors: str) -> dict[str, str]:
    return card_of(one, language, factors, PHRASES, WHEN, FACTORS, INTERESTS)


def details(one: Suggestion, language: str = "fi") -> list[str]:
    return card(one, language)["details"].splitlines()


# --- an activity -----------------------------------------------------------------------------


def test_a_card_fills_the_response_that_shows_it() -> None:
    shown = card(suggestion())
    assert shown.keys() == {"activity", "title", "details", "reason", "map"}
    assert (shown["activity"], shown["title"]) == ("7", "Kahvihetki")
    assert all(isinstance(value, str) for value in shown.values())


@pytest.mark.parametrize("language", ["fi", "en"])
def test_it_says_what_when_where_and_on_what_terms(language: str) -> None:
    begins = datetime.now(UTC) + timedelta(days=3)
    place = activity(
        "x",
        text={"fi": "Juttelua", "en": "Talk"},
        place="Kirjasto",
        languages=["fi", "en"],
        times=[{"start": "2026-01-01T10:00", "minutes": 60, "rrule": "FREQ=WEEKLY"}],
        price_euros=0.0,
        walk_in=True,
        step_free=True,
    )
    one = suggestion(place, distance_km=3.4, next=Occurrence(begins, begins + timedelta(hours=1)))
    what, when, where, terms = details(one, language)
    assert what == {"fi": "Juttelua", "en": "Talk"}[language]
    assert when.endswith(WHEN[language]["every_week"])
    assert where == PHRASES(
        "activity.place_with_distance", language, place="Kirjasto, Äänekoski", kilometres=3
    )
    assert terms == ", ".join(
        PHRASES(f"activity.{one}", language) for one in ("free", "walk_in", "step_free")
    )


def test_what_has_no_times_and_wants_signing_up_says_whom_to_ask() -> None:
    contact = {"fi": "Soita Maijalle", "en": "Call Maija"}
    _, when, where, terms, whom = details(suggestion(activity("x", contact=contact)))
    assert when == PHRASES("activity.contact_to_arrange", "fi")
    assert where == PHRASES("activity.place", "fi", place="Äänekoski")
    assert PHRASES("activity.sign_up", "fi") in terms
    assert whom == "Soita Maijalle"


@pytest.mark.parametrize(
    ("price", "language", "shown"),
    [(5.0, "fi", "5 €"), (7.5, "fi", "7,50 €"), (7.5, "en", "€7.50"), (None, "fi", "€")],
)
def test_a_price_is_written_as_it_is_read(price: float | None, language: str, shown: str) -> None:
    terms = details(suggestion(activity("x", price_euros=price)), language)[3]
    assert (shown in terms) == (price is not None)


def test_what_is_online_has_no_place_and_no_map() -> None:
    shown = card(suggestion(online("x")))
    assert PHRASES("activity.online", "fi") in shown["details"]
    assert shown["map"] == ""


def test_what_is_in_another_language_or_a_sample_says_so() -> None:
    one = suggestion(activity("x", languages=["en"], sample=True))
    assert PHRASES("activity.other_language", "fi") in details(one)[3]
    assert details(one)[-1] == PHRASES("activity.sample", "fi")
    assert PHRASES("activity.other_language", "en") not in details(one, "en")[3]


def test_the_map_shows_the_place() -> None:
    link = map_link(activity("x", latitude=62.6, longitude=25.7333))
    query = parse_qs(urlsplit(str(link)).query)
    assert (query["mlat"], query["mlon"]) == (["62.6000"], ["25.7333"])
    assert map_link(online("x")) is None


# --- why it is suggested ---------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fi", "en"])
def test_a_need_is_explained_in_the_residents_own_terms(language: str) -> None:
    factor = FACTORS.factors["shyness"]
    one = suggestion(reasons=(Reason("need", factor.needs[0]), NEAR))
    own = PHRASES("reason.factor", language, reflection=factor.reflections[language])
    others = [f.key for f in FACTORS.factors.values() if factor.needs[0] not in f.needs]
    assert card(one, language, others[0], "unknown", "shyness")["reason"] == own
    need = FACTORS.need_label(factor.needs[0], language)
    assert card(one, language)["reason"] == PHRASES("reason.need", language, need=need)


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize("kind", ["near", "free", "walk_in", "online"])
def test_every_other_reason_has_its_words(kind: Any, language: str) -> None:
    one = suggestion(reasons=(Reason(kind, None),))
    assert card(one, language)["reason"] == PHRASES(f"reason.{kind}", language)


def test_an_interest_is_named() -> None:
    one = suggestion(reasons=(Reason("interest", INTEREST),))
    label = INTERESTS.label(INTEREST, "fi").lower()
    assert card(one)["reason"] == PHRASES("reason.interest", "fi", interest=label)


# --- what a moderator sees, what is kept -----------------------------------------------------


def preview(shared: dict[str, Any], language: str = "fi") -> list[str]:
    return preview_of("Sininen Lumme", shared, language, PHRASES, FACTORS, INTERESTS).splitlines()


@pytest.mark.parametrize("language", ["fi", "en"])
def test_a_preview_shows_each_thing_that_is_shared_on_a_line(language: str) -> None:
    shared = {
        "language": "en",
        "municipality": "Multia",
        "factors": ["shyness", "money"],
        "interests": [INTEREST],
    }
    told = [FACTORS.label(key, language).lower() for key in ("shyness", "money")]
    assert preview(shared, language) == [
        PHRASES("card.alias", language, alias="Sininen Lumme"),
        PHRASES("card.language", language, language=PHRASES("language.en", language)),
        PHRASES("card.municipality", language, municipality="Multia"),
        PHRASES("card.factors", language, factors=", ".join(told)),
        PHRASES("card.interests", language, interests=INTERESTS.label(INTEREST, language).lower()),
    ]


def test_what_is_not_shared_is_not_shown() -> None:
    alias = PHRASES("card.alias", "fi", alias="Sininen Lumme")
    assert preview({}) == [alias]
    nothing = {"municipality": None, "factors": [], "interests": [], "language": "fi"}
    assert len(preview(nothing)) == 2


def kept(**given: Any) -> Kept:
    nothing: dict[str, Any] = {
        "alias": "Sininen Lumme",
        "language": "fi",
        "municipality": None,
        "factors": (),
        "interests": (),
        "saved_activities": 0,
        "sentences": 0,
        "handoffs": 0,
        "since": datetime(2026, 11, 1, tzinfo=UTC),
    }
    return Kept(**(nothing | given))


@pytest.mark.parametrize("language", ["fi", "en"])
def test_all_that_is_kept_is_told_and_nothing_else(language: str) -> None:
    everything = kept(
        municipality="Multia",
        factors=("shyness",),
        interests=(INTEREST,),
        saved_activities=2,
        sentences=4,
        handoffs=3,
    )
    parts = {
        "alias": {"alias": "Sininen Lumme"},
        "language": {"language": PHRASES("language.fi", language)},
        "municipality": {"municipality": "Multia"},
        "factors": {"factors": FACTORS.label("shyness", language).lower()},
        "interests": {"interests": INTERESTS.label(INTEREST, language).lower()},
        "saved": {"count": 2},
        "sentences": {"count": 4},
        "handoffs": {"count": 3},
    }
    words = [PHRASES(f"kept.{name}", language, **values) for name, values in parts.items()]
    told = kept_words(everything, language, PHRASES, FACTORS, INTERESTS)
    assert told == PHRASES.join(words, language)
    little = kept_words(kept(), language, PHRASES, FACTORS, INTERESTS)
    assert little == PHRASES.join(words[:2], language)


def test_a_reason_that_stands_on_a_card_beside_it_is_not_given_again() -> None:
    one = suggestion(reasons=(Reason("free"), Reason("walk_in")))
    first = card(one)["reason"]
    second = card_of(one, "fi", (), PHRASES, WHEN, FACTORS, INTERESTS, [first])["reason"]
    only = suggestion(reasons=(Reason("free"),))

    assert second == PHRASES("reason.walk_in", "fi") != first
    assert card_of(only, "fi", (), PHRASES, WHEN, FACTORS, INTERESTS, [first])["reason"] == first
