"""The console without a socket, and people who come to it with browsers of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.activities.places import Gazetteer
from bot.console.app import create_console
from bot.console.house import PREFIX, House
from bot.console.security import Seal
from bot.console.words import Words
from bot.dialogue.wording import Phrases, Wording
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.handoff.canned import CannedReplies
from bot.handoff.presence import Presence
from bot.people import registry, sign_in
from bot.people.permissions import Role
from bot.reading import read_mapping
from bot.settings import ROOT, Settings
from bot.store.engine import Store
from bot.stories.publishing import prepare_copy
from bot.stories.studio import Studio
from tests.conftest import KNOWLEDGE
from tests.console.browser import Browser

NAMES = {Role.MODERATOR: "Aino", Role.STAFF: "Sirpa", Role.ADMIN: "Veikko"}

SignIn = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def store(sqlite: str) -> AsyncIterator[Store]:
    """What the pages do does not depend on the kind of database."""
    store = Store(sqlite)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What staff edit, in a repository of its own; tests change drafts, not this."""
    folder = tmp_path_factory.mktemp("content") / "content"
    prepare_copy(ROOT, folder)
    return folder


@pytest.fixture
def house(store: Store, tmp_path: Path, content: Path) -> House:
    """The console's rooms."""
    return House(
        store=store,
        seal=Seal("a secret", secure=False, path=PREFIX),
        words=Words.load(),
        phrases=Phrases.load(KNOWLEDGE / "phrases.yml"),
        factors=FactorCatalogue.load(KNOWLEDGE / "factors.yml"),
        interests=InterestCatalogue.load(KNOWLEDGE / "interests.yml"),
        canned=CannedReplies.load(KNOWLEDGE / "canned_replies.yml"),
        presence=Presence(),
        gazetteer=Gazetteer.load(KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv"),
        wording=Wording.load(ROOT / "stories" / "wording"),
        when_words=read_mapping(KNOWLEDGE / "when.yml"),
        studio=Studio(Settings(var=tmp_path / "var", content=content)),
    )


@pytest.fixture
def console(house: House) -> Starlette:
    """The console, where it is mounted."""
    return Starlette(routes=[Mount(PREFIX, create_console(house))])


@pytest.fixture
async def browser(console: Starlette) -> AsyncIterator[Callable[..., Browser]]:
    """Opens a browser of somebody: `browser()`, `browser("another user agent")`."""
    opened: list[Browser] = []

    def open_one(agent: str = "Firefox") -> Browser:
        one = Browser(console, agent)
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        await one.http.aclose()


@pytest.fixture
def signed_in(store: Store, browser: Callable[..., Browser]) -> SignIn:
    """Signs somebody in, by a link: `await signed_in(Role.ADMIN)`."""

    async def sign_in_as(
        role: Role = Role.MODERATOR, telegram_id: int = 0, language: str = "fi"
    ) -> Browser:
        number = telegram_id or 9000 + list(Role).index(role)
        async with store.begin() as session:
            person = await registry.by_telegram_id(session, number)
            if person is None:
                person = await registry.add(session, number, NAMES[role], role, language)
            secret = await sign_in.make_link(session, person)
        one = browser()
        await one.follow(secret)
        return one

    return sign_in_as
