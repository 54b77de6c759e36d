from typing import Any

import pytest
from rasa_sdk.events import FollowupAction

from actions.activities import ActionBeginSearch, ActionSuggestActivities
from actions.base import LISTEN, Events
from actions.rooms import Rooms
from bot.activities import catalogue, history
from bot.activities.asking import Asked
from bot.activities.when import When
from bot.factors import profile
from bot.store.tables import Activity, Resident, now
from tests.actions.making import Said, become, did, run, sets, tracker, wrote
from tests.activities.making import activity, online

TO_THE_SUGGESTIONS = FollowupAction("action_suggest_activities")
TO_WHERE = FollowupAction("place_form")
JAMSA = ("municipality", "Jämsä")
IN_JAMSA = {"municipality": "Jämsä", "latitude": 61.8642, "longitude": 25.1903}
IN_JYVASKYLA = {"municipality": "Jyväskylä", "latitude": 62.2415, "longitude": 25.7482}


async def put(rooms: Rooms, *activities: Activity) -> dict[str, int]:
    """Stores them; gives their ids by key."""
    async with rooms.store.begin() as session:
        await catalogue.add(session, activities, rooms.gazetteer)
    return {one.source_id: one.id for one in activities}


async def suggested(rooms: Rooms, *given: Any, **named: Any) -> tuple[Events, Said]:
    return await run(ActionSuggestActivities, rooms, tracker(*given, **named))


def cards(said: Said) -> list[int]:
    """Which activities were shown."""
    return [int(values["activity"]) for name, values in said if name.startswith("utter_activity")]


# --- where ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "entities", "slots", "events"),
    [
        ("ask_activities", [], {}, [*sets(municipality=None), TO_WHERE]),
        ("ask_activities", [JAMSA], {}, [*sets(municipality="Jämsä"), TO_THE_SUGGESTIONS]),
        (
            "ask_activities",
            [JAMSA],
            {"municipality": "Muurame"},
            [*sets(municipality="Jämsä"), TO_THE_SUGGESTIONS],
        ),
        (
            "ask_more",
            [],
            {"municipality": "anywhere"},
            [*sets(municipality="anywhere"), TO_THE_SUGGESTIONS],
        ),
        # They named a place, but not one that we know: asked, whatever was known before.
        (
            "inform_municipality",
            [],
            {"municipality": "Muurame"},
            [*sets(municipality=None), TO_WHERE],
        ),
    ],
)
async def test_a_search_begins_at_once_where_the_place_is_known(
    rooms: Rooms,
    resident: Resident,
    intent: str,
    entities: list[tuple[str, str]],
    slots: dict[str, Any],
    events: Events,
) -> None:
    state = tracker(intent, resident=resident, entities=entities, slots=slots)
    assert await run(ActionBeginSearch, rooms, state) == (events, [])


async def test_a_search_begins_where_the_resident_lives(rooms: Rooms, resident: Resident) -> None:
    await become(rooms, resident, municipality="Jämsä")
    state = tracker("ask_activities", resident=resident)
    assert await run(ActionBeginSearch, rooms, state) == (
        [*sets(municipality="Jämsä"), TO_THE_SUGGESTIONS],
        [],
    )


@pytest.mark.parametrize("consented", [False, True])
async def test_an_interest_is_kept_with_permission_and_else_in_the_conversation(
    rooms: Rooms, resident: Resident, consented: bool
) -> None:
    await become(rooms, resident, consented_at=now() if consented else None)
    state = tracker(
        "inform_interest",
        resident=resident,
        entities=[("interest", "chess"), ("interest", "taken_away_since")],
        slots={"mentioned_interests": ["walking"]},
    )
    mentioned = {} if consented else {"mentioned_interests": ["walking", "chess"]}
    assert await run(ActionBeginSearch, rooms, state) == (
        [*sets(**mentioned, municipality=None), TO_WHERE],
        [],
    )
    async with rooms.store.begin() as session:
        interests = await profile.interests_of(session, resident)
    assert interests == (["chess"] if consented else [])


# --- what -----------------------------------------------------------------------------------


async def test_a_suggestion_is_a_card_with_its_reason(rooms: Rooms, resident: Resident) -> None:
    ids = await put(
        rooms, activity("kuoro", needs=[], interests=["singing"], price_euros=0, walk_in=True)
    )
    async with rooms.store.begin() as session:
        await profile.add_interests(session, resident, ["singing"])
    events, said = await suggested(
        rooms, "skip", resident=resident, slots={"municipality": "Äänekoski"}
    )
    (card, values), *rest = said
    details = values.pop("details").split("\n")
    singing = rooms.interests.label("singing", "fi").lower()
    assert (card, values) == (
        "utter_activity_untimed",
        {
            "activity": str(ids["kuoro"]),
            "title": "kuoro",
            "reason": rooms.phrases("reason.interest", "fi", interest=singing),
            "map": "https://www.openstreetmap.org/?mlat=62.6000&mlon=25.7333&zoom=16",
        },
    )
    assert details[0] == "kuoro"
    assert rooms.phrases("activity.free", "fi") in details[-1]
    assert rest == [("utter_after_suggestions", {})]
    assert events == [*sets(shown_activities=[ids["kuoro"]]), LISTEN]


