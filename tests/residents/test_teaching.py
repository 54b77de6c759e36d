import pytest
from sqlalchemy import text

from bot.keys import Keys
from bot.residents import teaching
from bot.residents.aliases import Aliases
from bot.residents.erasure import erase
from bot.residents.identity import meet
from bot.store.engine import Store
from bot.store.secrecy import equip
from bot.store.tables import Resident
from tests.residents.test_stripping import STRIP

KEYS = Keys.of("a1:zH9wSLDBVYVJvmzJ0vvr0nNJDqGOTC9vTnYCvxQwZ4k=")
ODD = "haluisin Pekan kanssa geokätköillä"


async def hear(store: Store, resident: Resident, *sentences: str) -> list[str]:
    """Keeps what can be kept; gives what waits, the oldest first."""
    async with store.begin() as session:
        for words in sentences:
            await teaching.keep(session, resident, words, STRIP)
    async with store.begin() as session:
        return [one.words for one in reversed(await teaching.waiting(session))]


async def test_a_sentence_is_kept_stripped_and_unreadable(store: Store, resident: Resident) -> None:
    equip(store.engine.sync_engine.dialect, KEYS)
    assert await hear(store, resident, ODD) == []
    async with store.begin() as session:
        await teaching.begin(session, resident)
    assert await hear(store, resident, ODD, ODD) == ["haluisin … kanssa geokätköillä"]
    async with store.begin() as session:
        kept = await session.scalar(text("SELECT words FROM taught_sentences"))
    assert str(kept).startswith("gcm:a1:")


@pytest.mark.parametrize(
    "words",
    ["Pekka Virtanen 040123", "moi", "sana " * 15, "pitkäsanainen" * 10, ""],
    ids=["all of it tells who", "one word", "many words", "many letters", "nothing"],
)
async def test_what_is_no_example_is_not_kept(store: Store, resident: Resident, words: str) -> None:
    async with store.begin() as session:
        await teaching.begin(session, resident)
    assert await hear(store, resident, words) == []


async def test_nobody_fills_the_list_alone(store: Store, resident: Resident) -> None:
    async with store.begin() as session:
        await teaching.begin(session, resident)
    many = [f"jotain {word}" for word in "abcdefghijklmnopqrstuvwxyzåäö"]
    assert len(await hear(store, resident, *many)) == teaching.MOST_EACH


async def test_sentences_go_with_their_resident_and_with_the_yes(
    store: Store, aliases: Aliases
) -> None:
    people = []
    for number in (1, 2, 3):
        async with store.begin() as session:
            somebody, _ = await meet(session, number, "fi", aliases)
            await teaching.begin(session, somebody)
        await hear(store, somebody, f"jotain {'outoa ' * number}")
        people.append(somebody)
    async with store.begin() as session:
        await erase(session, people[0])
    async with store.begin() as session:
        await teaching.stop(session, people[1])
    assert await hear(store, people[2]) == ["jotain outoa outoa outoa"]


async def test_what_staff_have_decided_about_goes_whoever_wrote_it(
    store: Store, aliases: Aliases
) -> None:
    for number in (1, 2):
        async with store.begin() as session:
            somebody, _ = await meet(session, number, "fi", aliases)
            await teaching.begin(session, somebody)
        await hear(store, somebody, "jotain ihan outoa", f"ja {'muuta ' * number}")
    async with store.begin() as session:
        before = await teaching.waiting(session)
        odd = next(one for one in before if one.words == "jotain ihan outoa")
        await teaching.settle(session, odd.id)
    async with store.begin() as session:
        after = await teaching.waiting(session)
    assert (len(before), [one.words for one in after]) == (3, ["ja muuta muuta", "ja muuta"])


async def test_it_is_told_of_once_and_not_to_who_has_decided(
    store: Store, aliases: Aliases
) -> None:
    async with store.begin() as session:
        asked, _ = await meet(session, 1, "fi", aliases)
        refused, _ = await meet(session, 2, "fi", aliases)
        await teaching.stop(session, refused)
        told = [await teaching.tell_once(session, one) for one in (asked, asked, refused)]
    assert told == [True, False, False]
