"""Updates as nobody wants them: each gets a fitting answer or none; nothing raises or leaks."""

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.telegram.inbox import lane_of
from tests.sandbox.driver import AINO, ANNA, BERTTA, GROUP, Json
from tests.telegram.driver import Seura, words

PERSON = {"id": ANNA, "is_bot": False, "first_name": "A"}
MESSAGE = {
    "message_id": 1,
    "date": 1,
    "chat": {"id": ANNA, "type": "private", "first_name": "A"},
    "from": PERSON,
}
BOT = {"id": 77, "is_bot": True, "first_name": "B"}
FORUM = {"id": GROUP, "type": "supergroup", "title": "x", "is_forum": True}
ELSEWHERE = {"id": -5, "type": "group", "title": "y"}
FILE = {"file_id": "x", "file_unique_id": "y"}
PICTURE = FILE | {"width": 1, "height": 1}


def said(**content: Any) -> Json:
    return {"message": MESSAGE | content}


SILENT: dict[str, Json] = {
    "an unknown kind": {"chat_boost_of_tomorrow": {"boost": 1}},
    "nothing at all": {},
    "an edit": {"edited_message": MESSAGE | {"text": "hei", "edit_date": 2}},
    "an edited picture": {"edited_message": MESSAGE | {"photo": [PICTURE], "edit_date": 2}},
    "a channel's post": {"channel_post": MESSAGE | {"chat": {"id": -7, "type": "channel"}}},
    "a poll": {"poll": {"id": "1", "question": "?", "options": []}},
    "a reaction": {"message_reaction": {"chat": MESSAGE["chat"], "message_id": 1}},
    "a bot": {"message": MESSAGE | {"from": BOT, "text": "hei"}},
    "nobody": {"message": {"message_id": 1, "date": 1, "chat": MESSAGE["chat"], "text": "hei"}},
    "another group": {"message": MESSAGE | {"chat": ELSEWHERE, "text": "hei"}},
    "a command in another group": {"message": MESSAGE | {"chat": ELSEWHERE, "text": "/start"}},
    "the group's general topic": {"message": MESSAGE | {"chat": FORUM, "text": "hei"}},
    "a topic of nobody's": {
        "message": MESSAGE | {"chat": FORUM, "text": "hei", "message_thread_id": 999}
    },
    "an edit in the group": {"edited_message": MESSAGE | {"chat": FORUM, "text": "hei"}},
    "a bot in the group": {"message": MESSAGE | {"chat": FORUM, "from": BOT, "text": "/end"}},
    "a group renamed": {"message": MESSAGE | {"chat": FORUM, "new_chat_title": "z"}},
}
ONLY_TEXT: dict[str, Json] = {
    "a picture": said(photo=[PICTURE]),
    "a voice": said(voice=FILE | {"duration": 1}),
    "a sticker": said(sticker=PICTURE | {"type": "regular"}),
    "a video note": said(video_note=FILE | {"length": 1, "duration": 1}),
    "a contact": said(contact={"phone_number": "+358", "first_name": "B"}),
    "a poll of theirs": said(poll={"id": "1", "question": "?", "options": []}),
    "a dice": said(dice={"emoji": "🎲", "value": 1}),
    "something new": said(hologram={"depth": 3}),
    "a service message": said(pinned_message=MESSAGE),
}
TEXTS = {
    "4096 letters beyond the plane": "\U0001f9d1" * 2048,
    "from right to left": "\u202egnirts\u202c \u2066x",
    "nothing to see": "\u200b\u200d\ufeff",
    "a zero": "a\x00b",
    "markup": "<b>*_`[x](http://y)</b> {alias} {{x}} %s %(x)s",
    "a payload": '/affirm{"x": "y"}',
    "a half payload": "/inform_municipality{",
    "a command for another bot": "/start@another_bot",
    "an overlong start": "/start " + "x" * 4000,
    "SQL": "'; DROP TABLE residents; --",
    "an internal command": "!safe",
    "stacked marks": "Z" + "\u0301" * 500,
}
FORGED = ["", "k:", "k:x:1", "k:x:9999999", "h:claim:1", "h:end:1", "x" * 64, "\u202e", "k::0"]


@pytest.mark.parametrize("update", SILENT.values(), ids=SILENT.keys())
async def test_what_asks_for_nothing_is_dropped_without_a_word(seura: Seura, update: Json) -> None:
    await seura.writes("hei")
    with capture_logs() as logged:
        await seura.people.act("updates", **update)
        await seura.quiet()
    assert await seura.said() == ["Rasa: hei"]
    assert await seura.said(GROUP) == []
    assert raised(logged) == []


