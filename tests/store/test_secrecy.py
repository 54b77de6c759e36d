import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bot.errors import SettingsError
from bot.store.engine import Store
from bot.store.rotation import encrypt_again
from bot.store.secrecy import Keys, add_key, equip, keep_first_key
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


@given(st.text())
def test_what_is_encrypted_comes_back(words: str) -> None:
    assert KEYS.decrypt(KEYS.encrypt(words)) == words


def test_what_was_kept_before_is_read_as_it_is() -> None:
    assert KEYS.decrypt('{"text": "moi"}') == '{"text": "moi"}'


def test_a_key_that_is_gone_is_told() -> None:
    with pytest.raises(SettingsError, match="b2"):
        KEYS.decrypt("enc:b2:gAAAA")


@pytest.mark.parametrize("lines", ["", "a", "a:b", "a:b:c"])
def test_what_is_no_key_is_refused(lines: str) -> None:
    with pytest.raises(SettingsError):
        Keys.of(lines)


def test_the_file_of_keys_is_its_owners_alone(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o777 == 0o600
    kept = key_file.read_text()
    Keys.load(key_file)
    assert key_file.read_text() == kept


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_of_keys_that_others_may_read_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        Keys.load(key_file)


async def test_words_are_unreadable_where_they_are_kept(store: Store) -> None:
    equip(store.engine.sync_engine.dialect, KEYS)
    await keep(store)
    assert all(kept.startswith("enc:a1:") and WORDS not in kept for kept in await rows(store))
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
    assert all(kept.startswith(f"enc:{name}:") for kept in await rows(after))
    async with after.begin() as session:
        assert (await session.get_one(Update, 1)).body == WORDS
    await after.close()
    with pytest.raises(SettingsError):
        KEYS.decrypt(f"enc:{name}:x")
