"""Takes what we need out of py3langid: `python -m bot.residents.language_extract`.

To be run again when another py3langid is installed, or another language is wanted.
"""

from collections import deque
from typing import Any

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from bot.residents.language_model import BASE, LanguageModel

LANGUAGES = ("fi", "en", "sv", "ar", "fa")


def extract() -> LanguageModel:
    """The model of our languages."""
    untyped: Any = LanguageIdentifier
    whole = untyped.from_model_file(MODEL_FILE)
    whole.set_languages(LANGUAGES)
    numbers, longest = _runs(whole)
    outputs = np.array(whole.tk_output)
    states = sorted(numbers, key=numbers.__getitem__)
    return LanguageModel(
        tuple(whole.nb_classes),
        longest,
        np.array([numbers[state] for state in states], np.int64),
        outputs[states].astype(np.int32),
        whole.nb_ptc,
        whole.nb_pc,
    )


def _runs(whole: Any) -> tuple[dict[int, int], int]:
    """The number of the run that each state of the automaton stands for, and the longest's length.

    A state is reached first by its own run, since the automaton always is in the state of the
    longest known run that ends where it reads.
    """
    moves = np.array(whole.tk_nextmove).reshape(-1, 256)
    found, lengths, waiting = {0: 0}, {0: 0}, deque([0])
    while waiting:
        state = waiting.popleft()
        for byte, reached in enumerate(moves[whole.tk_row[state]].tolist()):
            if reached not in found:
                found[reached] = found[state] * BASE + byte + 1
                lengths[reached] = lengths[state] + 1
                waiting.append(reached)
    del found[0]
    return found, max(lengths.values())


if __name__ == "__main__":
    extract().keep()
