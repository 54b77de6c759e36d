import json

import yaml
from rich.console import Console

from bot import model
from bot.evaluation import comparing
from bot.evaluation.comparing import (
    SMALL,
    Comparison,
    Policies,
    Row,
    as_json,
    table,
    table_of_policies,
    with_diet,
    with_ted,
)
from bot.evaluation.measuring import Answer
from bot.settings import ROOT, read_settings

ROW = Row("letters", 0.9, 0.8, None, 0.7, 0.05, {"greet": 1.0}, 3.14, 600.4, 12.6)
FOUND = Comparison((ROW,), (Policies("rules", 26, 27, 34.2),), 5)


def ours() -> dict:
    return yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))


def test_diet_takes_the_place_of_our_classifier_and_of_nothing_else():
    names = [part["name"] for part in with_diet(7)["pipeline"]]
    before = [part["name"] for part in ours()["pipeline"]]
    assert "nlu.components.intent_classifier.IntentClassifier" not in names
    assert [name for name in names if name in before] == [
        name for name in before if not name.endswith("IntentClassifier")
    ]
    assert {"DIETClassifier"} <= set(names)
    [sentences] = [p for p in with_diet(7)["pipeline"] if p["name"].endswith("SentenceFeaturizer")]
    assert sentences["always"], "DIET makes no vectors itself"


def test_ted_stands_beside_our_policies():
    assert with_ted(7)["policies"][:-1] == ours()["policies"]
    assert with_ted(7)["policies"][-1]["epochs"] == 7


def test_every_small_pipeline_can_be_made_in_rasas_environment():
    source = (ROOT / "nlu" / "pipelines.py").read_text(encoding="utf-8")
    assert [name for name in SMALL if f'"{name}": lambda' not in source] == []


def test_the_tables_say_how_long_the_networks_were_trained_and_leave_gaps_where_nothing_is():
    console = Console(width=160)
    with console.capture() as printed:
        console.print(table(FOUND))
        console.print(table_of_policies(FOUND))
    text = printed.get()
    assert "networks: 5 epochs" in text
    assert "26 of 27" in text
    assert "None" not in text


def test_the_numbers_can_be_kept():
    assert json.loads(json.dumps(as_json(FOUND)))["rows"][0]["f1"] == {"greet": 1.0}


def test_a_model_with_neural_networks_is_read_where_tensorflow_is(monkeypatch, tmp_path):
    pythons = []

    def parse(settings, trained, texts, show, python):
        pythons.append(python)
        reading = {
            "intent": {"name": "greet", "confidence": 1.0},
            "intent_ranking": [{"name": "greet", "confidence": 1.0}],
            "ms": 1.0,
        }
        return Answer([dict(reading) for _ in texts], 1.0)

    monkeypatch.setattr(comparing, "_train", lambda *_: (tmp_path / "stock.tar.gz", 1.0))
    monkeypatch.setattr(comparing, "parse", parse)
    row = comparing._of_rasa(read_settings(), "stock Rasa", {}, tmp_path, lambda *_: None)
    assert row.median_ms == 1
    assert pythons == [model.STOCK_PYTHON]
