"""Which processes have locked a file, according to Linux's table of all locks (/proc/locks, proc(5)).

The file itself must not be opened to ask for its locks: a process loses its SQLite locks on a file as soon as it closes
any descriptor of that file.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from core.store.sqlite.beside import Identity

_TABLE = Path("/proc/locks")
_END = 1 << 63


class Lock(NamedTuple):
    """A range of bytes that a process has locked. `last` is included."""

    pid: int
    exclusive: bool
    first: int
    last: int

    def covers(self, byte: int) -> bool:
        """Whether this byte is in the range."""
        return self.first <= byte <= self.last


def locks_on(file: Identity | None) -> Iterator[Lock]:
    """The POSIX locks, which SQLite uses, that any process has on a file; none if the system does not list them."""
    if file is None:
        return
    try:
        table = _TABLE.read_text()
    except OSError:
        return
    for line in table.splitlines():
        # 1: POSIX  ADVISORY  WRITE 4242 08:01:1234 120 120; waiting ones have "->" in the second place.
        match line.split():
            case [_, "POSIX", _, kind, pid, name, first, last] if _is(name, file) and int(pid) > 0:
                yield Lock(int(pid), kind == "WRITE", int(first), _END if last == "EOF" else int(last))


def _is(name: str, file: Identity) -> bool:
    """Whether `major:minor:inode` in the table is this file. With layered file systems the table has another device."""
    device, inode = file
    major, minor, number = name.split(":")
    same_device = (int(major, 16), int(minor, 16)) == (os.major(device), os.minor(device))
    return int(number) == inode and (same_device or os.major(device) == 0)


def process_name(pid: int) -> str:
    """The name of the program that a process runs, without its arguments, which may contain secrets."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "ended"


def is_stopped(pid: int) -> bool:
    """Whether the process is stopped, as by ctrl+z."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in "Tt"
