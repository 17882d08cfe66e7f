"""The keys that encrypt secrets at rest."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from core.store import key_file
from core.store.errors import KeyMissing, StoreError

_NONCE = 12


@dataclass(slots=True)
class Keyring:
    """AES-GCM keys by their id. A ciphertext is: id, newline, nonce, sealed text.

    Keys that were once read stay known as long as the process lives, to open what they sealed; only the last one
    of the file, as it is now, seals.
    """

    path: Path
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    _newest: str = ""
    _seen: key_file.Stamp | None = None

    @classmethod
    def load(cls) -> "Keyring":
        """The keys there are; none if there is no key file. Raises StoreError."""
        ring = cls(key_file.key_file())
        ring._read()
        return ring

    def _read(self) -> None:
        keys, self._seen = key_file.read(self.path)
        self._keys.update(keys)
        self._newest = next(reversed(keys), "")

    def require(self, identity: str) -> None:
        """Raises KeyMissing if a ciphertext of the database names a key that is not here."""
        if identity not in self._keys:
            # Another process may have made it since. Which one is the newest is for the writer's thread to say.
            self._keys.update(key_file.read(self.path)[0])
        if identity not in self._keys:
            raise KeyMissing(
                f"The key {identity} of this database is not in {self.path}. Put the key file back from your copy; "
                "without it the stored secrets cannot be read."
            )

    def encrypt(self, secret: SecretStr, place: str) -> bytes:
        """Seal a secret for one place (`table/row/column`): elsewhere it cannot be opened.

        To be called inside the transaction that stores it: a rotation that was committed before is seen.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 7 MB that few need

        nonce = os.urandom(_NONCE)
        identity = self._newest_now()
        sealed = AESGCM(self._keys[identity]).encrypt(
            nonce, secret.get_secret_value().encode(), place.encode()
        )
        return identity.encode() + b"\n" + nonce + sealed

    def _newest_now(self) -> str:
        """The file's last key: another process may have added one, or removed those that were here."""
        if key_file.stamp(self.path) != self._seen or not self._newest:
            self._read()
        if not self._newest and self._keys:
            raise KeyMissing(f"The key file {self.path} is gone. Put it back from your copy.")
        if not self._newest:
            key_file.create(self.path)
            self._read()
        return self._newest

    def decrypt(self, ciphertext: bytes, place: str) -> SecretStr:
        """Open what `encrypt` sealed for the same place. Raises KeyMissing or StoreError."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        identity, _, rest = ciphertext.partition(b"\n")
        self.require(identity.decode("ascii", "replace"))
        try:
            plain = AESGCM(self._keys[identity.decode()]).decrypt(
                rest[:_NONCE], rest[_NONCE:], place.encode()
            )
        except InvalidTag:
            raise StoreError(
                f"The secret in {place} was changed outside Hookkeeper. Enter it again."
            ) from None
        return SecretStr(plain.decode())


def key_of(ciphertext: bytes) -> str:
    """The id of the key that a ciphertext needs."""
    return ciphertext.partition(b"\n")[0].decode("ascii", "replace")
