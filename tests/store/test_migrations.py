from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from bot.store.engine import MIGRATIONS, Store
from bot.store.tables import Table


def test_the_migrations_stand_in_one_line() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


async def test_the_migrations_make_the_tables_as_they_are_declared(store: Store) -> None:
    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection), Table.metadata)

    async with store.begin() as session:
        assert await (await session.connection()).run_sync(differences) == []
