"""Run in Rasa's environment for `./seura evaluate`: how messages are understood, as JSON.

    echo '{"model": "var/models/seura-….tar.gz", "texts": ["moi"]}' |
        .venv-rasa/bin/python -m nlu.measure parse

Lines on stdout: `PROGRESS done total` while it works, then `MEMORY` and the most megabytes that the
process had, and at the end `FOUND` and the JSON answer.
"""

import asyncio
import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Dict, List, Text

import numpy as np
from sklearn.model_selection import StratifiedKFold

from nlu import lean

lean.prepare()

from rasa.core.agent import Agent
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.utils.io import read_config_file

from nlu.components.intent_classifier import IntentClassifier, intent_ranking, selected_leaves
from nlu.components.leaves import Leaves
from nlu.components.puhekieli import Puhekieli
from nlu.components.sentence_featurizer import embed_all, ship
from nlu.pipelines import fit, memory_mb, use

FOLDS = 5

Asked = Dict[Text, Any]


def parse(asked: Asked) -> List[Dict[Text, Any]]:
    """What `/model/parse` answers to each of `texts`, and in `ms` how long it took.

    Each text is parsed once only, so nothing is taken from a cache.
    """

    async def each() -> List[Dict[Text, Any]]:
        agent = Agent.load(asked["model"])
        await agent.parse_message("moi")
        found = []
        for done, text in enumerate(asked["texts"]):
            start = perf_counter()
            parsed = await agent.parse_message(text)
            found.append({**parsed, "ms": (perf_counter() - start) * 1000})
            _progress(done + 1, len(asked["texts"]))
        return found

    return asyncio.run(each())


def cross_validate(asked: Asked) -> List[Dict[Text, Any]]:
    """Each training example as understood by a model that was trained on four fifths without it.

    Gives per example `label`, `text`, `intent_ranking` and `response_selector`.
    """
    config = settings_of(asked["config"])
    examples = training_examples(asked["data"])
    texts = [text for _, text in examples]
    labels = np.array([label for label, _ in examples])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(texts, labels)
    reads = []
    for train, test in folds:
        reader = Puhekieli(config["Puhekieli"], None, None)
        reader.learn([texts[i] for i in train])
        reads.append((train, test, [reader.read(text) for text in texts]))
    # All sentences at once: most are the same in all folds, and kept from the last time.
    embed_all([read for _, _, read in reads for read in read])
    found: Dict[int, Dict[Text, Any]] = {}
    for done, (train, test, read) in enumerate(reads):
        vectors = embed_all(read)
        model = _model(config["IntentClassifier"]).fit(
            [read[i] for i in train], _rows(vectors, train), labels[train], beside=False
        )
        table = model.probabilities([read[i] for i in test], _rows(vectors, test))
        for i, row in zip(test, table):
            leaves = dict(zip(model.names, map(float, row)))
            found[i] = {
                "label": labels[i],
                "text": texts[i],
                "intent_ranking": intent_ranking(leaves)[:10],
                "response_selector": selected_leaves(leaves),
            }
        _progress(done + 1, FOLDS)
    return [found[i] for i in sorted(found)]


def training_examples(folder: Text) -> List[Any]:
    """Leaf and text of every example, as Rasa reads them."""
    data = RasaFileImporter(training_data_paths=[folder]).get_nlu_data()
    return [
        (e.get(INTENT_RESPONSE_KEY) or e.get(INTENT), e.get(TEXT)) for e in data.intent_examples
    ]


def settings_of(config_file: Text) -> Dict[Text, Dict[Text, Any]]:
    """What `config.yml` sets of our components, filled up with their defaults."""
    given = {
        part["name"].split(".")[-1]: part for part in read_config_file(config_file)["pipeline"]
    }
    ours = (Puhekieli, IntentClassifier)
    return {c.__name__: {**c.get_default_config(), **given.get(c.__name__, {})} for c in ours}


def _model(config: Dict[Text, Any]) -> Leaves:
    return Leaves(config["meaning"], config["alpha"], config["sharpness"])


def _rows(vectors: Any, which: Any) -> Any:
    return None if vectors is None else vectors[which]


def _progress(done: int, total: int) -> None:
    print("PROGRESS", done, total, flush=True)  # noqa: T201


def ship_vectors(asked: Asked) -> List[Dict[Text, Any]]:
    """Puts the vectors of all examples, as training wants them, where they come with the project.

    Gives `vectors`: how many there are.
    """
    reader = Puhekieli(settings_of(asked["config"])["Puhekieli"], None, None)
    texts = [text for _, text in training_examples(asked["data"])]
    reader.learn(texts)
    return [{"vectors": ship([reader.read(text) for text in texts])}]


def fit_one(asked: Asked) -> List[Dict[Text, Any]]:
    """Trains one of the other pipelines: `seconds` and `megabytes` on disk."""
    return fit(asked["name"], training_examples(asked["data"]), Path(asked["file"]))


def use_one(asked: Asked) -> List[Dict[Text, Any]]:
    """Each text as another pipeline understands it, as `parse` gives it."""
    return use(Path(asked["file"]), asked["texts"], _progress)


WORK: Dict[Text, Callable[[Asked], List[Dict[Text, Any]]]] = {
    "parse": parse,
    "cross-validate": cross_validate,
    "vectors": ship_vectors,
    "fit": fit_one,
    "use": use_one,
}

if __name__ == "__main__":
    answer = WORK[sys.argv[1]](json.load(sys.stdin))
    print("MEMORY", memory_mb())  # noqa: T201
    print("FOUND", json.dumps(answer))  # noqa: T201