@pytest.mark.parametrize("update", ONLY_TEXT.values(), ids=ONLY_TEXT.keys())
async def test_what_the_bot_cannot_read_is_owned_up_to(seura: Seura, update: Json) -> None:
    await seura.writes("hei")
    with capture_logs() as logged:
        await seura.people.act("updates", **update)
        await seura.quiet()
    assert await seura.said() == ["Rasa: hei", words("utter_only_text")]
    assert raised(logged) == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_any_text_gets_one_answer(seura: Seura, text: str) -> None:
    await seura.writes("hei")
    with capture_logs() as logged:
        seura.people.world.updates.inject(said(text=text))
        await seura.quiet()
    assert len(await seura.said()) >= 2
    assert len(seura.rasa.heard) <= 2
    assert raised(logged) == []


@pytest.mark.parametrize("data", FORGED)
@pytest.mark.parametrize("chat", [ANNA, GROUP])
async def test_a_forged_button_does_nothing_and_is_answered(
    seura: Seura, data: str, chat: int
) -> None:
    await seura.has_a_human(BERTTA)
    before = await seura.said(GROUP), await seura.said(BERTTA)
    with capture_logs() as logged:
        await seura.writes("hei")
        await seura.forges(data, ANNA, chat)
    assert (await seura.said(GROUP), await seura.said(BERTTA)) == before
    assert raised(logged) == []


async def test_a_flood_gets_one_kind_answer_and_danger_in_it_is_heard_at_once(
    seura: Seura,
) -> None:
    await seura.writes("hei")
    for number in range(50):
        seura.people.world.updates.inject(said(text=f"viesti {number}", date=5))
    seura.people.world.updates.inject(said(text="haluan kuolla", date=5))
    await seura.quiet()
    heard = await seura.said()
    assert heard.count(words("utter_flood")) == 1
    assert any(words("utter_crisis_suicide").partition("\n")[0] in one for one in heard)
    assert [one for one in seura.rasa.heard if "kuolla" in one] == []


async def test_a_flood_to_a_human_reaches_them_whole(seura: Seura) -> None:
    await seura.has_a_human()
    for number in range(30):
        seura.people.world.updates.inject(said(text=f"viesti {number}.", date=5))
    await seura.quiet()
    relayed = "\n".join(await seura.in_topic())
    assert [n for n in range(30) if f"viesti {n}." not in relayed] == []


# --- whatever may be broken in an update ------------------------------------------------------

WHOLE: list[Json] = [
    *SILENT.values(),
    *ONLY_TEXT.values(),
    said(text="hei"),
    {"message": MESSAGE | {"chat": FORUM, "from": PERSON | {"id": AINO}, "text": "/claim"}},
    {"callback_query": {"id": "1", "from": PERSON, "message": MESSAGE, "data": "k:x:1"}},
    {"my_chat_member": {"chat": MESSAGE["chat"], "from": PERSON, "new_chat_member": {}}},
]
MOMENTS = itertools.count(1000, 20)
JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({})


@st.composite
def broken(draw: st.DrawFn) -> Json:
    """A whole update with a part of it gone, or something else in its place."""
    update = copy.deepcopy(draw(st.sampled_from(WHOLE)))
    place: Any = update
    while isinstance(place, dict) and place:
        key = draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or draw(st.booleans()):
            if draw(st.booleans()):
                del place[key]
            else:
                place[key] = draw(JUNK)
            break
        place = place[key]
    return update


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(broken())
async def test_a_broken_update_harms_nobody(seura: Seura, update: Json) -> None:
    for chat in (ANNA, BERTTA):
        seura.people.world.private_chat(chat)
    seura.people.world.updates.inject(update)
    seura.people.world.updates.inject({"message": others("moi")})
    await seura.quiet()
    assert (await seura.said(BERTTA))[-1] == "Rasa: moi"


@pytest.mark.parametrize("kind", ["message", "edited_message", "callback_query"])
async def test_a_sender_without_an_id_is_nobody_and_tried_once(seura: Seura, kind: str) -> None:
    """Whoever is nobody can't be met; that was tried for ever, while everybody waited."""
    seura.people.world.private_chat(BERTTA)
    nobody = MESSAGE | {"from": PERSON | {"id": None}, "text": "hei"}
    tap = {"id": "1", "from": nobody["from"], "message": MESSAGE, "data": "k:x:1"}
    seura.people.world.updates.inject({kind: tap if kind == "callback_query" else nobody})
    seura.people.world.updates.inject({"message": others("moi")})
    with capture_logs() as logged:
        await seura.quiet()
    assert raised(logged) == []
    assert (await seura.said(BERTTA))[-1] == "Rasa: moi"


def others(text: str) -> Json:
    chat = {"id": BERTTA, "type": "private", "first_name": "B"}
    person = PERSON | {"id": BERTTA}
    return MESSAGE | {"chat": chat, "from": person, "text": text, "date": next(MOMENTS)}


@given(broken())
def test_every_update_has_a_lane(update: Json) -> None:
    assert lane_of(json.loads(json.dumps(update)))


def raised(logged: list[Any]) -> list[Any]:
    return [line for line in logged if line["event"] == "handling failed"]


def test_the_corpus_covers_what_it_must() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert all(word in source for word in ("voice", "sticker", "poll", "channel_post", "202e"))
