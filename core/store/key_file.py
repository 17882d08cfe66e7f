"""The key file, which is separate from the database: one key per line. The last key encrypts."""

import base64
import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.encoding import NotUtf8, require_utf8
from core.ids import new_id
from core.ours import NotOurs, kind_of, make_folder, open_new, open_ours
from core.store.errors import StoreError

KEYS_VARIABLE = "HOOKKEEPER_KEYS"
KEY_FILE_VARIABLE = "HOOKKEEPER_KEY_FILE"
_CREDENTIAL = "hookkeeper-keys"
_HEADING = (
    "# Hookkeeper's keys. Without them the secrets in its databases cannot be read: keep a copy elsewhere.\n"
)

_PATIENCE = 1.0
"""How many seconds to wait for another process that changes the file."""

Stamp = tuple[int, int, int]
"""Identifies a version of the file: inode, size in bytes, modification time in ns."""


def key_file() -> Path:
    """Return the path of the key file: from the variable, systemd's credential, or the user's configuration folder."""
    if KEY_FILE_VARIABLE in os.environ:
        return Path(os.environ[KEY_FILE_VARIABLE])
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (Path(folder) / _CREDENTIAL).exists():
        return Path(folder) / _CREDENTIAL
    from platformdirs import user_config_path  # imported late: most commands read no secret

    return user_config_path("hookkeeper") / "keys"


def stamp(path: Path) -> Stamp | None:
    """Return the stamp of the current file, or None if there is no file or the keys come from the environment."""
    if os.environ.get(KEYS_VARIABLE):
        return None
    try:
        return _stamp(os.stat(path))
    except OSError:
        return None


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns


def read(path: Path) -> tuple[dict[str, bytes], Stamp | None]:
    """Return the keys by their ID (none without a file), and the stamp of the file. Raises StoreError."""
    if text := os.environ.get(KEYS_VARIABLE):
        return _parse(text, path), None
    try:
        # Links are followed, since secret managers create them. Without O_NONBLOCK, opening a pipe may hang.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise StoreError(f"The key file {path} is {kind_of(status)}, not a regular file.")
            return _parse(require_utf8(file.read(), f"The key file {path}").decode(), path), _stamp(status)
    except FileNotFoundError:
        return {}, None
    except NotUtf8 as error:
        raise StoreError(str(error)) from None
    except (OSError, UnicodeDecodeError):
        raise StoreError(f"The key file {path} cannot be read. Check its owner and permissions.") from None


def _parse(text: str, path: Path) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not (identity := _key_of(line)):
            continue
        try:
            key = base64.b64decode(line.strip().partition(" ")[2], validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise StoreError(
                f"Line {number} of the key file {path} is no key. Put the file back from your copy."
            )
        keys[identity] = key
    return keys


def _key_of(line: str) -> str:
    """Return the ID of the key in a line, or "" for a line without a key."""
    return "" if line.startswith("#") else line.strip().partition(" ")[0]


def create(path: Path) -> None:
    """Create the file with its first key, unless the file exists. Raises StoreError."""
    with _writing(path):
        make_folder(path.parent)
        with _locked(path):
            if not path.exists():
                _replace(path, f"{_HEADING}{_new_line(new_id('key'))}")


def append(path: Path) -> str:
    """Add a new key, which encrypts from now on, and return its ID. Raises StoreError."""
    create(path)
    identity = new_id("key")
    with _writing(path), _locked(path):
        text = path.read_text("utf-8-sig")
        _replace(path, text + ("" if text.endswith("\n") or not text else "\n") + _new_line(identity))
    return identity


def remove_before(path: Path, identity: str) -> int:
    """Remove the keys that precede this one in the file, and return how many. Raises StoreError."""
    with _writing(path), _locked(path):
        lines = path.read_text("utf-8-sig").splitlines(keepends=True)
        position = next(number for number, line in enumerate(lines) if _key_of(line) == identity)
        older = [line for line in lines[:position] if _key_of(line)]
        _replace(path, "".join(line for line in lines if line not in older))
    return len(older)


def require_ours(path: Path) -> None:
    """Raise StoreError if Hookkeeper cannot change the keys: they come from the environment or a systemd credential."""
    if os.environ.get(KEYS_VARIABLE):
        raise StoreError(
            f"The keys come from {KEYS_VARIABLE}, which Hookkeeper cannot change. "
            "To rotate them, put them into a key file of its own."
        )
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and path.parent == Path(folder):
        raise StoreError(
            "The keys come from systemd's credential hookkeeper-keys, which Hookkeeper cannot change. "
            f"Run this with {KEY_FILE_VARIABLE} naming the file that the credential is made of."
        )


def _new_line(identity: str) -> str:
    return f"{identity} {base64.b64encode(os.urandom(32)).decode()}\n"


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except NotOurs as error:
        raise StoreError(f"The key file {path} cannot be changed: {error}") from None
    except OSError as error:
        raise StoreError(f"The key file {path} cannot be written: {error.strerror}.") from None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of the file, so that two processes cannot overwrite each other's new key.

    The wait is limited, because the first key is created inside a transaction: a process that was stopped while it
    holds the lock must not block the others. Raises StoreError if the wait ends without the lock.
    """
    file = open_ours(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT)
    until = time.monotonic() + _PATIENCE
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise StoreError(
                        f"The key file {path} is being changed by another process. Try again."
                    ) from None
            time.sleep(0.01)
        yield
    finally:
        os.close(file)


def _replace(path: Path, text: str) -> None:
    """Replace the file atomically. Only its owner can read the new file."""
    path = path.resolve()
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(open_new(draft), "w") as file:
            with contextlib.suppress(FileNotFoundError):
                owner = path.stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
