from datetime import timedelta
from typing import Any

import pytest
from rasa_sdk.events import FollowupAction

from actions.answers import QUESTIONS
from actions.base import Events
from actions.rooms import Rooms
from actions.walk import (
    ActionAskMunicipality,
    ActionAskPermission,
    ActionAskPlace,
    ActionAskReflection,
    ActionBeginWalk,
    ActionClarify,
    ActionConcludeWalk,
    ActionResumeWalk,
    ValidateWalkForm,
)
from bot.factors import profile
from bot.store.tables import Resident, now
from tests.actions.making import SAID_SOMETHING, become, did, run, sets, tracker, wrote

UNDER_WAY = {"walk_outcome": "under_way", "mood": "low"}
TO_THE_FORM = FollowupAction("walk_form")


def begun(**settled: Any) -> Events:
    """The events of a walk that begins anew, with what is settled already."""
    told = {
        "mentioned_factors": [],
        "mentioned_interests": [],
        "permission_asked": None,
        "walk_outcome": "under_way",
    }
    return sets(**(dict.fromkeys(QUESTIONS) | told | settled))


async def profile_of(rooms: Rooms, resident: Resident) -> tuple[list[str], list[str]]:
    async with rooms.store.begin() as session:
        factors = await profile.factors_of(session, resident)
        return factors, await profile.interests_of(session, resident)


async def kept(rooms: Rooms, resident: Resident) -> Resident:
    async with rooms.store.begin() as session:
        row = await session.get(Resident, resident.id)
        assert row
        return row


# --- beginning ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "first", "said"),
    [
        ("greet", True, ["utter_hello"]),
        ("start", True, ["utter_hello"]),
        ("greet", False, ["utter_hello_again"]),
        ("express_neutral", False, ["utter_hello_again"]),
        ("express_loneliness", True, ["utter_hello", "utter_lonely_heard"]),
        ("express_loneliness", False, ["utter_lonely_heard"]),
        ("want_company", False, ["utter_lonely_heard"]),
        ("express_distress", False, ["utter_low_heard"]),
        ("factor", True, ["utter_hello", "utter_told"]),
    ],
)
async def test_a_walk_begins_with_a_greeting_that_fits(
    rooms: Rooms, resident: Resident, intent: str, first: bool, said: list[str]
) -> None:
    state = tracker(intent, resident=resident, events=[] if first else [SAID_SOMETHING])
    _, sayings = await run(ActionBeginWalk, rooms, state)
    assert sayings == [(name, {}) for name in said]


@pytest.mark.parametrize(
    ("intent", "settled"),
    [
        ("greet", {}),
        ("start", {}),
        ("express_neutral", {"mood": "so_so"}),
        ("express_distress", {"mood": "low"}),
        ("express_loneliness", {"mood": "low", "loneliness": "told"}),
        ("want_company", {"mood": "low", "loneliness": "told"}),
    ],
)
async def test_a_walk_begins_with_what_was_said(
    rooms: Rooms, resident: Resident, intent: str, settled: dict[str, Any]
) -> None:
    before = {"mood": "good", "society": "told", "reflection": "right", "walk_outcome": "ready"}
    state = tracker(intent, resident=resident, slots=before)
    events, _ = await run(ActionBeginWalk, rooms, state)
    assert events == [*begun(**settled), TO_THE_FORM]


@pytest.mark.parametrize("consented", [False, True])
async def test_a_factor_said_first_is_kept_only_with_permission(
    rooms: Rooms, resident: Resident, consented: bool
) -> None:
    await become(rooms, resident, consented_at=now() if consented else None)
    factors = ["moving", "money"]
    state = tracker("factor", resident=resident, factors=[*factors, "taken_away_since"])
    events, _ = await run(ActionBeginWalk, rooms, state)
    assert events == [*begun(mood="low", mentioned_factors=factors), TO_THE_FORM]
    assert await profile_of(rooms, resident) == (factors if consented else [], [])


@pytest.mark.parametrize("outcome", ["ready", "no_questions", "let_be"])
@pytest.mark.parametrize("consented", [False, True])
async def test_what_is_told_after_the_questions_counts_and_begins_none_anew(
    rooms: Rooms, resident: Resident, consented: bool, outcome: str
) -> None:
    await become(rooms, resident, consented_at=now() if consented else None)
    slots = {"walk_outcome": outcome, "mentioned_factors": ["money"]}
    state = tracker("factor", resident=resident, factors=["moving"], slots=slots)
    events, said = await run(ActionBeginWalk, rooms, state)
    assert events == ([] if consented else sets(mentioned_factors=["money", "moving"]))
    assert said == [("utter_offer_without_asking", {})]
    assert await profile_of(rooms, resident) == (["moving"] if consented else [], [])