async def test_what_is_held_at_times_can_go_into_a_calendar(
    rooms: Rooms, resident: Resident
) -> None:
    weekly = {"start": "2026-01-05T10:00", "minutes": 60, "rrule": "FREQ=WEEKLY"}
    await put(rooms, activity("kahvit", times=[weekly]))
    _, said = await suggested(rooms, "skip", resident=resident, slots={"municipality": "Äänekoski"})
    assert [name for name, _ in said] == ["utter_activity", "utter_after_suggestions"]


async def test_nothing_found_is_said_honestly(rooms: Rooms, resident: Resident) -> None:
    assert await suggested(rooms, "ask_more", resident=resident) == (
        [LISTEN],
        [("utter_no_suggestions", {})],
    )


@pytest.mark.parametrize(
    ("place", "wider"), [("Äänekoski", False), ("Jämsä", True), ("anywhere", False)]
)
async def test_a_look_further_away_is_told(
    rooms: Rooms, resident: Resident, place: str, wider: bool
) -> None:
    await put(rooms, activity("kuoro"))
    _, said = await suggested(rooms, "skip", resident=resident, slots={"municipality": place})
    assert (("utter_suggestions_wider", {}) in said) is wider


async def test_a_factor_is_the_reason_in_the_residents_own_terms(
    rooms: Rooms, resident: Resident
) -> None:
    await put(rooms, activity("ruokapöytä", needs=["free"]))
    slots = {"municipality": "Äänekoski", "mentioned_factors": ["money"], "language": "en"}
    _, said = await suggested(rooms, "skip", resident=resident, slots=slots)
    reflection = rooms.factors.factors["money"].reflections["en"]
    assert said[0][1]["reason"] == rooms.phrases("reason.factor", "en", reflection=reflection)


async def test_three_at_the_most_and_then_others(rooms: Rooms, resident: Resident) -> None:
    ids = await put(rooms, *(activity(f"ryhmä {number}") for number in range(5)))
    slots: dict[str, Any] = {"municipality": "Äänekoski"}
    events, said = await suggested(rooms, "skip", resident=resident, slots=slots)
    first = cards(said)
    assert len(first) == 3
    assert events == [*sets(shown_activities=first), LISTEN]
    slots["shown_activities"] = first
    events, said = await suggested(rooms, "ask_more", resident=resident, slots=slots)
    assert sorted(first + cards(said)) == sorted(ids.values())
    assert sorted(events[0]["value"]) == sorted(ids.values())
    assert events[1:] == [LISTEN]


async def test_who_asks_anew_right_after_suggestions_sees_others(
    rooms: Rooms, resident: Resident
) -> None:
    ids = await put(rooms, *(activity(f"ryhmä {number}") for number in range(5)))
    slots: dict[str, Any] = {"municipality": "Äänekoski"}
    _, said = await suggested(rooms, "ask_activities", resident=resident, slots=slots)
    first = cards(said)
    slots["shown_activities"] = first
    before = [did("action_suggest_activities"), did("action_listen"), wrote("ask_activities")]
    _, said = await suggested(
        rooms, "ask_activities", resident=resident, slots=slots, events=before
    )
    assert sorted(first + cards(said)) == sorted(ids.values())
    # Some other day the best ones are worth showing once more, and so is what there is.
    _, said = await suggested(rooms, "ask_activities", resident=resident, slots=slots)
    assert cards(said) == first
    slots["shown_activities"] = list(ids.values())
    _, said = await suggested(
        rooms, "ask_activities", resident=resident, slots=slots, events=before
    )
    assert cards(said) == first


async def test_what_they_declined_is_not_suggested_again(rooms: Rooms, resident: Resident) -> None:
    ids = await put(rooms, activity("kuoro"), activity("kerho"))
    async with rooms.store.begin() as session:
        await history.mark(session, resident.id, ids["kuoro"], "declined")
        await history.mark(session, resident.id, ids["kerho"], "saved")
    _, said = await suggested(rooms, "skip", resident=resident, slots={"municipality": "Äänekoski"})
    assert cards(said) == [ids["kerho"]]


@pytest.mark.parametrize("told", ["now", "before", "kept"])
async def test_what_they_like_comes_first(rooms: Rooms, resident: Resident, told: str) -> None:
    ids = await put(
        rooms,
        *(activity(f"ryhmä {number}", needs=[]) for number in range(3)),
        activity("shakki", needs=[], interests=["chess"]),
    )
    slots: dict[str, Any] = {"municipality": "Äänekoski"}
    if told == "before":
        slots["mentioned_interests"] = ["chess", "taken_away_since"]
    if told == "kept":
        async with rooms.store.begin() as session:
            await profile.add_interests(session, resident, ["chess", "taken_away_since"])
    entities = [("interest", "chess"), ("interest", "no_such")] if told == "now" else []
    _, said = await suggested(
        rooms, "inform_interest", resident=resident, slots=slots, entities=entities
    )
    assert cards(said)[0] == ids["shakki"]


