"""How Rasa finds the rules that apply, with two of its habits mended.

- It looks twice: for rules that hear a person's very words, and for those that hear an intent.
  None of ours hears words, so the first look is left out (as long as that is so).
- It tries every rule against every state of the talk. Which action came last settles it for most:
  only the rules that go on from that action are tried. The others could not apply.
"""

from typing import Any, Dict, List, Optional, Set, Text, Tuple

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, USER
from rasa.shared.core.domain import State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, TEXT

_find = RulePolicy._find_action_from_rules
_possible = RulePolicy._get_possible_keys

Lookup = Dict[Text, Text]


def find_action_from_rules(
    self: RulePolicy,
    tracker: DialogueStateTracker,
    domain: Any,
    use_text_for_last_user_input: bool,
) -> Tuple[Optional[Text], Optional[Text], bool]:
    """As `RulePolicy._find_action_from_rules`, without looking for what no rule has."""
    if use_text_for_last_user_input and not _hear_words(self):
        return None, None, False
    return _find(self, tracker, domain, use_text_for_last_user_input)


def get_possible_keys(self: RulePolicy, lookup: Lookup, states: List[State]) -> Set[Text]:
    """As `RulePolicy._get_possible_keys`, for the rules that go on from the last action alone."""
    if not states:
        return _possible(self, lookup, states)
    last = _action(states[-1])
    return _possible(self, _by_action(self, lookup).get(last, {}), states)


def _by_action(policy: RulePolicy, lookup: Lookup) -> Dict[Optional[Text], Lookup]:
    """The rules by the action before their last state; they never change once they are loaded."""
    known = policy.__dict__.setdefault("rules_by_action", {})
    held = known.get(id(lookup))
    if held is None or held[0] is not lookup or held[1] != len(lookup):
        sorted_out: Dict[Optional[Text], Lookup] = {}
        for key, action in lookup.items():
            last = _action(policy._rule_key_to_state(key)[-1])
            sorted_out.setdefault(last, {})[key] = action
        held = known[id(lookup)] = (lookup, len(lookup), sorted_out)
    return held[2]


def _action(state: State) -> Optional[Text]:
    return (state.get(PREVIOUS_ACTION) or {}).get(ACTION_NAME)


def _hear_words(policy: RulePolicy) -> bool:
    lookup = policy.lookup.get(RULES, {})
    held = policy.__dict__.get("rules_hear_words")
    if held is None or held[0] is not lookup or held[1] != len(lookup):
        heard = any(
            TEXT in (state.get(USER) or {})
            for key in lookup
            for state in policy._rule_key_to_state(key)
        )
        held = policy.rules_hear_words = (lookup, len(lookup), heard)
    return held[2]


def mend() -> None:
    """Puts both in place."""
    RulePolicy._find_action_from_rules = find_action_from_rules
    RulePolicy._get_possible_keys = get_possible_keys
