"""`/konsoli`: a link for whoever may sign in, and a word like any other for everybody else."""

import re

from bot.people import audit, registry, sign_in
from bot.people.audit import Wanted
from bot.people.permissions import Role
from tests.sandbox.driver import AINO, ANNA, GROUP
from tests.telegram.driver import Seura, beginning, words

LINK = re.compile(r"/console/link/([\w-]+)")


async def let_in(seura: Seura, telegram_id: int) -> None:
    async with seura.app.store.begin() as session:
        await registry.add(session, telegram_id, "Aino", Role.MODERATOR, "fi")


async def test_who_may_sign_in_gets_a_link_in_private_without_a_preview(seura: Seura) -> None:
    await let_in(seura, ANNA)
    [told] = await seura.writes("/konsoli")
    found = LINK.search(told)
    assert found
    async with seura.app.store.begin() as session:
        assert (await sign_in.open_link(session, found[1], "one")).name == "Aino"
        assert [one.act for one in await audit.look(session, Wanted())] == ["link_asked"]
    [call] = seura.calls("sendMessage", ANNA)
    assert call["params"]["link_preview_options"] == {"is_disabled": True}


async def test_k4_a_resident_who_writes_it_is_answered_as_for_any_other_word(
    seura: Seura,
) -> None:
    assert await seura.writes("/console") == ["Rasa: console"]


async def test_in_the_group_the_link_is_shown_to_nobody(seura: Seura) -> None:
    await let_in(seura, AINO)
    await seura.waits_for_a_human()
    await seura.writes("/start", AINO)
    before = len(await seura.seen(AINO))
    assert await seura.moderates("/konsoli", AINO) == [words("utter_console_sent")]
    *_, link = await seura.said(AINO)
    assert link.startswith(beginning("utter_console_link"))
    assert len(await seura.seen(AINO)) == before + 1
    assert not any(LINK.search(told) for told in await seura.said(GROUP))


async def test_a_moderator_who_is_not_on_the_list_is_told_their_id(seura: Seura) -> None:
    await seura.waits_for_a_human()
    told = await seura.moderates("/konsoli@seura_bot", AINO)
    assert told == [words("utter_console_not_yours", id=AINO)]
