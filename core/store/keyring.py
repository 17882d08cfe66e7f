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
    """AES-GCM keys by their ID. A ciphertext consists of the ID, a newline, the nonce and the encrypted text.

    For decryption the keyring remembers every key that it has read. Only the key that is now last in the file encrypts.
    """

    path: Path
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    _newest: str = ""
    _seen: key_file.Stamp | None = None

    @classmethod
    def load(cls) -> "Keyring":
        """Load the keys from the key file. Without a key file the keyring is empty. Raises StoreError."""
        ring = cls(key_file.key_file())
        ring._read()
        return ring

    def _read(self) -> None:
        keys, self._seen = key_file.read(self.path)
        self._keys.update(keys)
        self._newest = next(reversed(keys), "")

    def require(self, identity: str) -> None:
        """Raise KeyMissing if neither the keyring nor the key file has the key with this ID."""
        if identity not in self._keys:
            # Another process may have created it since. Only the writer's thread may update `_newest`.
            self._keys.update(key_file.read(self.path)[0])
        if identity not in self._keys:
            raise KeyMissing(
                f"The key {identity} of this database is not in {self.path}. Put the key file back from your copy; "
                "without it the stored secrets cannot be read."
            )

    def encrypt(self, secret: SecretStr, place: str) -> bytes:
        """Encrypt a secret for one place (`table/row/column`). It cannot be decrypted for any other place.

        Call this inside the transaction that stores the secret, so that it uses the key of the latest rotation.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # takes 7 MB; few commands need it

        nonce = os.urandom(_NONCE)
        identity = self._newest_now()
        sealed = AESGCM(self._keys[identity]).encrypt(
            nonce, secret.get_secret_value().encode(), place.encode()
        )
        return identity.encode() + b"\n" + nonce + sealed

    def _newest_now(self) -> str:
        """Return the ID of the file's last key. Another process may have changed it. Raises KeyMissing, StoreError."""
        if key_file.stamp(self.path) != self._seen or not self._newest:
            self._read()
        if not self._newest and self._keys:
            raise KeyMissing(f"The key file {self.path} is gone. Put it back from your copy.")
        if not self._newest:
            key_file.create(self.path)
            self._read()
        return self._newest

    def decrypt(self, ciphertext: bytes, place: str) -> SecretStr:
        """Decrypt what `encrypt` returned for the same place. Raises KeyMissing or StoreError."""
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
    """Return the ID of the key that a ciphertext needs."""
    return ciphertext.partition(b"\n")[0].decode("ascii", "replace")