async def test_a_loss_told_after_the_questions_is_answered_as_one(
    rooms: Rooms, resident: Resident
) -> None:
    slots = {"walk_outcome": "ready"}
    state = tracker("factor", resident=resident, factors=["bereavement"], slots=slots)
    _, said = await run(ActionBeginWalk, rooms, state)
    assert said == [("utter_loss_heard", {})]


async def test_where_they_live_is_not_asked_again(rooms: Rooms, resident: Resident) -> None:
    await become(rooms, resident, consented_at=now(), municipality="Jämsä")
    events, _ = await run(ActionBeginWalk, rooms, tracker("greet", resident=resident))
    assert events == [*begun(municipality="Jämsä"), TO_THE_FORM]


async def test_a_walk_under_way_goes_on(rooms: Rooms, resident: Resident) -> None:
    state = tracker("greet", resident=resident, slots=UNDER_WAY)
    assert await run(ActionBeginWalk, rooms, state) == (
        [TO_THE_FORM],
        [("utter_welcome_back", {})],
    )


async def test_start_begins_anew_even_on_the_way(rooms: Rooms, resident: Resident) -> None:
    state = tracker("start", resident=resident, slots=UNDER_WAY)
    assert await run(ActionBeginWalk, rooms, state) == (
        [*begun(), TO_THE_FORM],
        [("utter_hello_again", {})],
    )


async def test_loneliness_that_rests_is_not_raised(rooms: Rooms, resident: Resident) -> None:
    await become(rooms, resident, loneliness_rests_until=now() + timedelta(weeks=1))
    assert await run(ActionBeginWalk, rooms, tracker("express_distress", resident=resident)) == (
        begun(mood="low", walk_outcome="resting"),
        [("utter_low_heard", {}), ("utter_offer_without_asking", {})],
    )


async def test_loneliness_that_they_raise_is_talked_about(rooms: Rooms, resident: Resident) -> None:
    await become(rooms, resident, loneliness_rests_until=now() + timedelta(weeks=1))
    events, said = await run(
        ActionBeginWalk, rooms, tracker("express_loneliness", resident=resident)
    )
    assert events == [*begun(mood="low", loneliness="told"), TO_THE_FORM]
    assert said == [("utter_lonely_heard", {})]


async def test_somebody_unknown_may_walk(rooms: Rooms) -> None:
    events, said = await run(ActionBeginWalk, rooms, tracker("greet", events=()))
    assert events == [*begun(), TO_THE_FORM]
    assert said == [("utter_hello", {})]


# --- answers --------------------------------------------------------------------------------


async def validated(rooms: Rooms, *given: Any, **named: Any) -> Events:
    events, _ = await run(ValidateWalkForm, rooms, tracker(*given, **named))
    return events


@pytest.mark.parametrize(
    ("asked", "intent", "factors", "said"),
    [
        ("mood", "express_distress", [], ["utter_low_heard"]),
        ("mood", "express_loneliness", [], ["utter_lonely_heard"]),
        ("mood", "factor", ["money"], ["utter_told"]),
        ("mood", "factor", ["bereavement"], ["utter_loss_heard"]),
        ("mood", "express_neutral", [], []),
        ("mood", "express_positive", [], []),
        ("loneliness", "inform_frequency", [], ["utter_lonely_heard"]),
        ("loneliness", "deny", [], []),
        ("life_situation", "factor", ["moving", "bereavement"], ["utter_loss_heard"]),
        ("life_situation", "factor", ["moving"], []),
        ("reflection", "express_distress", [], ["utter_told"]),
        ("reflection", "affirm", [], []),
    ],
)
async def test_what_is_hard_to_say_is_acknowledged_before_the_next_question(
    rooms: Rooms, resident: Resident, asked: str, intent: str, factors: list[str], said: list[str]
) -> None:
    state = tracker(intent, resident=resident, asked=asked, factors=factors)
    _, heard_back = await run(ValidateWalkForm, rooms, state)
    assert heard_back == [(name, {}) for name in said]


