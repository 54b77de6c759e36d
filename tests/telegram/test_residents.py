from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.errors import DialogueUnavailable
from bot.factors import profile
from bot.handoff import service
from bot.residents import consent, identity, teaching
from bot.store.tables import Outgoing, ResidentActivity, SafetyAssessment, Update, now
from tests.activities.making import activity
from tests.sandbox.driver import AINO, ANNA, BERTTA, GROUP, Json
from tests.telegram.driver import (
    Seura,
    beginning,
    button,
    buttons_of,
    incoming,
    labels_of,
    phrases,
    words,
)

DOWN = DialogueUnavailable("down")
SLOW = DialogueUnavailable("no answer in time")
SUICIDE = "haluan kuolla"
CONCERN = "en jaksa enää"
FRIEND = "kaverini haluaa tappaa itsensä"
SAFE, UNSAFE, HUMAN = (button("utter_crisis_suicide", number) for number in range(3))


# --- with Rasa -------------------------------------------------------------------------------


async def test_rasa_is_asked_by_conversation_and_answers_each_message(anywhere: Seura) -> None:
    assert await anywhere.writes("hei") == ["Rasa: hei"]
    assert await anywhere.writes("moi") == ["Rasa: moi"]
    resident = await anywhere.resident()
    assert {body["sender"] for body in anywhere.rasa.asked} == {resident.conversation_id}
    assert all(str(ANNA) not in str(body) for body in anywhere.rasa.asked)


async def test_rasa_is_told_the_language_once_and_again_when_it_changes(seura: Seura) -> None:
    await seura.writes("moikka", language_code="fi")
    await seura.writes("moikka vaan")
    await seura.writes("What can you do for me, I have no friends here at all?")
    await seura.writes("and now")
    assert [body["language"] for body in seura.rasa.asked] == ["fi", None, "en", None]


async def test_a_language_that_rasa_may_not_have_heard_of_is_told_again(seura: Seura) -> None:
    seura.rasa.fault = SLOW
    await seura.writes("moikka")
    seura.rasa.fault = None
    await seura.writes("moikka")
    assert [body["language"] for body in seura.rasa.asked] == ["fi", "fi"]


async def test_a_language_that_was_asked_for_is_kept_whatever_is_written(seura: Seura) -> None:
    await seura.writes("moikka")
    async with seura.app.store.begin() as session:
        resident = await identity.by_telegram_id(session, ANNA)
        assert resident is not None
        resident.language_chosen = True
    await seura.writes("What can you do for me, I have no friends here at all?")
    assert (await seura.resident()).language == "fi"


async def test_somebody_whose_telegram_is_not_finnish_is_met_in_english(seura: Seura) -> None:
    seura.rasa.fault = DOWN
    assert await seura.writes("hey", language_code="sv") == [words("utter_unavailable", "en")]


async def test_a_command_is_asked_as_what_it_means(seura: Seura) -> None:
    for command in ("/start", "/tiedot", "/ohje@seura_sandbox_bot", "/Tekemista"):
        await seura.writes(command)
    assert seura.rasa.heard == ["/greet", "/ask_privacy", "/ask_capabilities", "/ask_activities"]


async def test_what_a_resident_types_is_never_taken_for_a_payload(seura: Seura) -> None:
    for text in ("/delete_everything", '/affirm{"rather_not": "yes"}', "//", "/", "/ /affirm"):
        await seura.writes(text)
        heard = seura.rasa.heard[-1]
        assert heard.strip()
        assert not heard.startswith("/")
    assert len(seura.rasa.heard) == 5


async def test_m2_what_is_no_text_is_answered_without_rasa(seura: Seura) -> None:
    await seura.writes("hei")
    sticker = await seura.sends("sticker")
    assert await seura.said(after=sticker["message_id"]) == [words("utter_only_text")]
    captioned = await seura.sends("photo", caption="tässä olen minä")
    assert await seura.said(after=captioned["message_id"]) == ["Rasa: tässä olen minä"]
    assert seura.rasa.heard == ["hei", "tässä olen minä"]


async def test_k3_a_location_is_told_to_rasa_as_a_municipality_and_kept_rounded_in_memory(
    seura: Seura,
) -> None:
    await seura.writes("hei")
    await seura.people.act(
        f"chats/{ANNA}/locations", user_id=ANNA, latitude=62.60412, longitude=25.72345
    )
    await seura.quiet()
    assert seura.rasa.heard[-1] == '/inform_municipality{"municipality": "Äänekoski"}'
    point = seura.app.rooms.points.get((await seura.resident()).conversation_id)
    assert point == (62.6, 25.72)


async def test_a_long_answer_comes_whole_in_pieces_that_telegram_takes(seura: Seura) -> None:
    long = "Ensimmäinen lause tässä. " * 200 + "\U0001f9d1\u200d\U0001f33e" * 900
    seura.rasa.says("kerro", long)
    said = await seura.writes("kerro")
    assert len(said) > 2
    assert said[0].endswith("tässä.")
    assert "".join("".join(said).split()) == "".join(long.split())


