"""Run in Rasa's environment: what is mended does as Rasa's own.

.venv-rasa/bin/python -m tests.nlu.as_rasa CHECK
"""

import ast
import asyncio
import copy
import inspect
import logging
import random
import sqlite3
import sys
import tempfile
from _abc import _get_dump
from abc import ABCMeta
from pathlib import Path

from nlu import lean

lean.prepare()

from rasa.core.actions.action import RemoteAction  # noqa: E402
from rasa.core.actions.forms import FormAction  # noqa: E402
from rasa.core.policies.memoization import MemoizationPolicy  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import (  # noqa: E402
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    DefinePrevUserUtteredFeaturization,
    Event,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from nlu import actions, debug_lines, events, stories, trackers  # noqa: E402
from nlu.failures import TurnFailed  # noqa: E402
from nlu.recent import Held, Recent  # noqa: E402
from nlu.tracker_store import ShortTrackerStore  # noqa: E402


def check_stories():
    """Where stories were learnt, Rasa's own way is taken."""
    asked = []
    stories._predict = lambda self, *arguments, **more: asked.append(self)
    stories.mend()
    policy = MemoizationPolicy.__new__(MemoizationPolicy)
    policy.lookup = {"a": "b"}
    policy.predict_action_probabilities(None, None, rule_only_data={})
    assert asked == [policy]


SLOTS = ("mood", "language", "mentioned_factors", "search")
ACTIONS = ("action_listen", "walk_form", "place_form", "utter_greet", "action_repair")
EVENTS = (
    lambda chance: UserUttered("hei", {"name": "greet"}, [{"entity": "factor", "value": "x"}]),
    lambda chance: ActionExecuted(chance.choice(ACTIONS)),
    lambda chance: ActionExecuted("action_listen"),
    lambda chance: SlotSet(chance.choice(SLOTS), chance.choice([None, "a", ["b"], {"c": 1}])),
    lambda chance: BotUttered("moi"),
    lambda chance: ActiveLoop(chance.choice([None, "walk_form", "place_form"])),
    lambda chance: ActionExecutionRejected(chance.choice(ACTIONS)),
    lambda chance: FollowupAction(chance.choice(ACTIONS)),
    lambda chance: LoopInterrupted(chance.choice([True, False])),
    lambda chance: DefinePrevUserUtteredFeaturization(chance.choice([True, False])),
    lambda chance: AllSlotsReset(),
    lambda chance: ConversationPaused(),
    lambda chance: ConversationResumed(),
    lambda chance: SessionStarted(),
)
TURNING_BACK = (
    lambda chance: Restarted(),
    lambda chance: UserUtteranceReverted(),
    lambda chance: ActionReverted(),
)


def check_copies():
    """A copy has the state that living through the events again has."""
    domain = Domain.load("domain.yml")
    form = FormAction("walk_form", None)
    own = (DialogueStateTracker.copy, FormAction._temporary_tracker)
    trackers.mend()
    ours = (DialogueStateTracker.copy, FormAction._temporary_tracker)
    assert own != ours
    plainly = 0
    for seed in range(1500):
        chance = random.Random(seed)
        tracker = DialogueStateTracker(str(seed), domain.slots, sender_source="a file")
        tracker.model_id, tracker.assistant_id = chance.choice([None, "m"]), "seura"
        for _ in range(chance.randrange(40)):
            tracker.update(chance.choice(EVENTS if seed % 3 else EVENTS + TURNING_BACK)(chance))
            if chance.random() < 0.1:
                tracker.clear_followup_action()
        plainly += trackers._is_plain(tracker)
        copied = ours[0](tracker)
        assert state(copied) == state(own[0](tracker)), seed
        more = [chance.choice(EVENTS)(chance) for _ in range(chance.randrange(4))]
        made = [state(way(form, tracker, more, domain)) for way in (own[1], ours[1])]
        assert made[0] == made[1], seed
        before = state(tracker)
        changes = [SlotSet(name, "changed") for name in SLOTS]
        for event in [*changes, LoopInterrupted(True), ConversationPaused(), BotUttered()]:
            copied.update(event)
        assert state(tracker) == before, "what is done to a copy stays in the copy"
    assert plainly > 900
    fewer = DialogueStateTracker("few", domain.slots[:3])
    made = [state(way(form, fewer, [], domain)) for way in (own[1], ours[1])]
    assert made[0] == made[1]
    short = DialogueStateTracker("short", domain.slots, max_event_history=2)
    for _ in range(5):
        short.update(chance.choice(EVENTS)(chance))
    assert state(ours[0](short)) == state(own[0](short))


def state(tracker):
    """All that a tracker holds, to be compared."""
    apart = {"events", "slots", "active_loop", "latest_message", "latest_bot_utterance"}
    return {
        **{name: value for name, value in vars(tracker).items() if name not in apart},
        "events": [(type(one), without_time(one)) for one in tracker.events],
        "history": tracker.events.maxlen,
        "slots": [(name, type(one), dict(vars(one))) for name, one in tracker.slots.items()],
        "loop": tracker.active_loop and dict(vars(tracker.active_loop)),
        "message": without_time(tracker.latest_message),
        "said": without_time(tracker.latest_bot_utterance),
    }


def without_time(event):
    return {name: value for name, value in vars(event).items() if name != "timestamp"}


def check_debug_lines():
    """Where copies are left out, Rasa makes them for its debug lines alone."""
    for module in debug_lines.MODULES:
        tree = ast.parse(inspect.getsource(module))
        for_lines = {
            id(part)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "structlogger.debug"
            for keyword in call.keywords
            for part in ast.walk(keyword.value)
        }
        uses = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "copy.deepcopy"
        ]
        assert uses, f"{module.__name__} copies nothing: it can be left out"
        assert all(id(use) in for_lines for use in uses), module.__name__
        imported = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        assert all(one.module != "copy" for one in imported), module.__name__
    debug_lines.mend()
    value = [[1]]
    for level, is_copied in ((logging.INFO, False), (logging.DEBUG, True)):
        logging.getLogger("rasa").setLevel(level)
        for module in debug_lines.MODULES:
            made = module.copy.deepcopy(value)
            assert made == value
            assert (made is not value) == is_copied
            assert module.copy.copy is copy.copy


