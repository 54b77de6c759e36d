"""Encryption at rest: words, ids and names are unreadable in the database and in its copies."""

import json
from typing import Any

from sqlalchemy import BigInteger, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.keys import Keys


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


class Sealed(TypeDecorator[str]):
    """A short text that is sealed where it is kept, and found all the same by its equals."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seals."""
        keys = _keys_of(dialect)
        return value if value is None or keys is None else keys.seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Opens."""
        keys = _keys_of(dialect)
        return value if value is None or keys is None else keys.unseal(value)


class SealedId(TypeDecorator[int]):
    """A Telegram id. A person's is sealed; a group's, which is below 0, stays as it is."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite keeps text in any column, and has these as numbers from the beginning.

        To make `residents` anew there would let go of all that hangs on it.
        """
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else String())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        """Seals."""
        keys = _keys_of(dialect)
        if value is None:
            return None
        return str(value) if keys is None or value < 0 else keys.seal(str(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        """Opens."""
        keys = _keys_of(dialect)
        if value is None:
            return None
        return int(value if keys is None else keys.unseal(str(value)))


def equip(dialect: Dialect, keys: Keys | None) -> None:
    """Gives an engine's dialect the keys; without any, texts are kept as they are."""
    dialect.seura_keys = keys  # type: ignore[attr-defined]


def _keys_of(dialect: Dialect) -> Keys | None:
    return getattr(dialect, "seura_keys", None)