async def test_while_rasa_thinks_the_resident_sees_that_the_bot_is_typing(seura: Seura) -> None:
    await seura.writes("hei")
    assert [call["params"]["action"] for call in seura.calls("sendChatAction", ANNA)] == ["typing"]


# --- without Rasa ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [SLOW, (200, b"<html>")],
    ids=["slow", "rubbish"],
)
async def test_without_rasa_the_resident_hears_so_and_reaches_a_human(
    seura: Seura, fault: Exception | tuple[int, bytes]
) -> None:
    seura.rasa.fault = fault
    assert await seura.writes("hei") == [words("utter_unavailable")]
    await seura.taps(button("utter_unavailable"))
    assert (await seura.said())[-1] == words("utter_handoff_requested")
    assert await seura.in_topic()
    await seura.taps(button("utter_handoff_requested"))
    assert words("utter_handoff_cancelled") in await seura.said()
    seura.rasa.fault = None
    assert await seura.writes("hei") == ["Rasa: hei"]


async def test_h4_asking_for_a_human_again_is_one_request_and_one_reminder(seura: Seura) -> None:
    await seura.waits_for_a_human()
    await seura.writes("/ihminen")
    assert (await seura.said())[-1] == words("utter_handoff_already")
    assert await seura.writes("/ihminen") == []
    assert len(await seura.handoffs()) == 1
    assert len(await seura.topics()) == 1


async def test_there_is_nothing_to_cancel_twice(seura: Seura) -> None:
    await seura.waits_for_a_human()
    message = await seura.with_button(button("utter_handoff_requested"))
    for _ in range(2):
        await seura.taps(button("utter_handoff_requested"), message=message)
    assert (await seura.said())[-1] == words("utter_nothing_to_end")


async def test_saved_activities_are_listed_without_rasa(seura: Seura) -> None:
    await seura.writes("hei")
    seura.rasa.fault = DOWN
    assert await seura.writes("/tallennetut") == [words("utter_no_saved")]
    seura.rasa.fault = None
    async with seura.app.store.begin() as session:
        session.add_all([activity("Kahvihetki"), activity("Sählyä")])
    for number in (1, 2):
        seura.rasa.says_response(
            "tekemistä",
            "utter_activity_untimed",
            activity=number,
            title="t",
            details="d",
            reason="r",
            map="https://example.org",
        )
        await seura.writes("tekemistä")
        await seura.taps(button("utter_activity_untimed", 0 if number == 1 else 3))
        said = "utter_saved" if number == 1 else "utter_declined"
        assert (await seura.said())[-1] == words(said)
    [listed] = await seura.writes("/tallennetut")
    assert "Kahvihetki" in listed
    assert "Sählyä" not in listed
    async with seura.app.store.begin() as session:
        marks = (await session.scalars(select(ResidentActivity.mark))).all()
    assert sorted(marks) == ["declined", "saved"]


async def test_an_activity_that_is_not_held_any_more_is_said_to_be_gone(seura: Seura) -> None:
    seura.rasa.says_response(
        "tekemistä", "utter_activity", activity=5, title="t", details="d", reason="r", map=""
    )
    await seura.writes("tekemistä")
    for number in (0, 1, 2):
        await seura.taps(labels_of((await seura.seen())[0])[number])
        assert (await seura.said())[-1] == words("utter_activity_gone")


# --- buttons ---------------------------------------------------------------------------------

QUESTION = {
    "text": "?",
    "buttons": [
        {"title": "Kyllä", "payload": "/affirm"},
        {"title": "En", "payload": '/deny{"why": "salaisuus"}'},
        {"title": "Ihminen", "payload": "/ask_human"},
    ],
}


async def test_a_button_is_asked_as_its_payload_and_the_choice_stays_to_be_seen(
    anywhere: Seura,
) -> None:
    anywhere.rasa.says("hei", QUESTION)
    await anywhere.writes("hei")
    assert await anywhere.taps("En") is None
    assert anywhere.rasa.heard == ["hei", '/deny{"why": "salaisuus"}']
    assert labels_of((await anywhere.seen())[0]) == ["✓ En"]
    assert (await anywhere.said())[-1] == 'Rasa: /deny{"why": "salaisuus"}'


async def test_telegram_never_sees_a_payload(seura: Seura) -> None:
    seura.rasa.says("hei", QUESTION, {"text": "?", "custom": {"options": "municipalities"}})
    await seura.writes("hei")
    await seura.taps("En")
    sent = [c["params"].get("reply_markup") for c in seura.people.app.state.calls]
    data = [one["callback_data"] for m in sent if m for one in buttons_of({"reply_markup": m})]
    assert len(data) > 20
    assert all(len(one.encode()) <= 64 and one.startswith("k:") for one in data)
    assert "salaisuus" not in str(sent)


