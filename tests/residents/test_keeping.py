import json

from bot.dialogue.cards import as_text
from bot.residents import keeping
from bot.store.engine import Store
from bot.store.tables import Resident, ResidentFactor, Table, Update
from tests.telegram.driver import phrases


def test_every_table_is_told_of_or_is_nobodys() -> None:
    told = {kind.name for kind in keeping.KEPT}
    assert told | keeping.NOBODYS == set(Table.metadata.tables)
    assert not told & keeping.NOBODYS


def test_whatever_hangs_on_a_resident_is_told_of() -> None:
    told = {kind.name for kind in keeping.KEPT}
    hanging = {
        table.name
        for table in Table.metadata.tables.values()
        if any(key.column.table.name in told for key in table.foreign_keys)
    }
    assert hanging <= told


def test_what_each_is_kept_for_is_said_in_both_languages() -> None:
    purposes = phrases().tree["purpose"]
    assert set(purposes) == {kind.name for kind in keeping.KEPT} | {"conversation"}
    assert all(purpose["fi"] and purpose["en"] for purpose in purposes.values())


async def test_everything_is_what_is_kept_of_this_resident_alone(
    store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        session.add(ResidentFactor(resident_id=resident.id, factor="shyness"))
        session.add(Update(update_id=1, lane=f"resident:{resident.telegram_id}", body="moi"))
        session.add(Update(update_id=2, lane=f"resident:{resident.telegram_id}9", body="toinen"))
    async with store.begin() as session:
        kept = await keeping.everything(session, resident)
    assert list(kept) == [kind.name for kind in keeping.KEPT]
    assert [row["factor"] for row in kept["resident_factors"]] == ["shyness"]
    assert [row["body"] for row in kept["updates"]] == ["moi"]
    assert resident.alias in json.dumps(kept, ensure_ascii=False)
    assert not keeping.WITHHELD & set(kept["resident_factors"][0])
    read = as_text(kept, "fi", phrases())
    assert "factor: shyness" in read
    assert "toinen" not in read
