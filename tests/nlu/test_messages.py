"""The messages that measure the understanding are sound, and apart from the training examples."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

# Intents that nobody types, or that stand as factor/NAME and crisis/KIND.
UNWRITTEN = {"start", "resume", "factor", "crisis"}

# The fewest messages of an intent, a factor and a kind of crisis.
FEWEST = {
    "fi": {"intent": 14, "factor": 7, "crisis": 8},
    "en": {"intent": 7, "factor": 4, "crisis": 4},
}


def messages(language: str) -> list[tuple[str, str]]:
    lines = (HERE / f"messages_{language}.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if not line.startswith("#")]
    assert [pair for pair in pairs if len(pair) != 2] == []
    return [(label, text) for label, text in pairs]


def training_examples() -> list[str]:
    return [
        re.sub(r"\[([^\]]*)\][({][^)}]*[)}]", r"\1", line.removeprefix("- "))
        for file in sorted((ROOT / "nlu").glob("*.yml"))
        for topic in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]
        for line in topic["examples"].splitlines()
    ]


def normalised(text: str) -> str:
    """Lower case, accents folded, no punctuation, single spaces; signs and emoji stay."""
    letters = unicodedata.normalize("NFKD", text.lower())
    kept = (letter for letter in letters if unicodedata.category(letter)[0] not in "MP")
    return " ".join("".join(kept).split())


def kind(label: str) -> str:
    return label.split("/")[0] if "/" in label else "intent"


@pytest.mark.parametrize("language", FEWEST)
def test_every_intent_every_factor_and_every_crisis_is_written(language):
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    labels = {label for label, _ in messages(language)}
    assert {label for label in labels if kind(label) == "intent"} == (
        set(domain["intents"]) - UNWRITTEN
    )
    assert Counter(map(kind, labels)) >= Counter(factor=24, crisis=4)


@pytest.mark.parametrize("language", FEWEST)
def test_every_label_has_enough_messages(language):
    counts = Counter(label for label, _ in messages(language))
    fewest = FEWEST[language]
    assert {label: n for label, n in counts.items() if n < fewest[kind(label)]} == {}


def test_no_message_is_empty_or_stands_twice():
    texts = Counter(normalised(text) for la in (*FEWEST, "other") for _, text in messages(la))
    assert [text for text, count in texts.items() if count > 1] == []
    assert "" not in texts


def test_no_message_is_a_training_example():
    trained = {normalised(example) for example in training_examples()}
    assert trained
    shared = [
        f"{label}: {text}"
        for language in (*FEWEST, "other")
        for label, text in messages(language)
        if normalised(text) in trained
    ]
    assert shared == []