async def test_a_question_that_is_past_cannot_be_answered(seura: Seura) -> None:
    seura.rasa.says("hei", QUESTION)
    await seura.writes("hei")
    await seura.writes("muuta")
    assert await seura.taps("Kyllä") == words("utter_button_past")
    assert seura.rasa.heard == ["hei", "muuta"]
    assert await seura.taps("Ihminen") is None
    assert seura.rasa.heard[-1] == "/ask_human"


async def test_a_question_can_be_answered_once(seura: Seura) -> None:
    seura.rasa.says("hei", QUESTION)
    await seura.writes("hei")
    [message] = await seura.seen()
    await seura.taps("Kyllä", message=message)
    assert await seura.forges(data_of(message, "En")) == words("utter_button_past")
    assert seura.rasa.heard == ["hei", "/affirm"]


def data_of(message: Json, name: str) -> str:
    return next(str(one["callback_data"]) for one in buttons_of(message) if one["text"] == name)


async def test_somebody_elses_button_does_nothing(seura: Seura) -> None:
    seura.rasa.says("hei", QUESTION)
    await seura.writes("hei", ANNA)
    await seura.writes("moi", BERTTA)
    [message] = await seura.seen(ANNA)
    toast = await seura.forges(data_of(message, "Kyllä"), BERTTA)
    assert toast == words("utter_button_past")
    assert seura.rasa.heard == ["hei", "moi"]
    assert labels_of((await seura.seen(ANNA))[0]) == ["Kyllä", "En", "Ihminen"]
    await seura.taps("Kyllä", ANNA)
    assert seura.rasa.heard[-1] == "/affirm"


