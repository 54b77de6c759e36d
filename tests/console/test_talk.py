"""The queue and one talk: who sees what, who may write, and what is refused."""

import asyncio
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.console.house import House
from bot.handoff import aftercare, ledger, service
from bot.handoff.ledger import Content
from bot.people import audit
from bot.people.audit import Wanted
from bot.people.permissions import Role
from bot.store.engine import Store
from bot.store.tables import Block, Handoff, HandoffMessage, HandoffNote, Resident, now
from tests.console.browser import Browser
from tests.console.conftest import SignIn
from tests.handoff.making import asked

AINO, EERO = 9101, 9102


async def hears(store: Store, handoff_id: int, words: str) -> HandoffMessage:
    """The resident says something."""
    async with store.begin() as session:
        handoff = await service.get(session, handoff_id)
        assert handoff
        return await ledger.hear(session, handoff, Content(words))


async def of_table(store: Store, table: type) -> list:
    async with store.begin() as session:
        return list(await session.scalars(select(table)))


async def newest(browser: Browser, handoff_id: int) -> str:
    """The number that the page has seen last."""
    text = (await browser.get(f"/talks/{handoff_id}")).text
    found = re.search(r'id="after" name="after" value="(\d+)"', text)
    assert found
    return found[1]


@pytest.fixture
async def handoff_id(store: Store, resident: Resident) -> int:
    return await asked(store, resident)


async def test_who_waits_is_shown_with_all_that_helps_to_choose(
    signed_in: SignIn, store: Store, handoff_id: int, resident: Resident
) -> None:
    async with store.begin() as session:
        await session.execute(
            update(Handoff).values(
                requested_at=now() - timedelta(minutes=65),
                shared={"language": "en", "municipality": "Joutsa"},
                danger="suicide",
            )
        )
    page = (await (await signed_in()).get("/queue")).text
    for told in (
        resident.alias,
        "1 odottaa",
        "1 t 5 min",
        "englanti",
        "Joutsa",
        "itsemurhan vaara",
    ):
        assert told in page


async def test_danger_comes_first(
    signed_in: SignIn, store: Store, aliases: object, resident: Resident
) -> None:
    from bot.residents.identity import meet

    await asked(store, resident)
    async with store.begin() as session:
        other, _ = await meet(session, 7002, "fi", aliases)  # type: ignore[arg-type]
        await service.request(session, other, {"language": "fi"}, danger="violence")
    page = (await (await signed_in()).get("/queue")).text
    assert page.index(other.alias) < page.index(resident.alias)


async def test_filters_and_the_search_by_alias_narrow_the_list(
    signed_in: SignIn, handoff_id: int, resident: Resident
) -> None:
    browser = await signed_in()
    link = f'href="/console/talks/{handoff_id}"'
    first = resident.alias[:4].lower()
    for query, found in (
        (f"alias={first}", True),
        ("alias=nobody", False),
        ("language=fi", True),
        ("language=en", False),
        ("danger=1", False),
        ("municipality=Joutsa", False),
    ):
        page = (await browser.get(f"/queue?{query}")).text
        assert (link in page) is found, query


