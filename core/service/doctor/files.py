"""Checks of the files: whether they are there, whose they are, and who else may read them."""

import os
import pwd
import stat
from pathlib import Path

from core.service.doctor.finding import Finding, well, wrong
from core.store.key_file import KEYS_VARIABLE, key_file

LARGEST_LOG = 64 * 1024 * 1024
_BESIDE = ("", "-wal", "-shm", ".dispatcher", ".wake")
_MIB = 1024 * 1024


def database_files(database: Path) -> list[Finding]:
    """The database and what stands beside it."""
    if not database.exists():
        return [
            wrong("database", f"There is no database {database}. hookkeeper opens the screens and makes one.")
        ]
    files = [database.with_name(database.name + suffix) for suffix in _BESIDE]
    found = [finding for file in files if file.exists() for finding in _ours_alone("database", file)]
    return found or [well("database", f"{database}, for its owner alone.")]


def write_ahead_log(size: int) -> Finding:
    """Its bytes: the dispatcher empties it, so that it stays small where one works."""
    if size > LARGEST_LOG:
        words = (
            f"The write-ahead log has {size // _MIB:,} MB. The dispatcher empties it as soon as nobody reads: "
            "start it, or end the program that keeps the database open."
        )
        return wrong("wal", words)
    return well("wal", f"The write-ahead log has {size / _MIB:,.1f} MB.")


def keys() -> list[Finding]:
    """The key file; whether it has all keys that a database needs is not known here."""
    if os.environ.get(KEYS_VARIABLE):
        return [well("keys", f"The keys come from {KEYS_VARIABLE}.")]
    path = key_file()
    if not path.exists():
        return [well("keys", f"There is no key file {path} yet; the first secret makes one.")]
    # A systemd credential has the mode that systemd gives it.
    given = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/")) == path.parent
    found = [] if given else _ours_alone("keys", path)
    return found or [well("keys", f"The keys are in {path}.")]


def _ours_alone(check: str, file: Path) -> list[Finding]:
    """What is wrong with owner and permissions."""
    status = file.stat()
    found = []
    if status.st_uid != os.geteuid():
        owner, we = _user(status.st_uid), _user(os.geteuid())
        found.append(wrong(check, f"{file} belongs to {owner}, and you are {we}. Run Hookkeeper as {owner}."))
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(status.st_mode)
        words = f"{file} is open to other users ({mode:04o}). Close it: chmod 600 {file}"
        found.append(wrong(check, words))
    return found


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