async def test_a_token_that_was_guessed_or_a_number_that_is_none_does_nothing(
    seura: Seura,
) -> None:
    seura.rasa.says("hei", QUESTION)
    await seura.writes("hei")
    [message] = await seura.seen()
    token = data_of(message, "Kyllä").split(":")[1]
    for data in (
        "k:guessed:0",
        f"k:{token}:9",
        f"k:{token}:²",
        f"k:{token}:-1",
        f"k:{token}:٣",
        f"k:{token}",
        f"h:{token}:0",
        "h:claim:1",
        "/delete_data",
        "!human",
    ):
        assert await seura.forges(data) == words("utter_button_past"), data
    assert seura.rasa.heard == ["hei"]
    assert await seura.said() == ["?"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example("k:token:²")
@example("k:token:" + "9" * 30)
@given(data=st.text(max_size=64) | st.from_regex(r"[kh]:[\w-]{0,14}:\w{0,30}", fullmatch=True))
async def test_k2_whatever_is_forged_is_answered_with_a_toast(asleep: Seura, data: str) -> None:
    tap = {
        "id": "1",
        "from": {"id": ANNA, "is_bot": False, "first_name": "A", "language_code": "fi"},
        "message": {"message_id": 1, "chat": {"id": ANNA, "type": "private"}},
        "data": data,
    }
    answers: list[str | None] = []

    async def answered(_: str, words: str | None) -> None:
        answers.append(words)

    asleep.app.residents._answer_tap = answered  # type: ignore[method-assign]
    await asleep.app.residents.handle(incoming(1, {"callback_query": tap}))
    assert answers == [words("utter_button_past")]


# --- chips -----------------------------------------------------------------------------------


async def _asks_for(seura: Seura, options: str, *buttons: Json) -> Json:
    seura.rasa.says("hei", {"text": "?", "custom": {"options": options}, "buttons": buttons})
    await seura.writes("hei")
    return (await seura.seen())[-1]


async def _factors(seura: Seura) -> list[str]:
    async with seura.app.store.begin() as session:
        return await profile.factors_of(session, await seura.resident())


async def _interests(seura: Seura) -> list[str]:
    async with seura.app.store.begin() as session:
        return await profile.interests_of(session, await seura.resident())


def _factor(seura: Seura, key: str) -> str:
    return seura.app.rooms.factors.label(key, "fi")


async def test_the_first_chip_answers_and_further_ones_add_to_the_answer_and_take_away(
    anywhere: Seura,
) -> None:
    seura = anywhere
    message = await _asks_for(seura, "individual")
    shy, bullied = _factor(seura, "shyness"), _factor(seura, "bullying")

    async def remember(_: Json) -> None:
        async with seura.app.store.begin() as session:
            await profile.add(session, await seura.resident(), ["shyness"])

    seura.rasa.acts['/factor{"factor": "shyness"}'] = remember
    await seura.taps(shy)
    assert seura.rasa.heard == ["hei", '/factor{"factor": "shyness"}']
    await seura.taps(bullied)
    assert await _factors(seura) == ["shyness", "bullying"]
    chosen = [one for one in labels_of((await seura.seen())[0]) if one.startswith("✓")]
    assert set(chosen) == {f"✓ {shy}", f"✓ {bullied}"}
    await seura.taps(f"✓ {shy}")
    assert await _factors(seura) == ["bullying"]
    assert len(seura.rasa.heard) == 2
    assert labels_of((await seura.seen())[0]) == [
        f"✓ {one}" if one == bullied else one for one in labels_of(message)
    ]


async def test_what_was_tapped_while_rasa_was_away_can_be_tapped_again(seura: Seura) -> None:
    shy = _factor(seura, "shyness")
    for name, payload in ((shy, '/factor{"factor": "shyness"}'), ("Ohita", "/skip")):
        await _asks_for(seura, "individual", {"title": "Ohita", "payload": "/skip"})
        message = (await seura.seen())[-1]
        seura.rasa.fault = DOWN
        await seura.taps(name)
        assert labels_of((await seura.seen())[-2]) == labels_of(message)
        seura.rasa.fault = None
        await seura.taps(name)
        assert seura.rasa.heard[-1] == payload


async def test_k2_every_tap_is_answered_once_even_when_rasa_fails(seura: Seura) -> None:
    shy = _factor(seura, "shyness")
    await _asks_for(seura, "individual", {"title": "Ohita", "payload": "/skip"})
    for fault in (DOWN, SLOW, None):
        seura.rasa.fault = fault
        await seura.taps(shy)
    answered = [call["params"]["callback_query_id"] for call in seura.calls("answerCallbackQuery")]
    assert len(answered) == len(set(answered)) == 3


async def test_interests_are_chosen_and_taken_back_as_factors_are(seura: Seura) -> None:
    await _asks_for(seura, "interests")
    first, second, *_ = (i for i in seura.app.rooms.interests.interests.values() if i.chip)
    await seura.taps(first.labels["fi"])
    assert seura.rasa.heard[-1] == f'/inform_interest{{"interest": "{first.key}"}}'
    await seura.taps(second.labels["fi"])
    assert await _interests(seura) == [second.key]
    await seura.taps(f"✓ {second.labels['fi']}")
    assert await _interests(seura) == []


async def test_ones_own_factors_are_tapped_away_and_back(seura: Seura) -> None:
    await seura.writes("moi")
    async with seura.app.store.begin() as session:
        await profile.add(session, await seura.resident(), ["shyness", "money"])
    await _asks_for(seura, "mine", {"title": "Valmis", "payload": "/affirm"})
    shy = _factor(seura, "shyness")
    await seura.taps(f"✓ {shy}")
    assert await _factors(seura) == ["money"]
    await seura.taps(shy)
    assert await _factors(seura) == ["money", "shyness"]
    await seura.taps("Valmis")
    assert seura.rasa.heard[-1] == "/affirm"


async def test_something_else_leaves_the_question_open(seura: Seura) -> None:
    await _asks_for(seura, "individual")
    await seura.taps(phrases()("button.something_else", "fi"))
    assert (await seura.said())[-1] == words("utter_in_your_words")
    await seura.taps(_factor(seura, "shyness"))
    assert seura.rasa.heard[-1] == '/factor{"factor": "shyness"}'


async def test_the_location_button_asks_with_telegrams_own_keyboard(seura: Seura) -> None:
    await _asks_for(seura, "municipalities")
    await seura.taps(phrases()("button.location", "fi"))
    below = seura.people.world.chats[ANNA].keyboard
    assert below is not None
    assert below["keyboard"][0][0]["request_location"]
    await seura.taps("Multia")
    assert seura.rasa.heard[-1] == '/inform_municipality{"municipality": "Multia"}'


@pytest.mark.parametrize("name", ["Kyllä", "chip"])
async def test_a_tap_that_a_crash_cut_off_is_asked_about_again(seura: Seura, name: str) -> None:
    options: Json = {"custom": {"options": "individual"}} if name == "chip" else {}
    seura.rasa.says("hei", {**QUESTION, **options})
    await seura.writes("hei")
    tapped = _factor(seura, "shyness") if name == "chip" else name
    payload = '/factor{"factor": "shyness"}' if name == "chip" else "/affirm"
    seura.rasa.hold(payload)
    message = await seura.with_button(tapped)
    await seura.people.act(
        f"chats/{ANNA}/taps", user_id=ANNA, message_id=message["message_id"], button=tapped
    )
    await seura.until(lambda: _heard(seura, payload))
    await seura.stop()
    seura.rasa.held.clear()
    await seura.restart()
    await seura.quiet()
    assert seura.rasa.heard == ["hei", payload, payload]
    assert seura.rasa.asked[-1]["again"] is True
    assert (await seura.said())[-1] == f"Rasa: {payload}"
    assert f"✓ {tapped}" in labels_of((await seura.seen())[0])


async def _heard(seura: Seura, message: str) -> bool:
    return message in seura.rasa.heard


# --- danger ----------------------------------------------------------------------------------


async def _assessments(seura: Seura) -> list[tuple[str, str]]:
    async with seura.app.store.begin() as session:
        found = await session.scalars(select(SafetyAssessment).order_by(SafetyAssessment.id))
        return [(one.kind, one.level) for one in found]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SUICIDE, "suicide"),
        ("viiltelen itseäni", "selfharm"),
        ("mieheni lyö minua", "violence"),
        ("soita ambulanssi, isä ei hengitä", "emergency"),
    ],
)
async def test_danger_is_answered_with_help_and_a_human_is_called_even_without_rasa(
    seura: Seura, text: str, kind: str
) -> None:
    seura.rasa.fault = DOWN
    first, second = await seura.writes(text)
    assert first.startswith(beginning(f"utter_crisis_{kind}"))
    assert "112" in first
    assert second == words("utter_crisis_human_called")
    assert seura.rasa.asked == []
    [handoff] = await seura.handoffs()
    assert (handoff.danger, handoff.shared) == (kind, {"language": "fi"})
    card, *_ = await seura.in_topic()
    assert phrases()(f"danger.{kind}", "fi") in card
    assert (await _assessments(seura))[0][0] == kind