async def test_an_interest_told_after_it_was_asked_for_is_acknowledged_and_kept(
    rooms: Rooms, resident: Resident
) -> None:
    await become(rooms, resident, consented_at=now())
    state = tracker(
        "inform_interest", resident=resident, asked="reflection", entities=[("interest", "music")]
    )
    events, said = await run(ValidateWalkForm, rooms, state)
    assert said == [("utter_interests_noted", {})]
    assert sets(reflection=None)[0] in events
    async with rooms.store.begin() as session:
        assert await profile.interests_of(session, resident) == ["music"]


@pytest.mark.parametrize("consented", [False, True])
async def test_condolences_are_said_once(rooms: Rooms, resident: Resident, consented: bool) -> None:
    slots: dict[str, Any] = {"mentioned_factors": ["bereavement"]}
    if consented:
        await become(rooms, resident, consented_at=now())
        async with rooms.store.begin() as session:
            await profile.add(session, resident, ["bereavement"], rooms.factors)
        slots = {}
    state = tracker(
        "factor", resident=resident, asked="society", factors=["bereavement"], slots=slots
    )
    _, said = await run(ValidateWalkForm, rooms, state)
    assert said == []


async def test_where_loneliness_rests_it_is_answered_once(rooms: Rooms, resident: Resident) -> None:
    await become(rooms, resident, loneliness_rests_until=now() + timedelta(weeks=1))
    state = tracker("express_distress", resident=resident, asked="mood")
    _, said = await run(ValidateWalkForm, rooms, state)
    assert said == []


def heard(factors: Any = (), interests: Any = (), **settled: Any) -> Events:
    """The events of an answer that may not be kept."""
    return sets(**settled, mentioned_factors=list(factors), mentioned_interests=list(interests))


@pytest.mark.parametrize("asked", [None, *QUESTIONS])
@pytest.mark.parametrize("intent", ["ask_human", "greet", "stop", "crisis"])
async def test_an_interruption_is_left_to_the_rules(
    rooms: Rooms, resident: Resident, asked: str | None, intent: str
) -> None:
    assert await validated(rooms, intent, resident=resident, asked=asked) == []


async def test_without_a_question_there_is_no_answer(rooms: Rooms, resident: Resident) -> None:
    assert await validated(rooms, "affirm", resident=resident) == []


@pytest.mark.parametrize(
    ("asked", "intent", "events"),
    [
        ("mood", "express_distress", heard(mood="low")),
        (
            "mood",
            "express_positive",
            [*heard(mood="good"), *sets(walk_outcome="glad", requested_slot=None)],
        ),
        ("mood", "inform_interest", heard(mood=None)),
        ("loneliness", "inform_frequency", heard(loneliness="told")),
        (
            "loneliness",
            "deny",
            [*heard(loneliness="not_told"), *sets(walk_outcome="declined", requested_slot=None)],
        ),
        (
            "permission",
            "deny",
            [
                *heard(permission="refused"),
                *sets(walk_outcome="no_questions", requested_slot=None),
            ],
        ),
        ("permission", "factor", heard(permission=None)),
        ("individual", "skip", heard(individual="skipped")),
        ("reflection", "deny", heard(reflection=None)),
        ("municipality", "inform_municipality", heard(municipality=None)),
    ],
)
async def test_an_answer_is_heard(
    rooms: Rooms, resident: Resident, asked: str, intent: str, events: Events
) -> None:
    assert await validated(rooms, intent, resident=resident, asked=asked) == events
    assert await profile_of(rooms, resident) == ([], [])


async def test_a_wish_to_see_activities_goes_straight_to_where(
    rooms: Rooms, resident: Resident
) -> None:
    events = await validated(rooms, "ask_activities", resident=resident, asked="loneliness")
    skipped = dict.fromkeys(QUESTIONS[:-1], "not_asked")
    assert events == [*heard(**skipped), *sets(walk_outcome="ready")]


async def test_the_last_answer_makes_it_ready(rooms: Rooms, resident: Resident) -> None:
    answered = dict.fromkeys(QUESTIONS[:-1], "told")
    events = await validated(rooms, "skip", resident=resident, asked="municipality", slots=answered)
    assert events == [*heard(municipality="anywhere"), *sets(walk_outcome="ready")]


