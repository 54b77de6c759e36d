from datetime import timedelta
from typing import Any

import pytest
from rasa_sdk.events import FollowupAction

from actions.base import Events
from actions.handoff import ActionAskHandoffConsent, ActionRequestHandoff, ValidateHandoffForm
from actions.rooms import Rooms
from bot.factors import profile
from bot.handoff import service
from bot.store.tables import Handoff, Resident, now
from tests.actions.making import become, run, sets, tracker
from tests.dialogue.trackers import make_trackers, write_events

DONE = sets(handoff_consent=None)
UNDER_WAY = {"walk_outcome": "under_way", "mood": "low"}


@pytest.fixture
async def teller(rooms: Rooms, resident: Resident) -> Resident:
    """Somebody who has told about themselves."""
    await become(rooms, resident, municipality="Jämsä")
    async with rooms.store.begin() as session:
        await profile.add(session, resident, ["money"])
        await profile.add_interests(session, resident, ["chess"])
    return resident


async def request_of(rooms: Rooms, resident: Resident) -> Handoff | None:
    async with rooms.store.begin() as session:
        return await service.open_of(session, resident)


@pytest.mark.parametrize("language", ["fi", "en"])
async def test_they_see_first_what_the_moderator_will_see(
    rooms: Rooms, teller: Resident, language: str
) -> None:
    state = tracker("ask_human", resident=teller, slots={"language": language})
    factor = rooms.factors.label("money", language).lower()
    interest = rooms.interests.label("chess", language).lower()
    preview = "\n".join(
        [
            rooms.phrases("card.alias", language, alias=teller.alias),
            rooms.phrases(
                "card.language", language, language=rooms.phrases("language.fi", language)
            ),
            rooms.phrases("card.municipality", language, municipality="Jämsä"),
            rooms.phrases("card.factors", language, factors=factor),
            rooms.phrases("card.interests", language, interests=interest),
        ]
    )
    assert await run(ActionAskHandoffConsent, rooms, state) == (
        [],
        [("utter_ask_handoff", {"preview": preview})],
    )


async def test_of_somebody_unknown_there_is_nothing_to_show(rooms: Rooms) -> None:
    assert await run(ActionAskHandoffConsent, rooms, tracker("ask_human")) == ([], [])


WITHOUT_ANSWERS = [("rather_not", "yes")]
ALONG = [("send_along", "yes")]


@pytest.mark.parametrize(
    ("asked", "intent", "entities", "events"),
    [
        ("handoff_consent", "affirm", [], sets(handoff_consent="yes")),
        ("handoff_consent", "affirm", WITHOUT_ANSWERS, sets(handoff_consent="little")),
        ("handoff_consent", "affirm", ALONG, sets(handoff_consent="all")),
        ("handoff_consent", "deny", ALONG, sets(handoff_consent="no")),
        ("handoff_consent", "affirm", [*ALONG, *WITHOUT_ANSWERS], sets(handoff_consent="little")),
        ("handoff_consent", "ask_human", [], sets(handoff_consent="yes")),
        ("handoff_consent", "deny", [], sets(handoff_consent="no")),
        ("handoff_consent", "deny", WITHOUT_ANSWERS, sets(handoff_consent="no")),
        ("handoff_consent", "skip", [], sets(handoff_consent="no")),
        ("handoff_consent", "stop", [], sets(handoff_consent="no")),
        # Asked again: nothing goes to a human without a yes.
        ("handoff_consent", "greet", [], sets(handoff_consent=None)),
        ("handoff_consent", "express_distress", WITHOUT_ANSWERS, sets(handoff_consent=None)),
        ("handoff_consent", "nlu_fallback", [], sets(handoff_consent=None)),
        # Left to its rule: who reads this?
        ("handoff_consent", "ask_privacy", [], []),
        # The question was not asked yet.
        (None, "ask_human", [], []),
        ("mood", "affirm", [], []),
    ],
)
async def test_only_a_yes_is_a_yes(
    rooms: Rooms,
    asked: str | None,
    intent: str,
    entities: list[tuple[str, str]],
    events: Events,
) -> None:
    state = tracker(intent, asked=asked, entities=entities)
    assert await run(ValidateHandoffForm, rooms, state) == (events, [])