async def test_what_was_said_in_danger_is_kept_nowhere(seura: Seura) -> None:
    await seura.writes(f"{SUICIDE} salaisuus")
    async with seura.app.store.begin() as session:
        for table in (SafetyAssessment, Update, Outgoing):
            rows = await session.scalars(select(table))
            assert all("salaisuus" not in str(vars(row)) for row in rows)
    assert "salaisuus" not in str(await seura.said(GROUP))


async def test_danger_is_heard_in_the_middle_of_a_question_and_in_a_caption(
    seura: Seura,
) -> None:
    seura.rasa.says("hei", QUESTION)
    await seura.writes("hei")
    [first, _] = await seura.writes(SUICIDE)
    assert first.startswith(beginning("utter_crisis_suicide"))
    assert await seura.taps("Kyllä") == words("utter_button_past")
    photo = await seura.sends("photo", BERTTA, caption=SUICIDE)
    said = await seura.said(BERTTA, after=photo["message_id"])
    assert said[0].startswith(beginning("utter_crisis_suicide"))


async def test_danger_is_heard_behind_a_command(seura: Seura) -> None:
    for who, command in enumerate(("/start", "/stop", "/human", "/saved", "/unknown"), 1101):
        [first, *_] = await seura.writes(f"{command} {SUICIDE}", who)
        assert first.startswith(beginning("utter_crisis_suicide")), command
    assert seura.rasa.asked == []


async def test_danger_while_rasa_is_thinking_waits_only_for_that_turn(seura: Seura) -> None:
    seura.rasa.fault = SLOW
    await seura.people.write(ANNA, "hei")
    said = await seura.writes(SUICIDE)
    assert any(one.startswith(beginning("utter_crisis_suicide")) for one in said)


async def test_danger_is_answered_in_the_language_that_it_is_told_in(seura: Seura) -> None:
    for who, text, language in (
        (1101, "I want to die", "en"),
        (1102, "jag vill dö", "sv"),
        (1103, "хочу умереть", "ru"),
        (1104, "أريد الانتحار", "ar"),
    ):
        first, second = await seura.writes(text, who)
        assert first.startswith(beginning("utter_crisis_suicide", language))
        assert second == words("utter_crisis_human_called", "en")


async def test_what_is_only_a_concern_is_asked_about_and_nobody_is_called(seura: Seura) -> None:
    [said] = await seura.writes(CONCERN)
    assert said.startswith(beginning("utter_crisis_concern"))
    assert await seura.handoffs() == []
    await seura.taps(button("utter_crisis_concern", 1))
    assert (await seura.said())[-1].startswith(beginning("utter_crisis_suicide"))
    [handoff] = await seura.handoffs()
    assert handoff.danger == "suicide"


async def test_somebody_worried_about_another_gets_advice_and_no_alarm(seura: Seura) -> None:
    [said] = await seura.writes(FRIEND)
    assert said.startswith(beginning("utter_crisis_friend"))
    assert await seura.handoffs() == []
    assert (await seura.resident()).alarm is None
    assert await seura.writes("kiitos") == ["Rasa: kiitos"]


async def test_rasas_second_look_asks_and_calls_nobody(seura: Seura) -> None:
    vague = "ehkä mä vaan meen"
    seura.rasa.says(vague, "hauskaa!", intent="crisis", leaf="crisis/suicide")
    [said] = await seura.writes(vague)
    assert said.startswith(beginning("utter_crisis_concern"))
    assert await seura.handoffs() == []
    assert (await seura.resident()).alarm == "suicide"


async def test_rasas_second_look_must_be_sure_enough(seura: Seura) -> None:
    seura.rasa.says("hmm", "jatketaan", intent="crisis", leaf="crisis/suicide", confidence=0.3)
    assert await seura.writes("hmm") == ["jatketaan"]


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("en oo turvassa", "utter_crisis_unsafe"),
        ("joo ajattelen kyllä", "utter_crisis_suicide"),
        ("haluan ihmisen", "utter_crisis_waiting"),
        ("en uskalla soittaa", "utter_crisis_cannot_call"),
        ("eiku en mä sillä", "utter_crisis_stay"),
        ("kyllä aion", "utter_crisis_unsafe"),
        ("kyllä", "utter_crisis_unclear"),
        ("Olen.", "utter_crisis_unclear"),
        ("Yes, I am", "utter_crisis_unclear"),
        ("I can't talk to people", "utter_crisis_stay"),
    ],
)
async def test_what_they_answer_to_the_alarm_is_heard(
    seura: Seura, text: str, response: str
) -> None:
    await seura.writes(SUICIDE)
    [said] = await seura.writes(text)
    assert said.startswith(beginning(response))
    assert (await seura.resident()).alarm == "suicide"


