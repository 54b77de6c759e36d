import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.dialogue.tracker import (
    encrypt_again,
    forget,
    forget_before,
    forget_others,
    words_of,
)
from bot.keys import Keys
from tests.dialogue.trackers import conversations, files_in, holds, make_trackers, write


@pytest.fixture
def trackers(tmp_path: Path) -> Path:
    """Rasa's tracker store with three conversations in it."""
    file = tmp_path / "rasa.db"
    make_trackers(file)
    for sender in ("anna", "bertta", "anna2"):
        write(file, sender, f"salaisuus {sender}", *["täyte" * 200] * 5)
    return file


async def test_one_conversation_is_forgotten_and_the_others_stay(trackers: Path) -> None:
    await forget(trackers, "anna")
    assert conversations(trackers) == {"bertta", "anna2"}


async def test_of_a_forgotten_conversation_no_word_is_left_in_the_file(trackers: Path) -> None:
    assert holds(trackers, "salaisuus anna2")
    await forget(trackers, "anna2")
    assert not holds(trackers, "salaisuus anna2")
    assert holds(trackers, "salaisuus bertta")


async def test_to_forget_one_that_is_not_there_changes_nothing(trackers: Path) -> None:
    await forget(trackers, "cecilia")
    assert conversations(trackers) == {"anna", "bertta", "anna2"}


async def test_all_but_those_to_be_kept_are_forgotten(trackers: Path) -> None:
    await forget_others(trackers, iter(["bertta", "who never wrote"]))
    assert conversations(trackers) == {"bertta"}


async def test_with_nobody_to_keep_all_are_forgotten(trackers: Path) -> None:
    await forget_others(trackers, [])
    assert conversations(trackers) == set()


async def test_where_there_is_no_store_none_is_made(tmp_path: Path) -> None:
    await forget(tmp_path / "rasa.db", "anna")
    await forget_others(tmp_path / "nowhere" / "rasa.db", [])
    assert files_in(tmp_path) == []


async def test_a_store_without_a_table_yet_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "rasa.db"
    file.touch()
    await forget(file, "anna")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        conversations(file)


@pytest.mark.parametrize("folder", ["väli lyönti", "50%25 a?b#c", "mode=ro&x"])
async def test_it_is_found_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    file = tmp_path / folder / "rasa.db"
    file.parent.mkdir()
    make_trackers(file)
    write(file, "anna", "salaisuus")
    await forget(file, "anna")
    assert conversations(file) == set()
    assert files_in(tmp_path) == [folder]


async def test_it_is_found_by_a_relative_path(
    trackers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trackers.parent)
    await forget(Path("rasa.db"), "anna")
    assert "anna" not in conversations(trackers)


async def test_a_store_that_cannot_be_read_is_no_silent_success(tmp_path: Path) -> None:
    file = tmp_path / "rasa.db"
    file.write_text("this is no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        await forget(file, "anna")


async def test_it_waits_for_rasa_to_finish_writing(trackers: Path) -> None:
    with closing(sqlite3.connect(trackers)) as rasa:
        with rasa:
            rasa.execute("UPDATE conversations SET changed_at = 2.0")
        await forget(trackers, "anna")
    assert "anna" not in conversations(trackers)


async def test_a_conversation_is_forgotten_when_nothing_was_said_for_long(trackers: Path) -> None:
    written = datetime.fromtimestamp(1, UTC)
    before = conversations(trackers)
    assert before
    assert await forget_before(trackers, written) == 0
    assert conversations(trackers) == before
    assert await forget_before(trackers, written + timedelta(seconds=1)) > 0
    assert conversations(trackers) == set()


async def test_nothing_old_is_looked_for_where_there_is_no_store(tmp_path: Path) -> None:
    assert await forget_before(tmp_path / "rasa.db", datetime.now(UTC)) == 0


# --- encrypted, as Rasa's process writes it --------------------------------------------------


OLD, NEW = (f"{name}:{Fernet.generate_key().decode()}" for name in ("old", "new"))


@pytest.fixture
def encrypted(trackers: Path) -> Path:
    """The same store, encrypted with the old key."""
    with closing(sqlite3.connect(trackers)) as connection, connection:
        for sender, events in connection.execute("SELECT sender_id, events FROM conversations"):
            connection.execute(
                "UPDATE conversations SET events = ? WHERE sender_id = ?",
                (Keys.of(OLD).encrypt(events), sender),
            )
    return trackers


async def test_what_was_said_is_read_with_the_keys(encrypted: Path) -> None:
    [first, *_] = await words_of(encrypted, "anna", Keys.of(OLD))
    assert (first["from"], first["text"]) == ("user", "salaisuus anna")


async def test_with_a_new_key_nothing_is_left_that_the_old_one_opens(encrypted: Path) -> None:
    assert await encrypt_again(encrypted, Keys.of(f"{NEW},{OLD}")) == 3
    [first, *_] = await words_of(encrypted, "bertta", Keys.of(NEW))
    assert first["text"] == "salaisuus bertta"
    assert not holds(encrypted, "gcm:old:")


async def test_where_there_is_no_store_nothing_is_encrypted_again(tmp_path: Path) -> None:
    assert await encrypt_again(tmp_path / "rasa.db", Keys.of(NEW)) == 0
    assert files_in(tmp_path) == []