async def test_a_no_about_loneliness_is_respected_for_weeks(
    rooms: Rooms, resident: Resident
) -> None:
    await validated(rooms, "deny", resident=resident, asked="loneliness")
    rests_until = (await kept(rooms, resident)).loneliness_rests_until
    assert rests_until
    assert rests_until > now() + timedelta(weeks=3)


@pytest.mark.parametrize(
    ("intent", "events"),
    [
        (
            "express_distress",
            [*heard(mood="low"), *sets(walk_outcome="resting", requested_slot=None)],
        ),
        ("express_loneliness", heard(mood="low", loneliness="told")),
        ("inform_interest", heard(mood=None)),
        (
            "express_positive",
            [*heard(mood="good"), *sets(walk_outcome="glad", requested_slot=None)],
        ),
    ],
)
async def test_loneliness_that_rests_is_not_asked_about(
    rooms: Rooms, resident: Resident, intent: str, events: Events
) -> None:
    await become(rooms, resident, loneliness_rests_until=now() + timedelta(weeks=1))
    assert await validated(rooms, intent, resident=resident, asked="mood") == events


# --- what is kept ---------------------------------------------------------------------------

TOLD_BEFORE = {
    "mentioned_factors": ["moving", "taken_away_since"],
    "mentioned_interests": ["walking", "taken_away_since"],
}
CHIPS = [("factor", "money"), ("factor", "no_such"), ("interest", "reading"), ("interest", "none")]


async def test_without_permission_what_is_told_stays_in_the_conversation(
    rooms: Rooms, resident: Resident
) -> None:
    events = await validated(
        rooms,
        "express_distress",
        resident=resident,
        asked="loneliness",
        slots=TOLD_BEFORE,
        entities=[*CHIPS, ("municipality", "Jämsä")],
    )
    assert events == heard(
        ["moving", "money"], ["walking", "reading"], loneliness="told", municipality="Jämsä"
    )
    assert await profile_of(rooms, resident) == ([], [])
    assert (await kept(rooms, resident)).municipality is None


async def test_permission_keeps_what_was_told_and_skips_its_questions(
    rooms: Rooms, resident: Resident
) -> None:
    slots = TOLD_BEFORE | {"municipality": "Jämsä"}
    events = await validated(
        rooms, "affirm", resident=resident, asked="permission", slots=slots, entities=CHIPS
    )
    assert events == sets(
        permission="given",
        mentioned_factors=[],
        mentioned_interests=[],
        life_situation="told",
        society="told",
    )
    assert await profile_of(rooms, resident) == (["moving", "money"], ["walking", "reading"])
    row = await kept(rooms, resident)
    assert row.consented_at
    assert row.municipality == "Jämsä"


@pytest.mark.parametrize(("place", "remembered"), [("Jämsä", "Jämsä"), (None, "Muurame")])
async def test_with_permission_an_answer_is_kept_at_once(
    rooms: Rooms, resident: Resident, place: str | None, remembered: str
) -> None:
    await become(rooms, resident, consented_at=now(), municipality="Muurame")
    events = await validated(
        rooms,
        "inform_municipality" if place else "skip",
        resident=resident,
        asked="municipality",
        entities=[*CHIPS, *([("municipality", place)] if place else [])],
    )
    assert events == sets(
        municipality=place or "anywhere", mentioned_factors=[], mentioned_interests=[]
    )
    assert await profile_of(rooms, resident) == (["money"], ["reading"])
    assert (await kept(rooms, resident)).municipality == remembered


@pytest.mark.parametrize(
    ("factors", "settled"), [([], {"reflection": "nothing_to_reflect"}), (["money"], {})]
)
async def test_only_what_was_told_is_said_back(
    rooms: Rooms, resident: Resident, factors: list[str], settled: dict[str, str]
) -> None:
    await become(rooms, resident, consented_at=now())
    async with rooms.store.begin() as session:
        await profile.add(session, resident, factors)
    events = await validated(rooms, "skip", resident=resident, asked="strengths")
    assert events == sets(
        strengths="skipped", mentioned_factors=[], mentioned_interests=[], **settled
    )


async def test_a_likely_factor_answers_a_question_about_factors(
    rooms: Rooms, resident: Resident
) -> None:
    state: dict[str, Any] = {
        "resident": resident,
        "asked": "society",
        "ranking": {"out_of_scope": 0.4, "factor": 0.3},
    }
    events = await validated(rooms, "out_of_scope", likely_factor="money", **state)
    assert events == heard(["money"], society="told")
    assert await validated(rooms, "out_of_scope", likely_factor="no_such", **state) == []