@pytest.mark.parametrize(
    ("text", "language", "consent"),
    [
        ("Viestit mukaan!", "fi", "all"),
        ("kyllä ja viestit  mukaan", "fi", "all"),
        ("messages too", "en", "all"),
        ("älä laita viestejä mukaan", "fi", None),
        ("", "fi", None),
    ],
)
async def test_h9_that_messages_go_along_can_be_typed(
    rooms: Rooms, text: str, language: str, consent: str | None
) -> None:
    slots = {"language": language}
    state = tracker("nlu_fallback", text, asked="handoff_consent", slots=slots)
    assert await run(ValidateHandoffForm, rooms, state) == (sets(handoff_consent=consent), [])


def _conversation(rooms: Rooms, resident: Resident) -> None:
    """What Rasa's store has when the resident is asked what may be sent."""
    at = now().timestamp()
    read = {"intent": {"name": "ask_human"}, "entities": [{"entity": "factor", "value": "money"}]}
    make_trackers(rooms.tracker_database)
    write_events(
        rooms.tracker_database,
        resident.conversation_id,
        [
            {"event": "user", "text": "vanha", "timestamp": at - timedelta(days=2).total_seconds()},
            {"event": "user", "text": "rahat on loppu", "timestamp": at},
            {"event": "bot", "text": "Kurja juttu.", "timestamp": at},
            {"event": "user", "text": "/factor{}", "timestamp": at, "parse_data": read},
            {"event": "user", "text": "ihminen kiitos", "timestamp": at},
            {"event": "active_loop", "name": "handoff_form"},
            {"event": "bot", "text": "Lähetänkö pyynnön?", "timestamp": at},
        ],
    )


@pytest.mark.parametrize("consent", ["yes", "little", "all"])
async def test_h9_what_was_said_goes_along_only_where_it_was_chosen(
    rooms: Rooms, teller: Resident, consent: str
) -> None:
    _conversation(rooms, teller)
    state = tracker("affirm", resident=teller, slots={"handoff_consent": consent})
    await run(ActionRequestHandoff, rooms, state)
    handoff = await request_of(rooms, teller)
    assert handoff
    assert handoff.reason == "words"
    if consent != "all":
        assert handoff.told_before is None
        return
    assert handoff.told_before
    assert [(line["by"], line["text"]) for line in handoff.told_before["lines"]] == [
        ("user", "rahat on loppu"),
        ("bot", "Kurja juttu."),
        ("user", rooms.factors.label("money", "fi")),
        ("user", "ihminen kiitos"),
    ]


async def test_h9_a_conversation_that_can_not_be_read_holds_no_request_up(
    rooms: Rooms, teller: Resident
) -> None:
    rooms.tracker_database.write_text("this is no database, and long enough to be looked at" * 20)
    state = tracker("affirm", resident=teller, slots={"handoff_consent": "all"})
    _, said = await run(ActionRequestHandoff, rooms, state)
    assert [name for name, _ in said] == ["utter_handoff_requested"]
    handoff = await request_of(rooms, teller)
    assert handoff
    assert handoff.told_before is None


@pytest.mark.parametrize(
    ("consent", "shared"),
    [
        (
            "yes",
            {
                "factors": ["money"],
                "interests": ["chess"],
                "municipality": "Jämsä",
                "language": "fi",
            },
        ),
        ("little", {"language": "fi"}),
    ],
)
async def test_a_yes_sends_what_was_agreed_on(
    rooms: Rooms, teller: Resident, consent: str, shared: dict[str, Any]
) -> None:
    slots = {"handoff_consent": consent, **UNDER_WAY}
    state = tracker("affirm", resident=teller, slots=slots)
    assert await run(ActionRequestHandoff, rooms, state) == (
        DONE,
        [("utter_handoff_requested", {})],
    )
    handoff = await request_of(rooms, teller)
    assert handoff
    assert (handoff.state, handoff.shared, handoff.danger) == ("requested", shared, None)


@pytest.mark.parametrize(
    ("slots", "events"), [({}, DONE), (UNDER_WAY, [*DONE, FollowupAction("walk_form")])]
)
async def test_a_no_sends_nothing_and_the_walk_goes_on(
    rooms: Rooms, teller: Resident, slots: dict[str, str], events: Events
) -> None:
    state = tracker("deny", resident=teller, slots={"handoff_consent": "no", **slots})
    assert await run(ActionRequestHandoff, rooms, state) == (
        events,
        [("utter_handoff_not_sent", {})],
    )
    assert await request_of(rooms, teller) is None


async def test_for_somebody_erased_meanwhile_nobody_is_called(rooms: Rooms) -> None:
    state = tracker("affirm", slots={"handoff_consent": "yes"})
    assert await run(ActionRequestHandoff, rooms, state) == (DONE, [])
