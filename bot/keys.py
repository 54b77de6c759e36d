"""The keys that encrypt at rest what people write: in the database, and in Rasa's store.

AES-GCM from `cryptography` for texts; AES-SIV (RFC 5297), which makes the same of the same, for
what is looked up, such as a Telegram id. Each carries the id of its key, so that keys can be
changed: the first of the keys encrypts, all of them decrypt. Rasa's process reads this module, too.
"""

import base64
import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import SettingsError

# Stands before whatever is encrypted, with the key's id: "gcm:4f2a:…".
MARK = "gcm"
# The same before what is looked up: "siv:4f2a:…".
SEALED = "siv"
# What was encrypted with Fernet, before, is still read.
EARLIER_MARK = "enc"
NONCE = 12
OWNER_ONLY = 0o600
OTHERS = 0o077


@dataclass(frozen=True)
class Key:
    """One key, of the form that `Fernet.generate_key` makes."""

    cipher: AESGCM
    sealer: AESSIV
    earlier: Fernet

    @classmethod
    def of(cls, written: str) -> "Key":
        """Reads a key.

        Raises:
            ValueError: it is none.
        """
        raw = base64.urlsafe_b64decode(written)
        texts, ids = (
            HKDF(SHA256(), length=32, salt=None, info=info).derive(raw)
            for info in (b"seura texts", b"seura ids")
        )
        return cls(AESGCM(texts), AESSIV(ids), Fernet(written))


@dataclass(frozen=True)
class Keys:
    """The keys by id, the one that encrypts first."""

    by_id: dict[str, Key]

    @classmethod
    def of(cls, lines: str) -> "Keys":
        """Reads keys: `ID:KEY`, one a line or apart by commas.

        Raises:
            SettingsError: something else stands there.
        """
        try:
            pairs = [line.strip().split(":") for line in lines.replace(",", "\n").split()]
            keys = cls({name: Key.of(key) for name, key in pairs})
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
            _make(file)
        if file.stat().st_mode & OTHERS:
            raise SettingsError(
                f"Others may read the keys in {file}: chmod 600 {file.name}, and change the keys "
                "with ./seura keys rotate."
            )
        return cls.of(file.read_text(encoding="ascii"))

    def encrypt(self, words: str) -> str:
        """Encrypts a text."""
        name, key = next(iter(self.by_id.items()))
        nonce = os.urandom(NONCE)
        sealed = nonce + key.cipher.encrypt(nonce, words.encode(), None)
        return f"{MARK}:{name}:{base64.b64encode(sealed).decode()}"

    def decrypt(self, kept: str) -> str:
        """Decrypts a text; what was kept before there was encryption is read as it is.

        Raises:
            SettingsError: its key is not among the keys.
        """
        mark, _, rest = kept[:80].partition(":")
        name, _, begun = rest.partition(":")
        if mark not in (MARK, EARLIER_MARK) or not begun:
            return kept
        token = kept[len(mark) + len(name) + 2 :]
        try:
            key = self.by_id[name]
            if mark == EARLIER_MARK:
                return key.earlier.decrypt(token).decode()
            sealed = base64.b64decode(token)
            return key.cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None).decode()
        except (KeyError, InvalidToken, InvalidTag, ValueError) as error:
            raise SettingsError(
                f"What key {name} has encrypted can't be read: it is gone."
            ) from error

    @property
    def seal_mark(self) -> str:
        """How begins what the present key has sealed."""
        return f"{SEALED}:{next(iter(self.by_id))}:"

    def seal(self, value: str) -> str:
        """Encrypts what is looked up: of the same value the same key always makes the same."""
        key = next(iter(self.by_id.values()))
        sealed = key.sealer.encrypt(value.encode(), [])
        return self.seal_mark + base64.b64encode(sealed).decode()

    def unseal(self, kept: str) -> str:
        """Opens what was sealed; what was kept before there was sealing is read as it is.

        Raises:
            SettingsError: its key is not among the keys.
        """
        mark, _, rest = kept.partition(":")
        name, _, sealed = rest.partition(":")
        if mark != SEALED or not sealed:
            return kept
        try:
            return self.by_id[name].sealer.decrypt(base64.b64decode(sealed), []).decode()
        except (KeyError, InvalidTag, ValueError) as error:
            raise SettingsError(f"What key {name} has sealed can't be read: it is gone.") from error


def add_key(file: Path) -> str:
    """Puts a new key before the others, for what is encrypted from now on. Returns its id."""
    before = file.read_text(encoding="ascii").split() if file.exists() else []
    line = _new_line()
    _write(file, [line, *before])
    return line.partition(":")[0]


def keep_first_key(file: Path) -> None:
    """Forgets all keys but the one that encrypts: nothing is left that needs them."""
    _write(file, file.read_text(encoding="ascii").split()[:1])


def _new_line() -> str:
    return f"{secrets.token_hex(4)}:{Fernet.generate_key().decode()}"


def _make(file: Path) -> None:
    """A first key, unless another process makes one at the same moment."""
    mine = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    _write(mine, [_new_line()])
    with contextlib.suppress(FileExistsError):
        os.link(mine, file)
    mine.unlink()


def _write(file: Path, lines: list[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(
        os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w"
    ) as out:
        out.write("\n".join(lines) + "\n")
    unfinished.replace(file)