async def test_somebody_unknown_gets_suggestions_too(rooms: Rooms) -> None:
    ids = await put(rooms, online("verkkoryhmä"))
    _, said = await suggested(rooms, "skip", slots={"municipality": "anywhere"})
    assert cards(said) == [ids["verkkoryhmä"]]
    assert said[0][1]["map"] == ""


# --- the location that was sent -------------------------------------------------------------


async def test_a_location_is_looked_from_until_another_place_is_named(
    rooms: Rooms, resident: Resident
) -> None:
    ids = await put(rooms, activity("jämsä", **IN_JAMSA), activity("jyväskylä", **IN_JYVASKYLA))
    point = rooms.points.put(resident.conversation_id, 62.24, 25.75)

    # The point itself, and the same place named: nearest first, with the distance from the point.
    for intent in ("inform_municipality", "ask_activities"):
        state = {"resident": resident, "slots": {"municipality": "Jyväskylä"}}
        _, said = await suggested(rooms, intent, **state)
        assert cards(said)[0] == ids["jyväskylä"]
        assert rooms.points.get(resident.conversation_id) == point

    _, said = await suggested(rooms, "skip", resident=resident, slots={"municipality": "Jämsä"})
    assert cards(said)[0] == ids["jämsä"]
    assert rooms.points.get(resident.conversation_id) is None


async def test_a_location_sent_outside_any_question_is_looked_from(
    rooms: Rooms, resident: Resident
) -> None:
    point = rooms.points.put(resident.conversation_id, 62.24, 25.75)
    state = tracker(
        "inform_municipality", resident=resident, entities=[("municipality", "Jyväskylä")]
    )
    events, _ = await run(ActionBeginSearch, rooms, state)
    assert events == [*sets(municipality="Jyväskylä"), TO_THE_SUGGESTIONS]
    assert rooms.points.get(resident.conversation_id) == point


# --- when -----------------------------------------------------------------------------------

SUNDAY = {"start": "2020-01-05T13:00", "minutes": 60, "rrule": "FREQ=WEEKLY;BYDAY=SU"}
MONDAY = {"start": "2020-01-06T13:00", "minutes": 60, "rrule": "FREQ=WEEKLY;BYDAY=MO"}
SUNDAYS = Asked(when=When(weekdays=frozenset({6}))).as_json()
MONDAYS = Asked(when=When(weekdays=frozenset({0}))).as_json()


@pytest.mark.parametrize(
    "wished",
    [
        {"entities": [("time", "sunday")]},
        {"slots": {"municipality": "Jämsä", "search": SUNDAYS}},
    ],
)
async def test_what_is_on_when_it_is_wished_for_is_suggested(
    rooms: Rooms, resident: Resident, wished: dict[str, Any]
) -> None:
    ids = await put(
        rooms,
        activity("sunday", **IN_JAMSA, times=[SUNDAY]),
        activity("monday", **IN_JAMSA, times=[MONDAY]),
    )
    _, said = await suggested(
        rooms,
        "ask_activities",
        resident=resident,
        **({"slots": {"municipality": "Jämsä"}} | wished),
    )
    assert cards(said) == [ids["sunday"]]


async def test_what_is_on_at_other_times_is_said_to_be(rooms: Rooms, resident: Resident) -> None:
    ids = await put(rooms, activity("monday", **IN_JAMSA, times=[MONDAY]))
    _, said = await suggested(
        rooms,
        "ask_activities",
        resident=resident,
        slots={"municipality": "Jämsä"},
        entities=[("time", "sunday")],
    )
    assert said[0] == ("utter_suggestions_other_time", {})
    assert cards(said) == [ids["monday"]]


async def test_where_there_is_nothing_at_all_no_other_time_is_promised(
    rooms: Rooms, resident: Resident
) -> None:
    _, said = await suggested(
        rooms, "ask_activities", resident=resident, entities=[("time", "sunday")]
    )
    assert said == [("utter_no_suggestions", {})]


async def test_the_time_is_remembered_until_another_search_begins(
    rooms: Rooms, resident: Resident
) -> None:
    state = tracker("ask_activities", resident=resident, entities=[("time", "sunday")])
    events, _ = await run(ActionBeginSearch, rooms, state)
    assert events[0] == sets(search=SUNDAYS)[0]
    state = tracker("ask_activities", resident=resident, slots={"search": SUNDAYS})
    events, _ = await run(ActionBeginSearch, rooms, state)
    assert events[0] == sets(search=None)[0]


async def test_more_is_looked_for_at_the_same_time_unless_another_is_named(
    rooms: Rooms, resident: Resident
) -> None:
    slots = {"municipality": "Jämsä", "search": SUNDAYS}
    state = tracker("ask_more", resident=resident, slots=slots)
    events, _ = await run(ActionBeginSearch, rooms, state)
    assert events == [*sets(municipality="Jämsä"), TO_THE_SUGGESTIONS]
    state = tracker("ask_more", resident=resident, slots=slots, entities=[("time", "monday")])
    events, _ = await run(ActionBeginSearch, rooms, state)
    assert events[0] == sets(search=MONDAYS)[0]
