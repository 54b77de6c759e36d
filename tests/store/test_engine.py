import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.store.engine import Store, ring


async def test_a_database_error_does_not_carry_what_was_to_be_stored(store: Store) -> None:
    with pytest.raises(DBAPIError) as fault:
        async with store.begin() as session:
            await session.execute(
                text("SELECT * FROM nowhere WHERE word = :word"), {"word": "salaisuus"}
            )

    assert "salaisuus" not in str(fault.value)


async def test_each_who_listens_has_a_bell_of_their_own(store: Store) -> None:
    with store.listen("news") as first, store.listen("news") as second:
        async with store.begin() as session:
            ring(session, "news", 1)
        assert store.bell("news").take() == first.take() == [1]
        assert second.is_set()
    async with store.begin() as session:
        ring(session, "news", 2)
    assert second.take() == [1]
