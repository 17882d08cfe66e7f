"""Checks of the files: whether they exist, who owns them, and whether other users have access."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from core.ours import NotOurs, require_ours, user_name
from core.service.doctor.finding import Finding, well, wrong
from core.store import StoreError
from core.store.key_file import KEYS_VARIABLE, key_file
from core.store.sqlite.beside import beside, status_of

LARGEST_LOG = 64 * 1024 * 1024
_BESIDE = ("-wal", "-shm", ".dispatcher", ".dispatcher.next", ".wake")
_PIPE = ".wake"
_MIB = 1024 * 1024


def database_files(database: Path) -> list[Finding]:
    """Check the database and the files beside it."""
    try:
        status = status_of(database)
    except StoreError as error:
        return [wrong("database", str(error))]
    if status is None:
        return [
            wrong("database", f"There is no database {database}. hookkeeper opens the screens and makes one.")
        ]
    found = _ours_alone("database", database, status)
    for suffix in _BESIDE:
        path = beside(database, suffix)
        with suppress(FileNotFoundError):
            found += _file_beside(path, path.lstat(), status.st_uid, suffix)
    return found or [well("database", f"{database}, for its owner alone.")]


def _file_beside(path: Path, status: os.stat_result, owner: int, suffix: str) -> list[Finding]:
    kind = stat.S_IFIFO if suffix == _PIPE else stat.S_IFREG
    try:
        require_ours(path, status, kind=kind, owners=[owner])
    except NotOurs as error:
        return [wrong("database", str(error))]
    return _closed_to_others("database", path, status)


def write_ahead_log(size: int) -> Finding:
    """Check the size of the write-ahead log in bytes. A running dispatcher keeps it small."""
    if size > LARGEST_LOG:
        words = (
            f"The write-ahead log has {size // _MIB:,} MB. The dispatcher empties it as soon as nobody reads: "
            "start it, or end the program that keeps the database open."
        )
        return wrong("wal", words)
    return well("wal", f"The write-ahead log has {size / _MIB:,.1f} MB.")


def keys() -> list[Finding]:
    """Check the key file, but not whether it has all keys that a database needs."""
    if os.environ.get(KEYS_VARIABLE):
        return [well("keys", f"The keys come from {KEYS_VARIABLE}.")]
    path = key_file()
    if not path.exists():
        return [well("keys", f"There is no key file {path} yet; the first secret makes one.")]
    # The mode of a systemd credential is set by systemd.
    given = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/")) == path.parent
    found = [] if given else _ours_alone("keys", path, path.stat())
    return found or [well("keys", f"The keys are in {path}.")]


def _ours_alone(check: str, file: Path, status: os.stat_result) -> list[Finding]:
    """The findings on owner and permissions; empty if both are right."""
    found = []
    if status.st_uid != os.geteuid():
        owner, we = user_name(status.st_uid), user_name(os.geteuid())
        found.append(wrong(check, f"{file} belongs to {owner}, and you are {we}. Run Hookkeeper as {owner}."))
    return found + _closed_to_others(check, file, status)


def _closed_to_others(check: str, file: Path, status: os.stat_result) -> list[Finding]:
    if not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return []
    mode = stat.S_IMODE(status.st_mode)
    return [wrong(check, f"{file} is open to other users ({mode:04o}). Close it: chmod 600 {file}")]
