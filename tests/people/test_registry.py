import pytest

from bot.errors import PersonRefused
from bot.people import registry, sign_in
from bot.people.permissions import Role
from bot.store.engine import Store


async def test_who_was_added_is_listed_by_name(store: Store) -> None:
    async with store.begin() as session:
        await registry.add(session, 2, "Eero", Role.MODERATOR, "fi")
        await registry.add(session, 1, " Aino ", Role.ADMIN, "fi")
    async with store.begin() as session:
        people = await registry.everybody(session)
    assert [(one.name, one.role) for one in people] == [("Aino", "admin"), ("Eero", "moderator")]


@pytest.mark.parametrize(
    ("telegram_id", "name", "reason"),
    [(1, "Aino", "known"), (0, "A", "telegram_id"), (3, " ", "name")],
)
async def test_what_can_not_be_added_is_refused(
    store: Store, telegram_id: int, name: str, reason: str
) -> None:
    async with store.begin() as session:
        await registry.add(session, 1, "Aino", Role.ADMIN, "fi")
        with pytest.raises(PersonRefused, match=reason):
            await registry.add(session, telegram_id, name, Role.STAFF, "fi")


async def test_who_is_removed_is_signed_out_everywhere_and_may_come_back(store: Store) -> None:
    async with store.begin() as session:
        person = await registry.add(session, 1, "Aino", Role.MODERATOR, "fi")
        secret, _ = await sign_in.begin(session, person, "browser")
    async with store.begin() as session:
        await registry.remove(session, 1)
    async with store.begin() as session:
        assert await sign_in.find(session, secret, "browser") is None
        assert await registry.by_telegram_id(session, 1) is None
        again = await registry.add(session, 1, "Aino K.", Role.STAFF, "fi")
        assert (again.id, again.name, again.role) == (person.id, "Aino K.", "staff")
        assert await sign_in.find(session, secret, "browser") is None


async def test_the_last_admin_stays_one(store: Store) -> None:
    async with store.begin() as session:
        await registry.add(session, 1, "Aino", Role.ADMIN, "fi")
        await registry.add(session, 2, "Eero", Role.STAFF, "fi")
        for act in (registry.remove(session, 1), registry.give_role(session, 1, Role.STAFF)):
            with pytest.raises(PersonRefused, match="last_admin"):
                await act
        await registry.give_role(session, 2, Role.ADMIN)
        await registry.remove(session, 1)
        assert [one.name for one in await registry.everybody(session)] == ["Eero"]


async def test_nobody_who_is_not_there_is_changed(store: Store) -> None:
    async with store.begin() as session:
        for act in (registry.remove(session, 9), registry.give_role(session, 9, Role.ADMIN)):
            with pytest.raises(PersonRefused, match="unknown"):
                await act