async def test_only_danger_to_oneself_leads_to_the_question_about_dying(seura: Seura) -> None:
    await seura.writes("mieheni lyö minua")
    [said] = await seura.writes("joo mietin sitä usein")
    assert said.startswith(beginning("utter_crisis_stay"))


async def test_another_danger_said_to_an_alarm_is_heard(seura: Seura) -> None:
    await seura.writes("mieheni lyö minua")
    await seura.writes("joo mietin itsemurhaa usein")
    assert (await seura.resident()).alarm == "suicide"


async def test_the_alarm_stays_until_they_say_that_they_are_safe(anywhere: Seura) -> None:
    seura = anywhere
    await seura.writes(SUICIDE)
    for text in ("no jaa", "/tekemista", "/start"):
        [said] = await seura.writes(text)
        assert said.startswith(beginning("utter_crisis_stay"))
    [still] = await seura.writes(SUICIDE)
    assert still.startswith(beginning("utter_crisis_still"))
    sticker = await seura.sends("sticker")
    [said] = await seura.said(after=sticker["message_id"])
    assert said.startswith(beginning("utter_crisis_stay"))
    assert seura.rasa.asked == []
    [said] = await seura.writes("olen turvassa")
    assert said.startswith(beginning("utter_crisis_safe"))
    assert await seura.writes("no jaa") == ["Rasa: no jaa"]
    assert len(await seura.handoffs()) == 1


async def test_the_buttons_of_the_alarm_work_without_rasa(seura: Seura) -> None:
    seura.rasa.fault = DOWN
    await seura.writes(SUICIDE)
    await seura.taps(HUMAN)
    assert (await seura.said())[-1].startswith(beginning("utter_crisis_waiting"))
    await seura.writes(SUICIDE)
    await seura.taps(UNSAFE)
    assert (await seura.said())[-1].startswith(beginning("utter_crisis_unsafe"))
    await seura.taps(button("utter_crisis_unsafe", 0))
    assert (await seura.said())[-1].startswith(beginning("utter_crisis_safe"))
    assert (await seura.resident()).alarm is None


async def test_an_old_button_of_an_alarm_still_helps(seura: Seura) -> None:
    """Whoever scrolls back to say that they are not safe must not hear that it is past."""
    await seura.writes(SUICIDE)
    first = await seura.with_button(UNSAFE)
    await seura.writes("no jaa")
    assert await seura.taps(UNSAFE, message=first) is None
    assert (await seura.said())[-1].startswith(beginning("utter_crisis_unsafe"))


