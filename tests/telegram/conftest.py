from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

from bot.activities.places import Gazetteer
from bot.dialogue.wording import Phrases, Wording
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.residents.aliases import Aliases
from bot.safety.assessing import Assessor
from bot.safety.helplines import Helplines
from bot.sandbox.server import create_app
from bot.sandbox.table import MethodTable
from bot.settings import ROOT
from tests.sandbox.driver import TOKEN, running
from tests.telegram.driver import Seura

CATALOGUES = {
    kind: cache(kind.load)
    for kind in (
        Aliases,
        Assessor,
        FactorCatalogue,
        Gazetteer,
        Helplines,
        InterestCatalogue,
        Phrases,
        Wording,
    )
}

read_table = cache(MethodTable.read)


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the app's process gets is set; catalogues are read once, certificates not at all."""
    for kind, load in CATALOGUES.items():
        monkeypatch.setattr(kind, "load", load)
    monkeypatch.setattr(MethodTable, "read", read_table)
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    monkeypatch.setenv("SEURA_MODELS", str(ROOT / "var" / "models"))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


@pytest.fixture
async def seura(sqlite: str, tmp_path: Path) -> AsyncIterator[Seura]:
    """Seura on SQLite, running."""
    async with _open(sqlite, tmp_path) as seura:
        seura.start()
        yield seura


@pytest.fixture
async def asleep(sqlite: str, tmp_path: Path) -> AsyncIterator[Seura]:
    """Seura on SQLite; the test starts it."""
    async with _open(sqlite, tmp_path) as seura:
        yield seura


@pytest.fixture
async def anywhere(database: str, tmp_path: Path) -> AsyncIterator[Seura]:
    """Seura, running; the test runs once on each kind of database."""
    async with _open(database, tmp_path) as seura:
        seura.start()
        yield seura


@pytest.fixture
async def asleep_anywhere(database: str, tmp_path: Path) -> AsyncIterator[Seura]:
    """As `asleep`; the test runs once on each kind of database."""
    async with _open(database, tmp_path) as seura:
        yield seura


@asynccontextmanager
async def _open(database: str, folder: Path) -> AsyncIterator[Seura]:
    sandbox = create_app(TOKEN)
    async with running(sandbox) as address:
        seura = Seura(sandbox, address, database, folder)
        try:
            yield await seura.open()
        finally:
            await seura.close()
