"""Starts a dispatcher for the screens, and stops any dispatcher."""

import os
import signal
import subprocess
from pathlib import Path

from platformdirs import user_state_path

from core.errors import HookkeeperError
from core.ours import NotOurs, make_folder, open_ours
from core.place import Address, Place
from core.service.python import environment, python

STARTED_BY_VARIABLE = "HOOKKEEPER_STARTED_BY"
LONGEST_LOG = 10 * 1024 * 1024
"""Size in bytes above which the next dispatcher begins a new log. One older log is kept."""
_children: dict[int, "subprocess.Popen[bytes]"] = {}
"""The started processes, kept so that those that have ended can be reaped."""


def log_file() -> Path:
    """Return the path of the log of a dispatcher that the screens have started."""
    return user_state_path("hookkeeper") / "dispatcher.log"


def start_dispatcher(database: Place, *, started_by: str = "screens") -> int:
    """Start `serve` as a process that outlives this one and has no terminal. Return its pid. Raises HookkeeperError."""
    path = log_file()
    # An address may contain a password, and other users can read the arguments of a process.
    named, kept = (
        ((), {"HOOKKEEPER_DB": database.uri})
        if isinstance(database, Address)
        else (("--db", str(database)), {})
    )
    try:
        with open(_opened_log(path), "ab") as log:
            child = subprocess.Popen(
                python("core.cli", *named, "serve"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment() | kept | {STARTED_BY_VARIABLE: started_by},
            )
    except OSError as error:
        raise HookkeeperError(f"The dispatcher could not be started: {error}.") from None
    for pid in [pid for pid, old in _children.items() if old.poll() is not None]:
        del _children[pid]
    _children[child.pid] = child
    return child.pid


def _opened_log(path: Path) -> int:
    """Open the log for appending. A log that is too long or not ours is renamed first. Raises OSError, NotOurs."""
    make_folder(path.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        file = open_ours(path, flags)
        if os.fstat(file).st_size <= LONGEST_LOG:
            return file
        os.close(file)
    except NotOurs:
        pass
    path.replace(path.with_name(path.name + ".1"))
    return open_ours(path, flags)


def is_alive(pid: int) -> bool:
    """Whether a dispatcher that this process has started is still running."""
    child = _children.get(pid)
    return child is not None and child.poll() is None


def stop_dispatcher(pid: int) -> None:
    """Tell a dispatcher to drain and stop. It then releases the dispatcher lock. Raises HookkeeperError."""
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError:
        raise HookkeeperError(f"The dispatcher {pid} belongs to another user: ask them to stop it.") from None
