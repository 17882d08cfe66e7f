"""A dispatcher started by the screens, and how any dispatcher is told to stop."""

import os
import signal
import subprocess
from pathlib import Path

from platformdirs import user_state_path

from core.errors import HookkeeperError
from core.ours import NotOurs, make_folder, open_ours
from core.service.python import environment, python

STARTED_BY_VARIABLE = "HOOKKEEPER_STARTED_BY"
LONGEST_LOG = 10 * 1024 * 1024
"""Bytes after which the next dispatcher begins a new log, and keeps one that was before it."""
_children: dict[int, "subprocess.Popen[bytes]"] = {}
"""Kept so that a child that ended is reaped."""


def log_file() -> Path:
    """Where a dispatcher that the screens started writes its log."""
    return user_state_path("hookkeeper") / "dispatcher.log"


def start_dispatcher(database: Path, *, started_by: str = "screens") -> int:
    """Start `serve` as a process that outlives us, with no terminal; its pid. Raises HookkeeperError."""
    path = log_file()
    try:
        with open(_opened_log(path), "ab") as log:
            child = subprocess.Popen(
                python("core.cli", "--db", str(database), "serve"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment() | {STARTED_BY_VARIABLE: started_by},
            )
    except OSError as error:
        raise HookkeeperError(f"The dispatcher could not be started: {error}.") from None
    for pid in [pid for pid, old in _children.items() if old.poll() is not None]:
        del _children[pid]
    _children[child.pid] = child
    return child.pid


def _opened_log(path: Path) -> int:
    """The log to write to. One that is too long, or is not ours, is put aside first. Raises OSError, NotOurs."""
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
    """Whether a dispatcher that we started still runs."""
    child = _children.get(pid)
    return child is not None and child.poll() is None


def stop_dispatcher(pid: int) -> None:
    """Tell a dispatcher to drain and stop; the lock is free once it has. Raises HookkeeperError."""
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError:
        raise HookkeeperError(f"The dispatcher {pid} belongs to another user: ask them to stop it.") from None
