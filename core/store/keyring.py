"""The keys that encrypt secrets at rest, and the file they are kept in, apart from the database."""

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from core.ids import new_id
from core.store.errors import KeyMissing, StoreError

KEYS_VARIABLE = "HOOKKEEPER_KEYS"
KEY_FILE_VARIABLE = "HOOKKEEPER_KEY_FILE"
_CREDENTIAL = "hookkeeper-keys"
_NONCE = 12
_HEADING = (
    "# Hookkeeper's keys. Without them the secrets in its databases cannot be read: keep a copy elsewhere.\n"
)


def key_file() -> Path:
    """Where the keys are read from: the variable, systemd's credential, or the user's configuration folder."""
    if KEY_FILE_VARIABLE in os.environ:
        return Path(os.environ[KEY_FILE_VARIABLE])
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (Path(folder) / _CREDENTIAL).exists():
        return Path(folder) / _CREDENTIAL
    from platformdirs import user_config_path  # imported late: most commands read no secret

    return user_config_path("hookkeeper") / "keys"


@dataclass(slots=True)
class Keyring:
    """AES-GCM keys by their id; the last one encrypts. A ciphertext is: id, newline, nonce, sealed text."""

    path: Path
    keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def load(cls) -> "Keyring":
        """The keys there are; none if there is no key file. Raises StoreError."""
        path = key_file()
        try:
            text = os.environ.get(KEYS_VARIABLE) or path.read_text()
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError):
            raise StoreError(
                f"The key file {path} cannot be read. Check its owner and permissions."
            ) from None
        return cls(path, _parse(text, path))

    def require(self, identity: str) -> None:
        """Raises KeyMissing if a ciphertext of the database names a key that is not here."""
        if identity not in self.keys:
            self.keys.update(_read(self.path))  # another process may have made it since
        if identity not in self.keys:
            raise KeyMissing(
                f"The key {identity} of this database is not in {self.path}. Put the key file back from your copy; "
                "without it the stored secrets cannot be read."
            )

    def encrypt(self, secret: SecretStr, place: str) -> bytes:
        """Seal a secret for one place (`table/row/column`): elsewhere it cannot be opened."""
        if not self.keys:
            self.keys.update(_read(self.path) or self._create())
        identity, key = list(self.keys.items())[-1]
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(key).encrypt(nonce, secret.get_secret_value().encode(), place.encode())
        return identity.encode() + b"\n" + nonce + sealed

    def decrypt(self, ciphertext: bytes, place: str) -> SecretStr:
        """Open what `encrypt` sealed for the same place. Raises KeyMissing or StoreError."""
        identity, _, rest = ciphertext.partition(b"\n")
        self.require(identity.decode("ascii", "replace"))
        try:
            plain = AESGCM(self.keys[identity.decode()]).decrypt(rest[:_NONCE], rest[_NONCE:], place.encode())
        except InvalidTag:
            raise StoreError(
                f"The secret in {place} was changed outside Hookkeeper. Enter it again."
            ) from None
        return SecretStr(plain.decode())

    def _create(self) -> dict[str, bytes]:
        """Make the first key. Whoever is second uses what the first one wrote."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = f"{new_id('key')} {base64.b64encode(os.urandom(32)).decode()}\n"
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(_HEADING + line)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, self.path)
        except FileExistsError:
            pass
        except OSError as error:
            raise StoreError(f"The key file {self.path} cannot be written: {error.strerror}.") from None
        finally:
            draft.unlink(missing_ok=True)
        return _read(self.path)


def key_of(ciphertext: bytes) -> str:
    """The id of the key that a ciphertext needs."""
    return ciphertext.partition(b"\n")[0].decode("ascii", "replace")


def _read(path: Path) -> dict[str, bytes]:
    try:
        text = os.environ.get(KEYS_VARIABLE) or path.read_text()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise StoreError(f"The key file {path} cannot be read. Check its owner and permissions.") from None
    return _parse(text, path)


def _parse(text: str, path: Path) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        identity, _, encoded = line.strip().partition(" ")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise StoreError(
                f"Line {number} of the key file {path} is no key. Put the file back from your copy."
            )
        keys[identity] = key
    return keys
