from hypothesis import given
from hypothesis import strategies as st

from bot.factors.catalogue import Factor, FactorCatalogue
from bot.factors.reflection import reflect
from tests.conftest import KNOWLEDGE

DIMENSIONS = ("individual", "life_situation", "environment", "society")


def _factor(key: str, dimension: str) -> Factor:
    return Factor(key, dimension, {}, {"fi": f"{key} fi", "en": f"{key} en"}, ("talk",))


CATALOGUE = FactorCatalogue(
    factors={
        key: _factor(key, dimension)
        for key, dimension in (
            ("money", "society"),
            ("moving", "life_situation"),
            ("shyness", "individual"),
            ("stigma", "individual"),
            ("transport", "environment"),
        )
    },
    dimension_labels={dimension: {} for dimension in DIMENSIONS},
    need_labels={},
    conjunctions={"fi": "ja", "en": "and"},
)


def test_reflections_are_joined_as_people_join_them() -> None:
    assert reflect(CATALOGUE, [], "fi") == ""
    assert reflect(CATALOGUE, ["shyness"], "fi") == "shyness fi"
    assert reflect(CATALOGUE, ["shyness", "moving"], "fi") == "shyness fi ja moving fi"
    assert (
        reflect(CATALOGUE, ["shyness", "moving", "money"], "en")
        == "shyness en, moving en and money en"
    )


def test_a_factor_is_said_once_and_one_that_is_gone_not_at_all() -> None:
    assert reflect(CATALOGUE, ["shyness", "gone", "shyness"], "fi") == "shyness fi"


@given(keys=st.lists(st.sampled_from(sorted(CATALOGUE.factors)), unique=True))
def test_reflections_go_from_the_person_outwards(keys: list[str]) -> None:
    said = reflect(CATALOGUE, keys, "en").replace(" and ", ", ")
    order = [part.removesuffix(" en") for part in said.split(", ")] if said else []
    assert sorted(order) == sorted(keys)
    places = [DIMENSIONS.index(CATALOGUE.factors[key].dimension) for key in order]
    assert places == sorted(places)
    alike = [key for key in order if CATALOGUE.factors[key].dimension == "individual"]
    assert alike == [key for key in keys if key in alike]


def test_the_words_that_join_come_from_the_catalogue_of_ours() -> None:
    catalogue = FactorCatalogue.load(KNOWLEDGE / "factors.yml")
    keys = list(catalogue.factors)[:3]
    for language, word in (("fi", "ja"), ("en", "and")):
        first, second, third = (catalogue.factors[key].reflections[language] for key in keys)
        assert reflect(catalogue, keys, language) == f"{first}, {second} {word} {third}"
