"""After a talk and beside it: a word of feedback, blocked residents, people who offer to help."""

from datetime import timedelta

from bot.handoff import blocks, volunteers
from bot.store.tables import Resident, now
from tests.sandbox.driver import AINO, GROUP
from tests.telegram.driver import Seura, beginning, button, words
from tests.telegram.test_relay import in_group


async def test_r5_a_tap_and_a_word_if_they_like(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    await in_group(seura, "/end")
    await seura.taps(button("utter_handoff_ended"))
    await seura.taps(button("utter_feedback_thanks"))
    assert (await seura.said())[-1] == words("utter_feedback_ask_words")
    assert await seura.writes("Oli hyvä, että joku kuunteli.") == [
        words("utter_feedback_words_thanks")
    ]
    [handoff] = await seura.handoffs()
    assert (handoff.feedback, handoff.feedback_words) == ("good", "Oli hyvä, että joku kuunteli.")
    assert handoff.state == "ended"
    assert "Oli hyvä, että joku kuunteli." in (await seura.in_topic())[-1]
    assert await seura.writes("ja muuta") == ["Rasa: ja muuta"]


async def test_danger_is_no_feedback(seura: Seura) -> None:
    await seura.has_a_human()
    await in_group(seura, "/end")
    await seura.taps(button("utter_handoff_ended"))
    await seura.taps(button("utter_feedback_thanks"))
    said = await seura.writes("haluan kuolla")
    assert said[0].startswith(beginning("utter_crisis_suicide"))


# --- blocked ---------------------------------------------------------------------------------


async def block(seura: Seura, resident: Resident) -> None:
    """A moderator blocks a resident for a day."""
    async with seura.app.store.begin() as session:
        until = now() + timedelta(days=1)
        await blocks.block(session, resident.id, AINO, "Aino", "uhkaili", until)


async def test_who_is_blocked_is_not_passed_on_and_still_gets_the_helplines(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.writes("hei")
    await block(seura, await seura.resident())
    seura.rasa.fault = ConnectionError("asleep")
    await seura.writes("hei")
    await seura.taps(button("utter_unavailable"))
    said = (await seura.said())[-1]
    assert said.startswith(beginning("utter_handoff_blocked"))
    assert "112" in said
    crisis, *more = await seura.writes("haluan kuolla")
    assert crisis.startswith(beginning("utter_crisis_suicide"))
    assert words("utter_crisis_human_called") not in more
    assert await seura.handoffs() == []


# --- people who offer to help ----------------------------------------------------------------

ANSWERS = ("Voin juoda kahvia jonkun kanssa.", "Iltaisin ja viikonloppuna.", "Laukaassa.")


async def offers(seura: Seura) -> None:
    """Somebody offers to help, and answers three questions."""
    seura.rasa.says_response("haluan auttaa", "utter_offer_help")
    await seura.writes("haluan auttaa")
    await seura.taps(button("utter_offer_help"))
    for answer in ANSWERS:
        await seura.writes(answer)


async def test_who_offers_to_help_is_asked_three_things_and_the_group_is_told(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await offers(seura)
    assert (await seura.said())[-4:] == [
        words(f"utter_volunteer_{name}") for name in ("what", "when", "where", "thanks")
    ]
    assert not set(ANSWERS) & set(seura.rasa.heard)
    alias = (await seura.resident()).alias
    what, when, where = ANSWERS
    assert (await seura.said(GROUP))[-1] == words(
        "utter_group_volunteer", alias=alias, what=what, when=when, where=where
    )
    async with seura.app.store.begin() as session:
        [(volunteer, _)] = await volunteers.volunteers(session)
    assert list(volunteer.answers.values()) == list(ANSWERS)


async def test_a_moderator_invites_them_with_a_link_for_one(seura: Seura) -> None:
    await offers(seura)
    toast = await seura.claims(AINO, button("utter_group_volunteer"))
    assert toast == words("utter_volunteer_invited")
    await seura.quiet()
    [call] = seura.calls("createChatInviteLink")
    assert int(call["params"]["member_limit"]) == 1
    invitation = (await seura.said())[-1]
    assert invitation.startswith(beginning("utter_volunteer_welcome"))
    assert "https://t.me/+" in invitation
    again = await seura.claims(AINO, button("utter_group_volunteer", 1))
    assert again == words("utter_volunteer_reviewed")


async def test_the_questions_outlive_a_restart_and_can_be_left(seura: Seura) -> None:
    seura.rasa.says_response("haluan auttaa", "utter_offer_help")
    await seura.writes("haluan auttaa")
    await seura.taps(button("utter_offer_help"))
    await seura.writes(ANSWERS[0])
    await seura.restart()
    assert await seura.writes(ANSWERS[1]) == [words("utter_volunteer_where")]
    assert await seura.writes("/lopeta") == [words("utter_volunteer_stopped")]
    async with seura.app.store.begin() as session:
        assert await volunteers.volunteers(session) == []
        assert await volunteers.being_asked(session) == set()
    assert await seura.writes("hei") == ["Rasa: hei"]


async def test_danger_among_the_answers_comes_first(seura: Seura) -> None:
    seura.rasa.says_response("haluan auttaa", "utter_offer_help")
    await seura.writes("haluan auttaa")
    await seura.taps(button("utter_offer_help"))
    said = await seura.writes("haluan kuolla")
    assert said[0].startswith(beginning("utter_crisis_suicide"))
