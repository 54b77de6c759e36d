import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import SettingsError
from bot.keys import Keys, add_key, keep_first_key
from bot.store.engine import Store
from bot.store.rotation import encrypt_again
from bot.store.secrecy import equip
from bot.store.tables import Outgoing, Update

WORDS = "salaisuus jonka vain sinä tiedät"
KEYS = Keys.of("a1:zH9wSLDBVYVJvmzJ0vvr0nNJDqGOTC9vTnYCvxQwZ4k=")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    Keys.load(tmp_path / "keys")
    return tmp_path / "keys"


async def keep(store: Store) -> None:
    async with store.begin() as session:
        session.add(Update(update_id=1, lane="x", body=WORDS))
        session.add(Outgoing(key="k", chat_id=1, method="send_message", params={"text": WORDS}))


async def rows(store: Store) -> tuple[str, str]:
    async with store.begin() as session:
        body = await session.scalar(text("SELECT body FROM updates"))
        params = await session.scalar(text("SELECT params FROM outgoing"))
    return str(body), str(params)


async def test_words_are_unreadable_where_they_are_kept(store: Store) -> None:
    equip(store.engine.sync_engine.dialect, KEYS)
    await keep(store)
    assert all(kept.startswith("gcm:a1:") and WORDS not in kept for kept in await rows(store))
    async with store.begin() as session:
        update = await session.get_one(Update, 1)
        call = await session.get_one(Outgoing, 1)
        assert (update.body, call.params) == (WORDS, {"text": WORDS})


async def test_with_a_new_key_nothing_is_left_of_the_old_one(
    tmp_path: Path, key_file: Path
) -> None:
    database = f"sqlite+aiosqlite:///{tmp_path / 'seura.db'}"
    store = Store(database, Keys.load(key_file))
    await store.migrate()
    await keep(store)
    await store.close()
    shutil.copy(key_file, tmp_path / "old")

    name = add_key(key_file)
    assert len(Keys.load(key_file).by_id) == 2
    assert await encrypt_again(database, key_file) == 2
    keep_first_key(key_file)

    assert set(Keys.load(key_file).by_id) == {name}
    after = Store(database, Keys.load(key_file))
    assert all(kept.startswith(f"gcm:{name}:") for kept in await rows(after))
    async with after.begin() as session:
        assert (await session.get_one(Update, 1)).body == WORDS
    await after.close()
    with pytest.raises(SettingsError):
        KEYS.decrypt(f"gcm:{name}:x")
