"""Rasa's memory of stories, asked only where there are any.

MemoizationPolicy works out the states of the talk for each prediction and looks them up, even if it
has learnt nothing. Our talks are rules: as long as staff write no stories, nothing can be found.
"""

from typing import Any, Dict, Optional, Text

from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

_predict = MemoizationPolicy.predict_action_probabilities


def predict_action_probabilities(
    self,
    tracker: DialogueStateTracker,
    domain: Domain,
    rule_only_data: Optional[Dict[Text, Any]] = None,
    **kwargs: Any,
) -> PolicyPrediction:
    """As `MemoizationPolicy.predict_action_probabilities`; at once where it knows no story.

    `self` has no type: Rasa takes parameters with one for what its graph is to provide.
    """
    if not self.lookup:
        return self._prediction(self._default_predictions(domain))
    return _predict(self, tracker, domain, rule_only_data, **kwargs)


def mend() -> None:
    """Puts it in place."""
    MemoizationPolicy.predict_action_probabilities = predict_action_probabilities
