from typing import Any

import pytest
from rasa_sdk.events import FollowupAction

from actions.base import Events
from actions.privacy import ActionErase, ActionTellWhatIsKept, ValidateEraseForm
from actions.rooms import Rooms
from bot.factors import profile
from bot.handoff import service
from bot.residents import identity
from bot.store.tables import Resident
from tests.actions.making import become, run, sets, tracker

UNDER_WAY = {"walk_outcome": "under_way", "mood": "low"}


@pytest.mark.parametrize("language", ["fi", "en"])
async def test_what_is_kept_is_told_as_it_is(
    rooms: Rooms, resident: Resident, language: str
) -> None:
    await become(rooms, resident, municipality="Jämsä")
    async with rooms.store.begin() as session:
        await profile.add(session, resident, ["money", "taken_away_since"])
        await profile.add_interests(session, resident, ["chess"])
        await service.request(session, resident, {})
    spoken = rooms.phrases("language.fi", language)
    factors = f"{rooms.factors.label('money', language).lower()}, taken_away_since"
    chess = rooms.interests.label("chess", language).lower()
    parts = [
        rooms.phrases("kept.alias", language, alias=resident.alias),
        rooms.phrases("kept.language", language, language=spoken),
        rooms.phrases("kept.municipality", language, municipality="Jämsä"),
        rooms.phrases("kept.factors", language, factors=factors),
        rooms.phrases("kept.interests", language, interests=chess),
        rooms.phrases("kept.handoffs", language, count=1),
    ]
    state = tracker("ask_privacy", resident=resident, slots={"language": language})
    assert await run(ActionTellWhatIsKept, rooms, state) == (
        [],
        [("utter_kept", {"kept": rooms.phrases.join(parts, language)})],
    )


async def test_of_somebody_erased_nothing_is_kept(rooms: Rooms) -> None:
    assert await run(ActionTellWhatIsKept, rooms, tracker("ask_privacy")) == (
        [],
        [("utter_erased", {})],
    )


@pytest.mark.parametrize(
    ("asked", "intent", "events"),
    [
        ("erase_consent", "affirm", sets(erase_consent="yes")),
        ("erase_consent", "deny", sets(erase_consent="no")),
        ("erase_consent", "delete_data", sets(erase_consent="no")),
        ("erase_consent", "nlu_fallback", sets(erase_consent="no")),
        ("erase_consent", "ask_human", []),
        (None, "affirm", []),
        ("permission", "affirm", []),
    ],
)
async def test_only_a_yes_to_this_very_question_erases(
    rooms: Rooms, asked: str | None, intent: str, events: Events
) -> None:
    state = tracker(intent, asked=asked)
    assert await run(ValidateEraseForm, rooms, state) == (events, [])


async def test_a_yes_erases_the_resident(rooms: Rooms, resident: Resident) -> None:
    rooms.points.put(resident.conversation_id, 62.24, 25.75)
    state = tracker("affirm", resident=resident, slots={"erase_consent": "yes", **UNDER_WAY})
    assert await run(ActionErase, rooms, state) == ([], [("utter_erased", {})])
    async with rooms.store.begin() as session:
        assert await identity.find(session, resident.conversation_id) is None
    assert rooms.points.get(resident.conversation_id) is None


async def test_to_erase_somebody_twice_is_fine(rooms: Rooms) -> None:
    state = tracker("affirm", slots={"erase_consent": "yes"})
    assert await run(ActionErase, rooms, state) == ([], [("utter_erased", {})])


@pytest.mark.parametrize(("slots", "then"), [({}, []), (UNDER_WAY, [FollowupAction("walk_form")])])
@pytest.mark.parametrize("consent", ["no", None])
async def test_without_a_yes_nothing_is_erased(
    rooms: Rooms,
    resident: Resident,
    consent: str | None,
    slots: dict[str, Any],
    then: Events,
) -> None:
    state = tracker("deny", resident=resident, slots={"erase_consent": consent, **slots})
    assert await run(ActionErase, rooms, state) == (
        [*sets(erase_consent=None), *then],
        [("utter_not_erased", {})],
    )
    async with rooms.store.begin() as session:
        assert await identity.find(session, resident.conversation_id)