async def test_c1_of_two_who_claim_one_wins_and_the_other_is_told_who(
    signed_in: SignIn, handoff_id: int
) -> None:
    aino, eero = await signed_in(telegram_id=AINO), await signed_in(telegram_id=EERO)
    answers = await asyncio.gather(
        *(one.post(f"/talks/{handoff_id}/claim") for one in (aino, eero))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    [refused] = [answer for answer in answers if answer.status_code == 409]
    assert "ehti ensin" in refused.text


async def test_h9_what_was_sent_along_and_why_a_human_was_asked_for_are_shown(
    signed_in: SignIn, store: Store, handoff_id: int, resident: Resident, house: House
) -> None:
    browser = await signed_in()
    heading = "Mitä botin kanssa juteltiin ennen pyyntöä"
    assert heading not in (await browser.get(f"/talks/{handoff_id}")).text
    lines = [
        {"at": now().isoformat(), "by": "user", "text": "<b>en jaksa</b>"},
        {"at": now().isoformat(), "by": "bot", "text": "Kurja kuulla."},
    ]
    async with store.begin() as session:
        handoff = await service.get(session, handoff_id)
        assert handoff
        handoff.told_before, handoff.reason = {"lines": lines}, "not_understood"
    page = (await browser.get(f"/talks/{handoff_id}")).text
    assert heading in page
    assert "&lt;b&gt;en jaksa&lt;/b&gt;" in page
    assert page.index("en jaksa") < page.index("Kurja kuulla.")
    assert house.phrases("reason_asked.not_understood", "fi") in page


async def test_h8_a_cancelled_request_can_not_be_claimed(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    async with store.begin() as session:
        await service.cancel(session, handoff_id)
    refused = await (await signed_in()).post(f"/talks/{handoff_id}/claim")
    assert "Asukas perui pyynnön klo" in refused.text


async def test_d6_the_holders_words_are_shown_with_what_became_of_them(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    await aino.post(f"/talks/{handoff_id}/claim")
    after = await newest(aino, handoff_id)
    said = await aino.post(
        f"/talks/{handoff_id}/say", {"words": "Hei, täällä Aino", "after": after}, partial=True
    )
    assert said.headers["hx-trigger"] == "news"
    assert "lähtee…" in (await aino.get(f"/talks/{handoff_id}/news?after={after}")).text
    [message] = await of_table(store, HandoffMessage)
    for state, told in (("sent", "perillä"), ("failed", "ei mennyt perille")):
        async with store.begin() as session:
            fresh = await session.get_one(HandoffMessage, message.id)
            await ledger.settle(session, fresh, state, "Forbidden" if state == "failed" else None)
        assert told in (await aino.get(f"/talks/{handoff_id}")).text
    retried = await aino.post(f"/talks/{handoff_id}/messages/{message.id}/retry", partial=True)
    assert retried.status_code == 204
    [message] = await of_table(store, HandoffMessage)
    assert (message.state, message.tries) == ("pending", 2)


async def test_c2_somebody_elses_words_are_refused_with_the_holders_name(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino, eero = await signed_in(telegram_id=AINO), await signed_in(telegram_id=EERO)
    await aino.post(f"/talks/{handoff_id}/claim")
    refused = await eero.post(f"/talks/{handoff_id}/say", {"words": "Moi"}, partial=True)
    assert refused.status_code == 409
    assert "Aino" in refused.text
    assert await of_table(store, HandoffMessage) == []


async def test_u2_a_reply_is_refused_while_there_is_something_newer_that_was_not_seen(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    await aino.post(f"/talks/{handoff_id}/claim")
    after = await newest(aino, handoff_id)
    for words in ("yksi", "kaksi", "kolme"):
        await hears(store, handoff_id, words)
    given = {"words": "Vastaan vanhaan", "after": after}
    refused = await aino.post(f"/talks/{handoff_id}/say", given, partial=True)
    assert refused.status_code == 409
    assert "3 uudempaa viestiä" in refused.text
    # The page is sent for what was missed, so that the next try is an answer to it.
    assert refused.headers["hx-trigger"] == "news"
    given["after"] = await newest(aino, handoff_id)
    said = await aino.post(f"/talks/{handoff_id}/say", given, partial=True)
    assert said.status_code == 204


async def test_u1_a_page_gets_all_that_it_missed_by_its_number(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    after = await newest(aino, handoff_id)
    message = await hears(store, handoff_id, "yksi")
    for words in ("kaksi", "kolme"):
        await hears(store, handoff_id, words)
    news = (await aino.get(f"/talks/{handoff_id}/news?after={after}")).text
    assert [word for word in ("yksi", "kaksi", "kolme") if word in news] == [
        "yksi",
        "kaksi",
        "kolme",
    ]
    [seen] = re.findall(r'name="after" value="(\d+)"', news)
    assert "<li" not in (await aino.get(f"/talks/{handoff_id}/news?after={seen}")).text
    # An edit of something that was seen takes its place, marked, with what it said before.
    async with store.begin() as session:
        await ledger.edit(session, await session.get_one(HandoffMessage, message.id), "yksi!")
    news = (await aino.get(f"/talks/{handoff_id}/news?after={seen}")).text
    assert f'id="entry-{message.number}" hx-swap-oob="true"' in news
    assert "muokattu klo" in news
    assert "kaksi" not in news


async def test_n1_a_note_and_a_reply_that_begins_as_one_stay_inside(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    await aino.post(f"/talks/{handoff_id}/claim")
    await aino.post(f"/talks/{handoff_id}/note", {"words": "Tuttu jo"}, partial=True)
    await aino.post(f"/talks/{handoff_id}/say", {"words": "// kysy Eerolta"}, partial=True)
    assert [one.words for one in await of_table(store, HandoffNote)] == ["Tuttu jo", "kysy Eerolta"]
    assert await of_table(store, HandoffMessage) == []
    assert "Tuttu jo" in (await aino.get(f"/talks/{handoff_id}")).text


async def test_n2_whoever_writes_begins_with_what_stays_inside(
    signed_in: SignIn, handoff_id: int
) -> None:
    page = (await (await signed_in()).get(f"/talks/{handoff_id}")).text
    assert re.search(r'name="mode" value="note" checked', page)
    assert re.search(r'class="write say" hidden', page)


async def test_m7_the_page_says_that_deletions_by_residents_are_not_told(
    signed_in: SignIn, handoff_id: int
) -> None:
    page = (await (await signed_in()).get(f"/talks/{handoff_id}")).text
    assert "Telegram ei kerro, jos asukas poistaa viestinsä." in page


async def test_u3_unread_is_everybodys_own_and_known_to_the_server(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino, eero = await signed_in(telegram_id=AINO), await signed_in(telegram_id=EERO)
    await hears(store, handoff_id, "yksi")
    await hears(store, handoff_id, "kaksi")
    assert "2 uutta viestiä" in (await aino.get("/queue")).text
    number = await newest(aino, handoff_id)
    assert "2 uutta viestiä" in (await aino.get("/queue")).text, "only looked at by a program"
    await aino.post(f"/talks/{handoff_id}/read", {"number": number})
    again = await signed_in(telegram_id=AINO)
    for browser in (aino, again):
        assert "viestiä" not in (await browser.get("/queue")).text
    assert "2 uutta viestiä" in (await eero.get("/queue")).text


async def test_what_a_resident_writes_is_text_and_nothing_else(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    attack = '<script>alert(1)</script><img src=x onerror=alert(2)> {{ csrf }} " hx-get="/x'
    await hears(store, handoff_id, attack)
    for inside in (f"/talks/{handoff_id}", f"/talks/{handoff_id}/news?after=0"):
        text = (await aino.get(inside)).text
        assert "<script>alert" not in text
        assert "<img" not in text.partition("entries")[2]
        assert "&lt;script&gt;alert(1)" in text
        assert "{{ csrf }}" in text
        assert "&#34; hx-get=" in text


async def test_the_resident_is_shown_typing_of_the_holder_alone(
    signed_in: SignIn, store: Store, handoff_id: int, house: House
) -> None:
    shown: list[int] = []
    house.presence.show.append(shown.append)
    aino, eero = await signed_in(telegram_id=AINO), await signed_in(telegram_id=EERO)
    await aino.post(f"/talks/{handoff_id}/claim")
    await eero.post(f"/talks/{handoff_id}/types")
    assert shown == []
    await aino.post(f"/talks/{handoff_id}/types")
    assert shown == [handoff_id]
    assert house.presence.typing(handoff_id, but=EERO) == ["Aino"]


async def test_c2_taking_over_is_for_admins_and_leaves_a_trace(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    admin = await signed_in(Role.ADMIN)
    await aino.post(f"/talks/{handoff_id}/claim")
    assert (await aino.post(f"/talks/{handoff_id}/take-over", {"holder": EERO})).status_code == 403
    late = await admin.post(f"/talks/{handoff_id}/take-over", {"holder": EERO})
    assert late.status_code == 409
    assert (await admin.post(f"/talks/{handoff_id}/take-over", {"holder": AINO})).status_code == 303
    [handoff] = await of_table(store, Handoff)
    assert handoff.moderator_name == "Veikko"
    async with store.begin() as session:
        assert len(await audit.look(session, Wanted(act="take_over"))) == 1


async def test_a_talk_is_transferred_to_a_colleague_who_may_talk(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    await signed_in(telegram_id=EERO)
    await signed_in(Role.STAFF, 9103)
    await aino.post(f"/talks/{handoff_id}/claim")
    for nobody in ("9103", "1", ""):
        refused = await aino.post(f"/talks/{handoff_id}/transfer", {"to": nobody})
        assert refused.status_code == 409
        assert "Valitse kenelle" in refused.text
    await aino.post(f"/talks/{handoff_id}/transfer", {"to": EERO, "reason": "tuntee jo"})
    [handoff] = await of_table(store, Handoff)
    assert handoff.moderator_id == EERO


async def test_released_escalated_ended_and_reopened_by_hand(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    for move, state in (
        ("claim", "claimed"),
        ("release", "waiting"),
        ("escalate", "waiting"),
        ("claim", "claimed"),
        ("end", "ended"),
        ("reopen", "claimed"),
    ):
        assert (await aino.post(f"/talks/{handoff_id}/{move}")).status_code == 303, move
        [handoff] = await of_table(store, Handoff)
        assert handoff.state == state
        assert (await aino.get(f"/talks/{handoff_id}")).status_code == 200


async def test_what_came_of_it_is_kept_and_the_follow_up_reminds(
    signed_in: SignIn, store: Store, handoff_id: int, resident: Resident
) -> None:
    aino = await signed_in(telegram_id=AINO)
    for move in ("claim", "end"):
        await aino.post(f"/talks/{handoff_id}/{move}")
    given = {"outcome": "activity", "note": "Kutoi ennen", "follow_up": "2020-05-01"}
    await aino.post(f"/talks/{handoff_id}/close", given)
    [handoff] = await of_table(store, Handoff)
    assert (handoff.outcome, handoff.closing_note) == ("activity", "Kutoi ennen")
    page = (await aino.get("/queue")).text
    assert "Seurattavaa tänään" in page
    assert resident.alias in page
    await aino.post(f"/talks/{handoff_id}/followed-up")
    assert "Seurattavaa tänään" not in (await aino.get("/queue")).text
    async with store.begin() as session:
        await aftercare.give_feedback(session, handoff_id, "good")
    assert "hyvä" in (await aino.get(f"/talks/{handoff_id}")).text


async def test_a_resident_is_blocked_with_a_reason_and_an_end_and_let_in_again(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    for given in ({"days": "7"}, {"reason": "uhkailu", "days": "9999"}, {"reason": "x"}):
        assert (await aino.post(f"/talks/{handoff_id}/block", given)).status_code == 409
    given = {"reason": "uhkailu", "days": "7"}
    assert (await aino.post(f"/talks/{handoff_id}/block", given)).status_code == 303
    [block] = await of_table(store, Block)
    assert timedelta(days=6) < block.until - now() < timedelta(days=8)
    assert "uhkailu" in (await aino.get(f"/talks/{handoff_id}")).text
    await aino.post(f"/talks/{handoff_id}/unblock")
    [block] = await of_table(store, Block)
    assert block.lifted_at


async def test_r6_who_looked_at_a_talk_is_noted(
    signed_in: SignIn, store: Store, handoff_id: int
) -> None:
    aino = await signed_in(telegram_id=AINO)
    await aino.get(f"/talks/{handoff_id}")
    async with store.begin() as session:
        [entry] = await audit.look(session, Wanted(act="see"))
    assert (entry.person_name, entry.about) == ("Aino", f"handoff:{handoff_id}")


async def test_a_talk_that_is_not_there_is_not_found(signed_in: SignIn) -> None:
    aino = await signed_in()
    for inside in ("/talks/99", "/talks/99/news"):
        assert (await aino.get(inside)).status_code == 404