async def test_danger_while_waiting_for_a_human_is_answered_and_marked_at_once(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.waits_for_a_human()
    assert phrases()("danger.suicide", "fi") not in (await seura.in_topic())[0]
    said = await seura.writes(SUICIDE)
    assert said[0].startswith(beginning("utter_crisis_suicide"))
    card, *told = await seura.in_topic()
    assert phrases()("danger.suicide", "fi") in card
    assert told == [
        words("utter_topic_resident", text=SUICIDE),
        words("utter_topic_danger", danger=phrases()("danger.suicide", "fi")),
    ]
    [handoff] = await seura.handoffs()
    assert handoff.danger == "suicide"


async def test_danger_is_answered_although_no_topic_can_be_opened(seura: Seura) -> None:
    await seura.people.act("faults", method="createForumTopic", status=429, retry_after=60)
    await seura.writes("hei")
    async with seura.app.store.begin() as session:
        await service.request(session, await seura.resident(), {})
    await seura.people.write(ANNA, SUICIDE)
    await seura.until(lambda: _was_said(seura, "utter_crisis_suicide"))


async def _was_said(seura: Seura, response: str) -> bool:
    return any(one.startswith(beginning(response)) for one in await seura.said())


async def test_danger_in_a_talk_with_a_moderator_is_theirs_and_marked(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    assert await seura.writes(SUICIDE) == []
    *_, relayed, marked = await seura.in_topic()
    assert relayed == words("utter_topic_resident", text=SUICIDE)
    assert marked == words("utter_topic_danger", danger=phrases()("danger.suicide", "fi"))
    assert phrases()("danger.suicide", "fi") in (await seura.in_topic())[0]
    assert seura.rasa.heard == []


async def test_not_safe_is_told_to_the_moderator_who_has_the_talk(seura: Seura) -> None:
    await seura.writes(SUICIDE)
    await seura.claims(AINO, button("utter_topic_card_danger"))
    before = await seura.in_topic()
    await seura.taps(UNSAFE)
    told = (await seura.in_topic())[len(before) :]
    assert told == [words("utter_topic_danger", danger=phrases()("danger.suicide", "fi"))]


# --- a human has the talk, or is waited for --------------------------------------------------


async def test_h5_while_a_human_is_waited_for_words_go_to_the_topic_and_not_to_rasa(
    anywhere: Seura,
) -> None:
    seura = anywhere
    await seura.waits_for_a_human()
    assert await seura.writes("moi kaikki") == []
    assert (await seura.in_topic())[-1] == words("utter_topic_resident", text="moi kaikki")
    assert seura.rasa.heard == []


async def test_h1_from_the_request_until_it_is_over_the_bot_says_nothing_of_its_own(
    seura: Seura,
) -> None:
    several = ("hei", "mitä jos kukaan ei vastaa", "/tekemista", "mitä tekemistä lähellä on")
    await seura.waits_for_a_human()
    assert [await seura.writes(one) for one in several] == [[]] * len(several)
    await seura.claims(AINO)
    assert [await seura.writes(one) for one in several] == [[]] * len(several)
    assert seura.rasa.heard == []


async def test_words_written_before_the_topic_is_there_are_not_lost(seura: Seura) -> None:
    await seura.writes("hei")
    async with seura.app.store.begin() as session:
        await service.request(session, await seura.resident(), {"language": "fi"})
    await seura.writes("heti perään")
    assert len(await seura.topics()) == 1
    card, relayed = await seura.in_topic()
    assert card.startswith((await seura.resident()).alias)
    assert relayed == words("utter_topic_resident", text="heti perään")


async def test_h2_an_answer_that_comes_after_a_human_took_the_talk_is_thrown_away(
    anywhere: Seura,
) -> None:
    seura = anywhere
    slow = seura.rasa.hold("hei")
    await seura.people.write(ANNA, "hei")
    await seura.until(lambda: _heard(seura, "hei"))
    async with seura.app.store.begin() as session:
        handoff = await service.request(session, await seura.resident(), {"language": "fi"})
    await seura.until(lambda: _has_card(seura))
    async with seura.app.store.begin() as session:
        await service.claim(session, handoff.id, AINO, "Aino")
    slow.set()
    await seura.quiet()
    assert "Rasa: hei" not in await seura.said()


async def _has_card(seura: Seura) -> bool:
    return bool(await seura.said(GROUP))


async def test_the_resident_ends_the_talk_by_command(seura: Seura) -> None:
    await seura.has_a_human()
    said = await seura.writes("/lopeta")
    assert said[0] == words("utter_handoff_ended", handoff=1)
    assert said[-1] == "Rasa: /resume"


async def test_the_resident_takes_the_request_back_by_command(seura: Seura) -> None:
    await seura.waits_for_a_human()
    assert await seura.writes("/stop") == [words("utter_handoff_cancelled"), "Rasa: /resume"]
    assert (await seura.in_topic())[-1] == words("utter_topic_cancelled")
    assert (await seura.topics())[0]["closed"]
    assert await seura.writes("hei") == ["Rasa: hei"]


@pytest.mark.parametrize("said", ["Peru", "peruuta.", "en sittenkään", "never mind"])
async def test_the_resident_takes_the_request_back_in_words(seura: Seura, said: str) -> None:
    await seura.waits_for_a_human()
    assert await seura.writes(said) == [words("utter_handoff_cancelled"), "Rasa: /resume"]
    assert (await seura.topics())[0]["closed"]


async def test_words_to_take_the_request_back_go_to_the_human_who_has_come(seura: Seura) -> None:
    await seura.has_a_human()
    assert await seura.writes("peru") == []
    assert (await seura.in_topic())[-1].endswith("peru")


async def test_a_place_sent_to_a_human_goes_to_the_human(seura: Seura) -> None:
    await seura.has_a_human()
    await seura.people.act(f"chats/{ANNA}/locations", user_id=ANNA, latitude=62.6, longitude=25.7)
    await seura.quiet()
    assert (await seura.seen(GROUP))[-1]["location"]["latitude"] == 62.6
    assert seura.app.rooms.points.get((await seura.resident()).conversation_id) is None


async def test_after_a_talk_in_danger_the_bot_stays_with_it_until_they_are_safe(
    seura: Seura,
) -> None:
    await seura.writes(SUICIDE)
    await seura.claims(AINO, button("utter_topic_card_danger"))
    said = await seura.writes("/lopeta")
    assert said[-1].startswith(beginning("utter_crisis_stay"))
    assert seura.rasa.asked == []


async def test_who_has_asked_for_a_human_again_is_not_resumed_in_between(seura: Seura) -> None:
    await seura.has_a_human()
    seura.rasa.fault = DOWN
    await seura.writes("/lopeta")
    await seura.taps(button("utter_unavailable"))
    before = len(seura.rasa.asked)
    await seura.app.residents.handle(
        incoming(-99, {"resume": (await seura.resident()).conversation_id})
    )
    assert len(seura.rasa.asked) == before


# --- coming and going ------------------------------------------------------------------------


async def test_who_blocks_the_bot_is_gone_and_a_talk_hears_of_it_once(anywhere: Seura) -> None:
    seura = anywhere
    await seura.has_a_human()
    await seura.people.act(f"users/{ANNA}/block")
    await seura.quiet()
    assert (await seura.resident()).gone_at is not None
    assert (await seura.in_topic()).count(words("utter_topic_gone")) == 1
    await seura.people.act(f"users/{ANNA}/unblock")
    await seura.writes("täällä taas")
    assert (await seura.resident()).gone_at is None
    assert (await seura.in_topic())[-1] == words("utter_topic_resident", text="täällä taas")


async def test_a_stranger_who_blocks_the_bot_is_nobody(seura: Seura) -> None:
    seura.people.world.private_chat(BERTTA)
    await seura.people.act(f"users/{BERTTA}/block")
    await seura.quiet()
    async with seura.app.store.begin() as session:
        assert await identity.by_telegram_id(session, BERTTA) is None


async def test_two_residents_have_talks_of_their_own(seura: Seura) -> None:
    for who in (ANNA, BERTTA):
        await seura.has_a_human(who)
    await seura.writes("Annan asia", ANNA)
    await seura.writes("Bertan asia", BERTTA)
    first, second = (topic["id"] for topic in await seura.topics())
    assert words("utter_topic_resident", text="Annan asia") in await seura.in_topic(first)
    assert words("utter_topic_resident", text="Bertan asia") in await seura.in_topic(second)
    assert "Bertan asia" not in str(await seura.in_topic(first))


async def test_somebody_gets_everything_that_is_kept_about_them(anywhere: Seura) -> None:
    await anywhere.writes("moi")
    said = await anywhere.writes("/tietoni")
    assert said[0] == words("utter_my_data")
    names = [one["document"]["file_name"] for one in await anywhere.seen() if "document" in one]
    assert names == ["tietoni.txt", "tietoni.json"]


async def test_consent_is_withdrawn_by_a_command(seura: Seura) -> None:
    await seura.writes("moi")
    async with seura.app.store.begin() as session:
        resident = await seura.resident()
        await consent.give(session, resident)
    assert await seura.writes("/peru_lupa") == [words("utter_consent_withdrawn")]
    assert (await seura.resident()).consented_at is None


# --- learning from what was not understood ---------------------------------------------------

ODD, OTHER = "haluisin Pekan kanssa geokätköillä", "onko jotain saunan tapaista"


async def sentences(seura: Seura) -> list[str]:
    """What waits for staff."""
    async with seura.app.store.begin() as session:
        return [one.words for one in await teaching.waiting(session)]


async def test_without_a_yes_nothing_that_was_not_understood_is_kept(seura: Seura) -> None:
    seura.rasa.says(ODD, "En ymmärtänyt", intent="nlu_fallback")
    await seura.writes(ODD)
    await seura.writes("/opeta")
    await seura.taps(button("utter_ask_teaching", 1))
    await seura.writes(ODD)
    assert await sentences(seura) == []


async def test_with_a_yes_it_is_kept_stripped_until_the_yes_is_taken_back(anywhere: Seura) -> None:
    for text in (ODD, OTHER):
        anywhere.rasa.says(text, "En ymmärtänyt", intent="nlu_fallback")
    assert await anywhere.writes("/opeta") == [words("utter_ask_teaching")]
    await anywhere.taps(button("utter_ask_teaching"))
    assert (await anywhere.said())[-1] == words("utter_teaching_begun")
    await anywhere.writes(ODD)
    await anywhere.writes("tämä ymmärrettiin hyvin")
    assert await sentences(anywhere) == ["haluisin … kanssa geokätköillä"]
    assert await anywhere.writes("/opeta") == [words("utter_teaching_goes_on")]
    await anywhere.taps(button("utter_teaching_goes_on"))
    assert (await anywhere.said())[-1] == words("utter_teaching_stopped")
    await anywhere.writes(OTHER)
    assert await sentences(anywhere) == []


async def test_nothing_is_kept_of_danger_and_of_a_talk_with_a_human(seura: Seura) -> None:
    for text in (ODD, OTHER, SUICIDE):
        seura.rasa.says(text, "En ymmärtänyt", intent="nlu_fallback")
    await seura.writes("/opeta")
    await seura.taps(button("utter_ask_teaching"))
    await seura.writes(SUICIDE)
    await seura.writes(OTHER)
    await seura.taps(SAFE)
    await seura.writes(OTHER)  # somebody of ours is called, and has not come yet
    await seura.claims(AINO, button("utter_topic_card_danger"))
    await seura.writes(ODD)
    assert await sentences(seura) == []


async def test_sentences_go_after_a_month(seura: Seura) -> None:
    seura.rasa.says(ODD, "En ymmärtänyt", intent="nlu_fallback")
    await seura.writes("/opeta")
    await seura.taps(button("utter_ask_teaching"))
    await seura.writes(ODD)
    await seura.app.retention.look(now() + timedelta(days=29))
    assert await sentences(seura)
    await seura.app.retention.look(now() + timedelta(days=31))
    assert await sentences(seura) == []
