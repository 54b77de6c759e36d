from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.errors import KnowledgeError
from bot.factors.catalogue import FactorCatalogue
from tests.conftest import KNOWLEDGE


def _text(words: str) -> dict[str, str]:
    return {"fi": f"{words} suomeksi", "en": f"{words} in English"}


def _content() -> dict[str, Any]:
    return {
        "dimensions": {
            "individual": {"label": _text("individual")},
            "society": {"label": _text("society")},
        },
        "needs": {"talk": _text("talk"), "quiet": _text("quiet"), "free": _text("free")},
        "factors": {
            "money": {
                "dimension": "society",
                "label": _text("money"),
                "reflection": _text("money is tight"),
                "needs": ["free", "talk"],
            },
            "shyness": {
                "dimension": "individual",
                "label": _text("shyness"),
                "reflection": _text("it is hard to begin"),
                "needs": ["quiet", "talk", "free"],
            },
        },
    }


def write(folder: Path, content: dict[str, Any]) -> Path:
    phrases = {"join": {"last": {"fi": " ja ", "en": " and "}}}
    (folder / "phrases.yml").write_text(yaml.safe_dump(phrases), encoding="utf-8")
    file = folder / "factors.yml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def test_the_file_is_read_in_its_order(tmp_path: Path) -> None:
    catalogue = FactorCatalogue.load(write(tmp_path, _content()))
    assert catalogue.dimensions == ("individual", "society")
    assert list(catalogue.factors) == ["money", "shyness"]
    assert [factor.key for factor in catalogue.of("society")] == ["money"]
    assert catalogue.of("environment") == ()
    assert catalogue.label("money", "fi") == "money suomeksi"
    assert catalogue.dimension_label("society", "en") == "society in English"
    assert catalogue.need_label("quiet", "en") == "quiet in English"
    assert "money" in catalogue
    assert "talk" not in catalogue


def test_needs_add_up_and_the_first_of_a_factor_weighs_most(tmp_path: Path) -> None:
    catalogue = FactorCatalogue.load(write(tmp_path, _content()))
    assert catalogue.needs_of(["money"]) == {"free": 1.0, "talk": 0.5}
    assert catalogue.needs_of(["money", "shyness"]) == pytest.approx(
        {"free": 1 + 1 / 3, "talk": 1.0, "quiet": 1.0}
    )
    assert catalogue.needs_of([]) == {}


def test_a_factor_that_staff_took_away_counts_for_nothing(tmp_path: Path) -> None:
    catalogue = FactorCatalogue.load(write(tmp_path, _content()))
    assert catalogue.needs_of(["money", "gone"]) == catalogue.needs_of(["money"])
    assert catalogue.label("gone", "fi") == "gone"


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        (["factors", "money", "label", "en"], None, "factors.yml: factors.money.label.en"),
        (["factors", "money", "label", "fi"], " ", "factors.yml: factors.money.label.fi"),
        (["factors", "money", "reflection"], None, "factors.yml: factors.money.reflection"),
        (["factors", "money", "dimension"], "weather", "factors.money.dimension.*weather"),
        (["factors", "money", "dimension"], None, "factors.money.dimension"),
        (["factors", "money", "needs"], ["talk", "cake"], "factors.money.needs.*cake"),
        (["factors", "money", "needs"], [], "factors.money.needs"),
        (["factors", "money"], "a word", "factors.money: keys and values"),
        (["factors"], None, "factors.yml: factors"),
        (["needs", "talk", "fi"], None, "factors.yml: needs.talk.fi"),
        (["dimensions", "society", "label"], None, "factors.yml: dimensions.society.label"),
    ],
)
def test_a_slip_is_told_by_file_place_and_cause(
    tmp_path: Path, place: list[str], value: object, complaint: str
) -> None:
    content = _content()
    *way, last = place
    spot = content
    for key in way:
        spot = spot[key]
    spot[last] = value
    with pytest.raises(KnowledgeError, match=complaint):
        FactorCatalogue.load(write(tmp_path, content))


def test_the_catalogue_of_ours_can_be_read_and_has_factors_in_all_four_dimensions() -> None:
    catalogue = FactorCatalogue.load(KNOWLEDGE / "factors.yml")
    assert catalogue.dimensions == ("individual", "life_situation", "environment", "society")
    assert all(catalogue.of(dimension) for dimension in catalogue.dimensions)
