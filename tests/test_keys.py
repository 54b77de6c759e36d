import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.keys import Keys

KEY = "zH9wSLDBVYVJvmzJ0vvr0nNJDqGOTC9vTnYCvxQwZ4k="
KEYS = Keys.of(f"a1:{KEY}")
SEVERAL = 8


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    Keys.load(tmp_path / "keys")
    return tmp_path / "keys"


@given(st.text())
def test_what_is_encrypted_comes_back(words: str) -> None:
    assert KEYS.decrypt(KEYS.encrypt(words)) == words


def test_what_was_kept_before_is_read_as_it_is() -> None:
    assert KEYS.decrypt('{"text": "moi"}') == '{"text": "moi"}'


def test_a_key_that_is_gone_is_told() -> None:
    with pytest.raises(SettingsError, match="b2"):
        KEYS.decrypt("gcm:b2:AAAA")


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


def test_what_was_encrypted_with_fernet_is_still_read() -> None:
    earlier = f"enc:a1:{Fernet(KEY).encrypt(b'salaisuus').decode()}"
    assert KEYS.decrypt(earlier) == "salaisuus"


@given(st.text(), st.integers(0, 10_000))
def test_what_was_tampered_with_is_refused(words: str, place: int) -> None:
    kept = KEYS.encrypt(words)
    start = kept.rindex(":") + 1
    at = start + place % (len(kept) - start)
    other = "A" if kept[at] != "A" else "B"
    with contextlib.suppress(SettingsError):
        # Some bits at the end of base64 mean nothing.
        assert KEYS.decrypt(kept[:at] + other + kept[at + 1 :]) == words


def test_processes_that_start_at_once_come_to_the_same_key(tmp_path: Path) -> None:
    load = (
        "import sys, pathlib; from bot.keys import Keys; "
        "print(*Keys.load(pathlib.Path(sys.argv[1])).by_id)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", load, str(tmp_path / "keys")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(SEVERAL)
    ]
    assert len({one.communicate()[0] for one in started}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["keys"]
