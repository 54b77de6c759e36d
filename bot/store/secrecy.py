"""Encryption at rest: people's words are unreadable in the database and in its copies.

Fernet (AES-128 in CBC mode with an HMAC) from `cryptography`. Each text carries the id of its key,
so that keys can be changed: the first of the keys encrypts, all of them decrypt.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from bot.errors import SettingsError

# Stands before whatever is encrypted, with the key's id: "enc:4f2a:gAAAA…".
MARK = "enc"
OWNER_ONLY = 0o600
OTHERS = 0o077


@dataclass(frozen=True)
class Keys:
    """The keys by id, the one that encrypts first."""

    by_id: dict[str, Fernet]

    @classmethod
    def of(cls, lines: str) -> "Keys":
        """Reads keys: `ID:KEY`, one a line or apart by commas.

        Raises:
            SettingsError: something else stands there.
        """
        try:
            pairs = [line.strip().split(":") for line in lines.replace(",", "\n").split()]
            keys = cls({name: Fernet(key) for name, key in pairs})
        except ValueError as error:
            raise SettingsError("The keys can't be read: one is written ID:KEY.") from error
        if not keys.by_id:
            raise SettingsError("There is no key to encrypt with.")
        return keys

    @classmethod
    def load(cls, file: Path, given: str = "") -> "Keys":
        """The keys that were given, else those in the file, which is made where there is none.

        Raises:
            SettingsError: a key can't be read, or others than the owner may read the file.
        """
        if given:
            return cls.of(given)
        if not file.exists():
            _write(file, [_new_line()])
        if file.stat().st_mode & OTHERS:
            raise SettingsError(
                f"Others may read the keys in {file}: chmod 600 {file.name}, and change the keys "
                "with ./seura keys rotate."
            )
        return cls.of(file.read_text(encoding="ascii"))

    def encrypt(self, words: str) -> str:
        """Encrypts a text."""
        name, key = next(iter(self.by_id.items()))
        return f"{MARK}:{name}:{key.encrypt(words.encode()).decode()}"

    def decrypt(self, kept: str) -> str:
        """Decrypts a text; what was kept before there was encryption is read as it is.

        Raises:
            SettingsError: its key is not among the keys.
        """
        mark, _, rest = kept.partition(":")
        name, _, token = rest.partition(":")
        if mark != MARK or not token:
            return kept
        try:
            return self.by_id[name].decrypt(token).decode()
        except (KeyError, InvalidToken) as error:
            raise SettingsError(
                f"What key {name} has encrypted can't be read: it is gone."
            ) from error


def add_key(file: Path) -> str:
    """Puts a new key before the others, for what is encrypted from now on. Returns its id."""
    before = file.read_text(encoding="ascii").split() if file.exists() else []
    line = _new_line()
    _write(file, [line, *before])
    return line.partition(":")[0]


def keep_first_key(file: Path) -> None:
    """Forgets all keys but the one that encrypts: nothing is left that needs them."""
    _write(file, file.read_text(encoding="ascii").split()[:1])


class Secret(TypeDecorator[str]):
    """A text that is encrypted where it is kept. The engine's dialect bears the keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypts."""
        keys = _keys_of(dialect)
        return value if value is None or keys is None else keys.encrypt(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypts."""
        keys = _keys_of(dialect)
        return value if value is None or keys is None else keys.decrypt(value)


class SecretJson(TypeDecorator[dict[str, Any]]):
    """An object that is kept as encrypted JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """Writes it as JSON."""
        if value is None:
            return None
        written = json.dumps(value, ensure_ascii=False)
        keys = _keys_of(dialect)
        return written if keys is None else keys.encrypt(written)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        """Reads the JSON."""
        if value is None:
            return None
        keys = _keys_of(dialect)
        read: dict[str, Any] = json.loads(value if keys is None else keys.decrypt(value))
        return read


def equip(dialect: Dialect, keys: Keys | None) -> None:
    """Gives an engine's dialect the keys; without any, texts are kept as they are."""
    dialect.seura_keys = keys  # type: ignore[attr-defined]


def _keys_of(dialect: Dialect) -> Keys | None:
    return getattr(dialect, "seura_keys", None)


def _new_line() -> str:
    return f"{secrets.token_hex(4)}:{Fernet.generate_key().decode()}"


def _write(file: Path, lines: list[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(
        os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w"
    ) as out:
        out.write("\n".join(lines) + "\n")
    unfinished.replace(file)
