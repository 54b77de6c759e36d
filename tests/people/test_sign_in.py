import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.errors import SignInRefused
from bot.people import registry, sign_in
from bot.people.permissions import Role
from bot.store.engine import Store
from bot.store.tables import ConsoleSession, Person, SignInLink, now


@pytest.fixture
async def aino(store: Store) -> Person:
    async with store.begin() as session:
        return await registry.add(session, 1, "Aino", Role.MODERATOR, "fi")


async def link(store: Store, person: Person) -> str:
    async with store.begin() as session:
        return await sign_in.make_link(session, person)


async def test_a_link_signs_in_the_browser_that_opened_it_once(store: Store, aino: Person) -> None:
    secret = await link(store, aino)
    async with store.begin() as session:
        assert (await sign_in.open_link(session, secret, "one")).name == "Aino"
        assert (await sign_in.open_link(session, secret, "one")).name == "Aino"
    async with store.begin() as session:
        kept, signed_in = await sign_in.use_link(session, secret, "one")
        assert signed_in.person.id == aino.id
    async with store.begin() as session:
        found = await sign_in.find(session, kept, "one")
        assert found
        assert found.person.name == "Aino"
        with pytest.raises(SignInRefused):
            await sign_in.use_link(session, secret, "one")
        with pytest.raises(SignInRefused):
            await sign_in.open_link(session, secret, "one")


async def test_a_link_that_one_browser_has_opened_is_no_other_ones(
    store: Store, aino: Person
) -> None:
    secret = await link(store, aino)
    async with store.begin() as session:
        await sign_in.open_link(session, secret, "one")
    for act in (sign_in.open_link, sign_in.use_link):
        async with store.begin() as session:
            with pytest.raises(SignInRefused):
                await act(session, secret, "another")


async def test_a_link_that_nobody_has_opened_is_not_used(store: Store, aino: Person) -> None:
    secret = await link(store, aino)
    async with store.begin() as session:
        with pytest.raises(SignInRefused):
            await sign_in.use_link(session, secret, "one")


async def test_of_many_who_open_a_link_at_once_one_has_it(store: Store, aino: Person) -> None:
    secret = await link(store, aino)

    async def try_it(browser: str) -> bool:
        try:
            async with store.begin() as session:
                await sign_in.open_link(session, secret, browser)
        except SignInRefused:
            return False
        return True

    tried = await asyncio.gather(*(try_it(f"browser {number}") for number in range(20)))
    assert sum(tried) == 1


async def test_a_link_lives_for_five_minutes(store: Store, aino: Person) -> None:
    assert timedelta(minutes=5) == sign_in.LINK_LIVES
    secret = await link(store, aino)
    async with store.begin() as session:
        await session.execute(update(SignInLink).values(expires_at=now() - timedelta(seconds=1)))
        with pytest.raises(SignInRefused):
            await sign_in.open_link(session, secret, "one")


async def test_a_new_link_takes_the_place_of_the_one_before(store: Store, aino: Person) -> None:
    first = await link(store, aino)
    await link(store, aino)
    async with store.begin() as session:
        with pytest.raises(SignInRefused):
            await sign_in.open_link(session, first, "one")


async def test_a_stolen_session_is_found_out_and_ended(store: Store, aino: Person) -> None:
    async with store.begin() as session:
        secret, _ = await sign_in.begin(session, aino, "one")
    async with store.begin() as session:
        assert await sign_in.find(session, secret, "another") is None
    async with store.begin() as session:
        assert await sign_in.find(session, secret, "one") is None


@pytest.mark.parametrize(
    "aged",
    [{"seen_at": now() - timedelta(hours=13)}, {"began_at": now() - timedelta(days=8)}],
)
async def test_a_session_ends_by_itself(
    store: Store, aino: Person, aged: dict[str, object]
) -> None:
    async with store.begin() as session:
        secret, _ = await sign_in.begin(session, aino, "one")
        await session.execute(update(ConsoleSession).values(**aged))
    async with store.begin() as session:
        assert await sign_in.find(session, secret, "one") is None
        await sign_in.forget_old(session)
        assert await sign_in.sessions_of(session, aino) == []


async def test_signing_out_everywhere_ends_all_sessions(store: Store, aino: Person) -> None:
    async with store.begin() as session:
        secrets = [(await sign_in.begin(session, aino, "one"))[0] for _ in range(3)]
        assert len(await sign_in.sessions_of(session, aino)) == 3
        await sign_in.sign_out_everywhere(session, aino)
    async with store.begin() as session:
        assert [await sign_in.find(session, secret, "one") for secret in secrets] == [None] * 3


async def test_secrets_are_not_in_the_database(store: Store, aino: Person) -> None:
    secret = await link(store, aino)
    async with store.begin() as session:
        kept, signed_in = await sign_in.begin(session, aino, "browser")
        row = await session.get(SignInLink, sign_in._hash(secret))
        assert row
        assert secret not in (row.secret_hash, row.browser)
        assert kept != signed_in.session.secret_hash
        assert signed_in.session.browser != "browser"
