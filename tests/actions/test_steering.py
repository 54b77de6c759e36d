from typing import Any

import pytest
import yaml
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.base import LISTEN, Events
from actions.rooms import Rooms
from actions.steering import ActionRepair, ActionSetLanguage
from bot.settings import ROOT
from bot.store.tables import Resident
from tests.actions.making import REPAIRED, SAID_SOMETHING, run, sets, tracker, wrote

# --- language -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entities", "language"),
    [
        ('/change_language{"language": "en"}', [("language", "en")], "en"),
        ("puhutaan englantia", [], "en"),
        ("Can we use English, please", [], "en"),
        ("vaihda suomeksi", [], "fi"),
        ("in Finnish please", [], "fi"),
    ],
)
async def test_the_language_changes_and_stays(
    rooms: Rooms, resident: Resident, text: str, entities: list[tuple[str, str]], language: str
) -> None:
    state = tracker("change_language", text, resident=resident, entities=entities)
    assert await run(ActionSetLanguage, rooms, state) == (
        sets(language=language),
        [(f"utter_language_changed_{language}", {})],
    )
    async with rooms.store.begin() as session:
        row = await session.get(Resident, resident.id)
    assert row
    assert (row.language, row.language_told_to_rasa, row.language_chosen) == (
        language,
        language,
        True,
    )


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("vaihda kieltä", []),
        ("på svenska tack", []),
        ('/change_language{"language": "de"}', [("language", "de")]),
    ],
)
async def test_a_language_that_is_not_told_is_asked_for(
    rooms: Rooms, resident: Resident, text: str, entities: list[tuple[str, str]]
) -> None:
    state = tracker("change_language", text, resident=resident, entities=entities)
    assert await run(ActionSetLanguage, rooms, state) == ([], [("utter_language_unknown", {})])
    async with rooms.store.begin() as session:
        row = await session.get(Resident, resident.id)
    assert row
    assert (row.language, row.language_chosen) == ("fi", False)


async def test_somebody_unknown_may_choose_a_language(rooms: Rooms) -> None:
    state = tracker("change_language", entities=[("language", "en")])
    assert await run(ActionSetLanguage, rooms, state) == (
        sets(language="en"),
        [("utter_language_changed_en", {})],
    )


# --- repair ---------------------------------------------------------------------------------

MISSED = [wrote("nlu_fallback"), REPAIRED, SAID_SOMETHING]
NOW = [wrote("nlu_fallback")]


@pytest.mark.parametrize(
    ("events", "form", "response", "then"),
    [
        (NOW, None, "utter_repair_first", LISTEN),
        ([*MISSED, *NOW], None, "utter_repair_second", LISTEN),
        ([*MISSED, *MISSED, *NOW], None, "utter_repair_third", LISTEN),
        ([*MISSED, *MISSED, *MISSED, *NOW], None, "utter_repair_third", LISTEN),
        (NOW, "walk_form", "utter_repair_first", FollowupAction("walk_form")),
        ([*MISSED, *NOW], "walk_form", "utter_repair_second_asking", FollowupAction("walk_form")),
        ([*MISSED, *NOW], "place_form", "utter_repair_second_asking", FollowupAction("place_form")),
        ([*MISSED, *MISSED, *NOW], "walk_form", "utter_repair_third", LISTEN),
        # What was understood in between begins the count anew.
        (
            [*MISSED, *MISSED, wrote("greet"), SAID_SOMETHING, *NOW],
            None,
            "utter_repair_first",
            LISTEN,
        ),
        # Missed, but taken as a story in their own words: no repair, and none counted.
        ([wrote("nlu_fallback"), SAID_SOMETHING, *NOW], None, "utter_repair_first", LISTEN),
        (
            [*MISSED, wrote("nlu_fallback"), SAID_SOMETHING, *NOW],
            None,
            "utter_repair_second",
            LISTEN,
        ),
        # Called because no rule fitted, before or now: that is not counted.
        ([wrote("greet"), SAID_SOMETHING, REPAIRED, *NOW], None, "utter_repair_first", LISTEN),
        ([wrote("greet")], "walk_form", "utter_repair_first", FollowupAction("walk_form")),
        ([], None, "utter_repair_first", LISTEN),
    ],
)
async def test_repair_goes_from_words_to_buttons_to_a_human(
    rooms: Rooms,
    events: list[dict[str, Any]],
    form: str | None,
    response: str,
    then: dict[str, Any],
) -> None:
    state = tracker("nlu_fallback", form=form, events=events)
    expected: Events = [then]
    assert await run(ActionRepair, rooms, state) == (expected, [(response, {})])


@pytest.mark.parametrize(
    ("form", "response", "then", "second"),
    [
        # That one has a button for a human of its own.
        (None, "utter_repair_second", LISTEN, ("Ohitetaan tämä", "/skip")),
        (
            "walk_form",
            "utter_repair_second_asking",
            FollowupAction("walk_form"),
            ("Haluan jutella ihmisen kanssa", "/ask_human"),
        ),
    ],
)
async def test_the_second_time_the_two_likeliest_readings_are_buttons(
    rooms: Rooms, form: str | None, response: str, then: dict[str, Any], second: tuple[str, str]
) -> None:
    ranking = {"nlu_fallback": 0.6, "factor": 0.3, "greet": 0.2, "ask_human": 0.15, "skip": 0.12}
    state = tracker(
        "nlu_fallback", form=form, ranking=ranking, likely_factor="money", events=[*MISSED, *NOW]
    )
    dispatcher = CollectingDispatcher()
    events = await ActionRepair(rooms).run(dispatcher, state, {})
    assert events == [then]
    assert [message["response"] for message in dispatcher.messages] == [response]
    assert dispatcher.messages[0]["buttons"] == [
        {"title": "Rahan puute", "payload": '/factor{"factor": "money"}'},
        dict(zip(("title", "payload"), second, strict=True)),
    ]


async def test_unlikely_readings_are_no_buttons(rooms: Rooms) -> None:
    state = tracker("nlu_fallback", ranking={"ask_human": 0.05}, events=[*MISSED, *NOW])
    assert await run(ActionRepair, rooms, state) == ([LISTEN], [("utter_repair_second", {})])


async def test_every_button_of_a_reading_is_an_intent_that_the_domain_has(rooms: Rooms) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert set(rooms.phrases.tree["reading"]) <= set(domain["intents"])


@pytest.mark.parametrize("form", ["walk_form", "place_form"])
async def test_after_an_interruption_that_was_answered_the_question_is_asked_again(
    rooms: Rooms, form: str
) -> None:
    events = [*MISSED, *MISSED, wrote("ask_bot_identity"), SAID_SOMETHING]
    state = tracker("ask_bot_identity", form=form, events=events)
    assert await run(ActionRepair, rooms, state) == ([FollowupAction(form)], [])


async def test_that_one_may_help_it_learn_is_told_once_and_not_between_questions(
    rooms: Rooms, resident: Resident
) -> None:
    def state(form: str | None = None) -> Any:
        return tracker("nlu_fallback", resident=resident, events=[*MISSED, *NOW], form=form)

    said = [(await run(ActionRepair, rooms, state(form)))[1] for form in ("walk_form", None, None)]
    hint = ("utter_teaching_hint", {})
    assert [hint in one for one in said] == [False, True, False]
