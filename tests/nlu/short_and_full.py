"""Run in Rasa's environment: random conversations with a short tracker and with a full one.

.venv-rasa/bin/python -m tests.nlu.short_and_full MODEL CONVERSATIONS MESSAGES

Prints, as JSON, how many turns were compared, in which the two did not do the same, how many
events the two trackers had at the most, and how often our way of predicting was compared with
Rasa's own, and found something else.
"""

import asyncio
import json
import logging
import random
import sys
import tempfile
from pathlib import Path

import structlog

from nlu import lean

lean.prepare()

from rasa.core.actions.action import ActionExecutionRejection, RemoteAction  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402
from rasa.core.policies.memoization import MemoizationPolicy  # noqa: E402
from rasa.core.policies.rule_policy import RulePolicy  # noqa: E402
from rasa.core.tracker_store import InMemoryTrackerStore  # noqa: E402
from rasa.shared.core.events import (  # noqa: E402
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    FollowupAction,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from nlu import rules, stories  # noqa: E402
from nlu.tracker_store import ShortTrackerStore  # noqa: E402


def act(slots):
    """What the custom actions do: anything that ours may do, but the same for both trackers."""

    async def run(self, channel, nlg, tracker, domain):
        messages = [e.message_id for e in tracker.events if isinstance(e, UserUttered)]
        chance = random.Random(f"{messages[-1:]}{self.name()}{tracker.active_loop_name}")
        if chance.random() < 0.1 and tracker.active_loop_name:
            raise ActionExecutionRejection(self.name())
        if self.name() == "action_begin_walk":
            return [FollowupAction("walk_form")]
        events = [
            SlotSet(name, chance.choice([None, "yes", "no"]))
            for name in slots
            if chance.random() < 0.2
        ]
        if chance.random() < 0.03:
            events = [AllSlotsReset(), SlotSet("language", "fi")]
        if chance.random() < 0.05:
            events.append(FollowupAction("action_listen"))
        return events

    return run


def as_plain(prediction, source=None):
    events = [type(event).__name__ for event in prediction.events]
    return [prediction.probabilities, prediction.is_end_to_end_prediction, events, source]


def compare_rules(found):
    """Has each prediction from rules made in our way and in Rasa's own."""
    own = (RulePolicy._find_action_from_rules, RulePolicy._get_possible_keys)
    predict = RulePolicy._predict

    def both(self, tracker, domain):
        RulePolicy._find_action_from_rules, RulePolicy._get_possible_keys = own
        plain = predict(self, tracker, domain)
        rules.mend()
        mended = predict(self, tracker, domain)
        found["compared"] += 1
        found["unlike"] += as_plain(*plain) != as_plain(*mended)
        return mended

    RulePolicy._predict = both


def compare_stories(found):
    """The same with each prediction from stories."""
    own = MemoizationPolicy.predict_action_probabilities
    stories.mend()
    mended = MemoizationPolicy.predict_action_probabilities

    def both(self, *arguments, **more):
        prediction = mended(self, *arguments, **more)
        found["compared"] += 1
        found["unlike"] += as_plain(own(self, *arguments, **more)) != as_plain(prediction)
        return prediction

    MemoizationPolicy.predict_action_probabilities = both


def did(tracker, message_id):
    """What was done in answer to a message."""
    events = list(tracker.events)
    places = [n for n, e in enumerate(events) if isinstance(e, UserUttered)]
    said = [n for n in places if events[n].message_id == message_id]
    if not said:  # it was taken back
        return []
    return [
        [type(e).__name__, getattr(e, "action_name", None) or getattr(e, "key", None)]
        for e in events[said[-1] :]
        if isinstance(e, (ActionExecuted, ActiveLoop, SlotSet, AllSlotsReset))
    ]


def compare_held(found, store, domain, sender):
    """What is held in memory is what the database has, and leads to the same tracker."""
    held = store._recent.get(sender)
    again = ShortTrackerStore(domain)
    again._engine, again._keys = store._engine, store._keys
    trackers = [
        DialogueStateTracker.from_events(sender, events, domain.slots, domain=domain)
        for events in (held.events, again._events(sender))
    ]
    kept, read = ([(type(e), vars(e)) for e in tracker.events] for tracker in trackers)
    texts = [json.dumps(event.as_dict()) for event in trackers[1].events]
    found["compared"] += 1
    found["unlike"] += kept != read or texts != held.texts


def holds(folder, words):
    return any(words in file.read_bytes() for file in folder.glob("short.db*"))


async def main(model, conversations, length):
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    ways = {"rules": compare_rules, "stories": compare_stories}
    found = {way: {"compared": 0, "unlike": 0} for way in (*ways, "held")}
    for way, compare in ways.items():
        compare(found[way])
    agents = [Agent.load(model), Agent.load(model)]
    domain = agents[0].domain
    folder = Path(tempfile.mkdtemp())
    stores = [
        ShortTrackerStore(
            domain, db=f"sqlite:///{folder / 'short.db'}", key_file=str(folder / "keys")
        ),
        InMemoryTrackerStore(domain),
    ]
    for agent, store in zip(agents, stores):
        agent.tracker_store = agent.processor.tracker_store = store
    slots = [s.name for s in domain.slots if s.name != "requested_slot"]
    RemoteAction.run = act([s for s in slots if s != "language"])
    # Rasa's own intents can't be written by a resident, and the store in memory drops what was
    # before a restart.
    intents = sorted(set(domain.intents) - {"restart", "back", "session_start"})
    different, turns, most = [], 0, [0, 0]
    for conversation in range(conversations):
        chance = random.Random(conversation)
        for number in range(length):
            intent = chance.choice(["affirm", "deny", "skip", chance.choice(intents)])
            name = f"{conversation}-{number}"
            answers = []
            for place, agent in enumerate(agents):
                message = UserMessage(
                    f"/{intent}", CollectingOutputChannel(), str(conversation), message_id=name
                )
                await agent.handle_message(message)
                tracker = await agent.tracker_store.retrieve(str(conversation))
                loop = tracker.active_loop_name
                most[place] = max(most[place], len(tracker.events))
                answers.append([did(tracker, name), tracker.current_slot_values(), loop])
            turns += 1
            compare_held(found["held"], stores[0], domain, str(conversation))
            if answers[0] != answers[1]:
                different.append([conversation, number, intent, answers])
                break
    plain = holds(folder, b"action_listen")
    kept = {"most": most, "plain": plain, **found}
    return {"turns": turns, "different": different[:3], **kept}


if __name__ == "__main__":
    found = asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    print("FOUND", json.dumps(found))  # noqa: T201
