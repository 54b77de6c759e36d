"""Copies of a conversation, made without living through it again.

Rasa copies the tracker for each action, and forms do so twice more for each answer: by an empty
tracker to which every event is applied anew. What comes out is what the tracker holds already, so
here that is copied. A few things differ in Rasa's copies, and do so here: they know neither model
nor source, and what was to follow is what the events say, even if the tracker has let go of it.

Where somebody took something back or began anew, which seldom happens, Rasa's own way is taken.
"""

import copy
from dataclasses import replace
from typing import Any, Dict, Iterable, List, Optional, Text

from rasa.core.actions.forms import FormAction
from rasa.shared.constants import DEFAULT_SENDER_ID
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    Event,
    FollowupAction,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

_copy = DialogueStateTracker.copy
_temporary = FormAction._temporary_tracker

# After these, a tracker made of the events is more than the sum of its parts.
TURNING_BACK = frozenset({ActionReverted, UserUtteranceReverted, Restarted})


def copy_slot(self: Slot) -> Slot:
    """As `copy.copy` of a slot."""
    made = self.__class__.__new__(self.__class__)
    made.__dict__ = self.__dict__.copy()
    return made


def copy_tracker(self: DialogueStateTracker) -> DialogueStateTracker:
    """As `DialogueStateTracker.copy`."""
    if not _is_plain(self):
        return _copy(self)
    made = _same(self, {name: copy.copy(slot) for name, slot in self.slots.items()})
    made.sender_id = self.sender_id or DEFAULT_SENDER_ID
    return made


def temporary_tracker(
    self: FormAction,
    current_tracker: DialogueStateTracker,
    additional_events: List[Event],
    domain: Domain,
) -> DialogueStateTracker:
    """As `FormAction._temporary_tracker`."""
    slots = current_tracker.slots
    if not _is_plain(current_tracker) or slots.keys() != {one.name for one in domain.slots}:
        return _temporary(self, current_tracker, additional_events, domain)
    made = _same(current_tracker, {one.name: _filled(one, slots[one.name]) for one in domain.slots})
    made.is_rule_tracker = False
    added: Iterable[Event] = [
        SlotSet(REQUESTED_SLOT, self.get_slot_to_fill(current_tracker)),
        ActionExecuted(self.name()),
        *additional_events,
    ]
    for event in added:
        made.update(event)
    return made


def _is_plain(tracker: DialogueStateTracker) -> bool:
    return (
        type(tracker) is DialogueStateTracker
        and type(tracker.slots) is dict
        and tracker._max_event_history is None
        and TURNING_BACK.isdisjoint(map(type, tracker.events))
    )


def _same(tracker: DialogueStateTracker, slots: Dict[Text, Slot]) -> DialogueStateTracker:
    made = DialogueStateTracker.__new__(DialogueStateTracker)
    made.__dict__ = tracker.__dict__.copy()
    made.slots = slots
    made.events = tracker.events.copy()
    made.active_loop = tracker.active_loop and replace(tracker.active_loop)
    made.followup_action = _to_follow(tracker)
    made.sender_source = made.model_id = made.assistant_id = None
    return made


def _to_follow(tracker: DialogueStateTracker) -> Optional[Text]:
    """The action that the events want next."""
    for event in reversed(tracker.events):
        if isinstance(event, (ActionExecuted, UserUttered)):
            return None
        if isinstance(event, FollowupAction):
            return event.action_name
        if isinstance(event, SessionStarted):
            break
    return ACTION_LISTEN_NAME


def _filled(slot: Slot, with_that_of: Slot) -> Slot:
    made: Any = copy.copy(slot)
    made._value, made._has_been_set = with_that_of._value, with_that_of._has_been_set
    return made


def mend() -> None:
    """Puts it in place."""
    Slot.__copy__ = copy_slot
    DialogueStateTracker.copy = copy_tracker
    FormAction._temporary_tracker = temporary_tracker