def check_kinds():
    """Events are of the same kinds as before."""
    kinds = list(events.kinds())
    assert len(kinds) > 20
    for kind in kinds:
        assert kind.__class__ is ABCMeta
        assert not _get_dump(kind)[0], "who registers a kind of event needs Rasa's own way"
    made = [UserUttered("a"), ActionExecuted("a"), ActiveLoop(None), Restarted(), BotUttered(), 1]
    before = [[isinstance(one, kind) for kind in kinds] for one in made]
    events.mend()
    assert [[isinstance(one, kind) for kind in kinds] for one in made] == before
    assert isinstance(made[0], (ActionExecuted, UserUttered))
    assert all(issubclass(kind, Event) for kind in kinds)

    class Later(SlotSet):
        pass

    assert isinstance(Later("a", 1), SlotSet)
    assert not isinstance(SlotSet("a", 1), Later)
    assert type(Later) is events.Kind
    try:
        Event()
    except TypeError:
        pass
    else:
        raise AssertionError("an abstract event was made")


def check_recent():
    """What is held in memory counts only as long as the database says so, and not for long."""
    asyncio.run(_check_recent())


async def _check_recent():
    domain = Domain.load("domain.yml")
    folder = Path(tempfile.mkdtemp())
    store = ShortTrackerStore(
        domain, db=f"sqlite:///{folder / 'a.db'}", key_file=str(folder / "keys")
    )

    async def say(sender, words):
        tracker = await store.get_or_create_tracker(sender)
        tracker.update(UserUttered(words, {"name": "greet"}))
        tracker.update(SlotSet("mood", words))
        await store.save(tracker)

    async def said(sender):
        tracker = await store.retrieve(sender)
        return tracker and [one.text for one in tracker.events if isinstance(one, UserUttered)]

    def change(statement):
        with sqlite3.connect(folder / "a.db") as connection:
            connection.execute(statement)

    await say("1", "hei")
    await say("1", "moi")
    opened, store._opened = store._opened, None
    assert await said("1") == ["hei", "moi"], "it is not read from the database again"
    assert (await store.retrieve("1")).get_slot("mood") == "moi"
    tracker = await store.retrieve("1")
    tracker.update(SlotSet("mood", "not saved"))
    assert (await store.retrieve("1")).get_slot("mood") == "moi"
    store._opened = opened

    await say("2", "terve")
    change("UPDATE conversations SET events = (SELECT events FROM conversations "
           "WHERE sender_id = '2'), changed_at = 1.5 WHERE sender_id = '1'")  # fmt: skip
    assert await said("1") == ["terve"], "somebody else has written it"
    assert store._recent.get("1") is None
    change("DELETE FROM conversations")
    assert await said("2") is None, "it was erased"
    assert store._recent.get("2") is None

    await say("3", "hei")
    change("ALTER TABLE conversations RENAME TO elsewhere")
    tracker = DialogueStateTracker("3", domain.slots)
    try:
        await store.save(tracker)
    except TurnFailed:
        assert store._recent.get("3") is None, "it was not written"
    else:
        raise AssertionError("there is no table")
    change("ALTER TABLE elsewhere RENAME TO conversations")
    assert await said("3") == ["hei"]

    recent = Recent(conversations=3, seconds=0.2)
    for number in (1, 2, 3, 1, 4):
        recent.hold(str(number), Held([], [], number))
    assert [name for name in "12345" if recent.get(name)] == ["1", "3", "4"]
    await asyncio.sleep(0.15)
    recent.hold("4", Held([], [], 5))
    await asyncio.sleep(0.1)
    assert list(recent._held) == ["4"], "who is silent is let go without being asked for"
    await asyncio.sleep(0.15)
    assert not recent._held


def check_calls():
    """An action is told of the conversation what Rasa would tell, less what ours don't read."""
    domain = Domain.load("domain.yml")
    action = RemoteAction("action_repair", None)
    for seed in range(300):
        chance = random.Random(seed)
        tracker = DialogueStateTracker(str(seed), domain.slots)
        for _ in range(chance.randrange(30)):
            tracker.update(chance.choice(EVENTS)(chance))
        told = actions.call_format(action, tracker, domain)
        whole = action._action_call_format(tracker, domain)
        assert {name: told[name] for name in told if name not in {"tracker", "domain"}} == {
            name: whole[name] for name in whole if name not in {"tracker", "domain"}
        }
        state, all_of_it = told["tracker"], whole["tracker"]
        assert all_of_it.keys() - state.keys() == {"latest_event_time"}
        assert state["active_loop"].get("name") == all_of_it["active_loop"].get("name")
        for name in state.keys() - {"active_loop", "events"}:
            assert state[name] == all_of_it[name]
        kinds = [one["event"] for one in all_of_it["events"]]
        sent = [kind for kind in kinds if kind in {"user", "bot", "action"}]
        assert [one["event"] for one in state["events"]] == sent


if __name__ == "__main__":
    globals()[f"check_{sys.argv[1]}"]()
