import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.store.engine import Store


async def test_a_database_error_does_not_carry_what_was_to_be_stored(store: Store) -> None:
    with pytest.raises(DBAPIError) as fault:
        async with store.begin() as session:
            await session.execute(
                text("SELECT * FROM nowhere WHERE word = :word"), {"word": "salaisuus"}
            )

    assert "salaisuus" not in str(fault.value)