async def test_somebody_unknown_is_heard_too(rooms: Rooms) -> None:
    assert await validated(rooms, "affirm", asked="permission", slots=TOLD_BEFORE) == heard(
        ["moving"], ["walking"], permission="given"
    )


# --- asking ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "slots", "response"),
    [
        ("loneliness", {}, "utter_ask_permission"),
        ("loneliness", {"mentioned_factors": ["money"]}, "utter_ask_permission"),
        ("permission", {}, "utter_ask_permission"),
        ("permission", {"mentioned_factors": ["money"]}, "utter_ask_permission_again"),
        ("permission", {"mentioned_interests": ["walking"]}, "utter_ask_permission_again"),
        ("permission", {"mentioned_factors": ["money", "moving"]}, "utter_ask_permission_shortly"),
    ],
)
async def test_permission_is_asked_in_other_words_after_something_was_told(
    rooms: Rooms, asked: str, slots: dict[str, Any], response: str
) -> None:
    state = tracker("factor", asked=asked, slots=slots)
    counted = sets(permission_asked=1)
    assert await run(ActionAskPermission, rooms, state) == (counted, [(response, {})])


async def test_it_is_counted_how_often_the_permission_was_asked_for(rooms: Rooms) -> None:
    state = tracker("factor", asked="permission", slots={"permission_asked": 2})
    events, _ = await run(ActionAskPermission, rooms, state)
    assert events == sets(permission_asked=3)


@pytest.mark.parametrize(("times", "outcome"), [(1, None), (2, None), (3, "let_be")])
async def test_whoever_goes_on_telling_is_not_asked_for_permission_for_ever(
    rooms: Rooms, resident: Resident, times: int, outcome: str | None
) -> None:
    state = tracker(
        "factor",
        resident=resident,
        asked="permission",
        factors=["money"],
        slots={"permission_asked": times},
    )
    events, _ = await run(ValidateWalkForm, rooms, state)
    slots = {event["name"]: event["value"] for event in events}
    assert slots["permission"] == ("refused" if outcome else None)
    assert slots.get("walk_outcome") == outcome
    assert slots["mentioned_factors"] == ["money"]
    assert await profile_of(rooms, resident) == ([], [])


async def test_whoever_names_a_place_instead_is_shown_what_there_is(
    rooms: Rooms, resident: Resident
) -> None:
    state = tracker(
        "inform_municipality",
        resident=resident,
        asked="permission",
        entities=[("municipality", "Jämsä")],
        slots={"permission_asked": 3},
    )
    events, _ = await run(ValidateWalkForm, rooms, state)
    slots = {event["name"]: event["value"] for event in events}
    assert (slots["municipality"], slots["walk_outcome"]) == ("Jämsä", "ready")
    assert (await kept(rooms, resident)).municipality is None


@pytest.mark.parametrize(("intent", "given"), [("affirm", "given"), ("deny", "refused")])
async def test_a_late_answer_to_the_permission_is_an_answer(
    rooms: Rooms, resident: Resident, intent: str, given: str
) -> None:
    slots = {"permission_asked": 4}
    state = tracker(intent, resident=resident, asked="permission", slots=slots)
    events, _ = await run(ValidateWalkForm, rooms, state)
    slots = {event["name"]: event["value"] for event in events}
    assert slots["permission"] == given
    assert slots.get("walk_outcome") == (None if given == "given" else "no_questions")


@pytest.mark.parametrize(("language", "conjunction"), [("fi", "ja"), ("en", "and")])
@pytest.mark.parametrize("in_the_database", [False, True])
async def test_the_combination_is_said_back(
    rooms: Rooms, resident: Resident, language: str, conjunction: str, in_the_database: bool
) -> None:
    slots: dict[str, Any] = {"language": language}
    if in_the_database:
        async with rooms.store.begin() as session:
            await profile.add(session, resident, ["money", "moving"])
    else:
        slots["mentioned_factors"] = ["money", "moving"]
    state = tracker("skip", resident=resident, asked="strengths", slots=slots)
    moving, money = (rooms.factors.factors[k].reflections[language] for k in ("moving", "money"))
    assert await run(ActionAskReflection, rooms, state) == (
        [],
        [("utter_ask_reflection", {"reflection": f"{moving} {conjunction} {money}"})],
    )


