"""A talk that was tried out becomes a conversation test in Rasa's format."""

import yaml

from bot.stories.testing import saved_talk
from bot.stories.trying import steps_of


def user(text: str, intent: str, *entities: dict[str, object]) -> dict[str, object]:
    data = {"intent": {"name": intent}, "entities": list(entities)}
    return {"event": "user", "text": text, "parse_data": data}


def action(name: str) -> dict[str, object]:
    return {"event": "action", "name": name}


def test_what_was_said_done_and_remembered_is_told_in_order() -> None:
    place = {"entity": "municipality", "value": "Jämsä", "start": 5, "end": 12}
    assert steps_of(
        [
            action("action_session_start"),
            action("action_listen"),
            user("moi", "greet"),
            {"event": "user_featurization"},
            {"event": "slot", "name": "language", "value": "fi"},
            action("action_begin_walk"),
            {"event": "slot", "name": "mood", "value": None},
            {"event": "slot", "name": "walk_outcome", "value": "under_way"},
            {"event": "followup", "name": "walk_form"},
            action("walk_form"),
            {"event": "active_loop", "name": "walk_form"},
            {"event": "bot", "text": "Hei"},
            action("action_listen"),
            user("asun Jämsässä", "inform_municipality", place),
            action("walk_form"),
            {"event": "active_loop", "name": None},
        ]
    ) == [
        {"user": "moi", "intent": "greet"},
        {"action": "action_begin_walk"},
        {"slot_was_set": [{"mood": None}, {"walk_outcome": "under_way"}]},
        {"active_loop": "walk_form"},
        {"action": "walk_form"},
        {
            "user": 'asun [Jämsäss]{"entity": "municipality", "value": "Jämsä"}ä',
            "intent": "inform_municipality",
        },
        {"action": "walk_form"},
        {"active_loop": None},
    ]


def test_a_tapped_button_is_told_by_its_intent() -> None:
    tapped = user('/factor{"factor": "money"}', "factor", {"entity": "factor", "value": "money"})
    assert steps_of([tapped, user("/greet", "greet")]) == [
        {"intent": "factor", "entities": [{"factor": "money"}]},
        {"intent": "greet"},
    ]


def test_s8_a_saved_talk_is_a_story_that_can_be_read_again() -> None:
    steps = steps_of([user('sanoin: "ei" – niin', "deny"), action("utter_ok")])
    text = "stories:\n" + saved_talk("Kaksi: sanaa", steps)
    assert yaml.safe_load(text) == {"stories": [{"story": "Kaksi: sanaa", "steps": steps}]}