@pytest.mark.parametrize(
    ("intent", "asked", "response"),
    [
        ("deny", "reflection", "utter_correct"),
        ("deny", "strengths", "utter_nothing_to_reflect"),
        ("skip", "strengths", "utter_nothing_to_reflect"),
    ],
)
async def test_a_reflection_is_corrected_or_has_nothing_to_say(
    rooms: Rooms, resident: Resident, intent: str, asked: str, response: str
) -> None:
    state = tracker(intent, resident=resident, asked=asked)
    assert await run(ActionAskReflection, rooms, state) == ([], [(response, {})])


@pytest.mark.parametrize("action", [ActionAskMunicipality, ActionAskPlace])
@pytest.mark.parametrize(
    ("intent", "asked", "entities", "said"),
    [
        ("affirm", "reflection", [], ("utter_ask_municipality", {})),
        ("deny", "municipality", [], ("utter_ask_municipality", {})),
        ("inform_municipality", None, [], ("utter_ask_municipality", {})),
        ("inform_municipality", "municipality", [], ("utter_ask_municipality_again", {})),
        (
            "inform_municipality",
            "municipality",
            [("ambiguous_municipality", "Multia")],
            ("utter_confirm_municipality", {"municipality": "Multia"}),
        ),
    ],
)
async def test_where_they_live_is_asked_in_the_way_that_fits(
    rooms: Rooms,
    action: type[ActionAskPlace],
    intent: str,
    asked: str | None,
    entities: list[tuple[str, str]],
    said: tuple[str, dict[str, str]],
) -> None:
    state = tracker(intent, asked=asked, entities=entities)
    assert await run(action, rooms, state) == ([], [said])


# --- going on and ending --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slots", "events", "response"),
    [
        (UNDER_WAY, [TO_THE_FORM], "utter_resumed"),
        ({"walk_outcome": "under_way"}, [], "utter_back"),
        ({"walk_outcome": "ready", "mood": "low"}, [], "utter_back"),
        ({}, [], "utter_back"),
    ],
)
async def test_a_walk_is_resumed_where_one_is_open(
    rooms: Rooms, slots: dict[str, Any], events: Events, response: str
) -> None:
    state = tracker("resume", slots=slots)
    assert await run(ActionResumeWalk, rooms, state) == (events, [(response, {})])


@pytest.mark.parametrize(
    ("outcome", "events", "said"),
    [
        ("glad", [], [("utter_glad", {})]),
        ("declined", [], [("utter_respect_no", {})]),
        ("resting", [], [("utter_offer_without_asking", {})]),
        ("no_questions", [], [("utter_no_questions", {})]),
        ("let_be", [], [("utter_let_be", {})]),
        ("ready", [FollowupAction("action_suggest_activities")], []),
    ],
)
async def test_a_walk_ends_as_its_answers_ask_for(
    rooms: Rooms, outcome: str, events: Events, said: list[tuple[str, dict[str, Any]]]
) -> None:
    state = tracker("skip", slots={"walk_outcome": outcome})
    assert await run(ActionConcludeWalk, rooms, state) == (events, said)


@pytest.mark.parametrize(
    ("asked", "response"),
    [
        *((question, f"utter_clarify_{question}") for question in QUESTIONS),
        ("handoff_consent", "utter_capabilities"),
        (None, "utter_capabilities"),
    ],
)
async def test_every_question_can_be_explained(
    rooms: Rooms, asked: str | None, response: str
) -> None:
    state = tracker("clarify", asked=asked)
    assert await run(ActionClarify, rooms, state) == ([], [(response, {})])


@pytest.mark.parametrize(
    ("earlier", "response"),
    [
        ([wrote("affirm"), did("action_suggest_activities"), did("action_listen")], True),
        ([did("action_suggest_activities"), did("action_listen"), wrote("thank"),
          did("utter_welcome"), did("action_listen")], False),
        ([did("utter_bot_identity"), did("action_listen")], False),
        ([], False),
    ],
)  # fmt: skip
async def test_a_question_right_after_suggestions_is_about_them(
    rooms: Rooms, earlier: list[dict[str, Any]], response: bool
) -> None:
    state = tracker("clarify", events=[*earlier, wrote("clarify")])
    expected = "utter_clarify_suggestions" if response else "utter_capabilities"
    assert await run(ActionClarify, rooms, state) == ([], [(expected, {})])
