"""Which processes have locked a file, as the system tells: Linux's table of all locks (proc(5)).

SQLite's locks end when a process closes any descriptor of the file, so nobody may open one only to ask for its locks.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from core.store.sqlite.beside import Identity

_TABLE = Path("/proc/locks")
_END = 1 << 63


class Lock(NamedTuple):
    """A range of bytes that a process has locked, the last one included."""

    pid: int
    exclusive: bool
    first: int
    last: int

    def covers(self, byte: int) -> bool:
        """Whether it is locked."""
        return self.first <= byte <= self.last


def locks_on(file: Identity | None) -> Iterator[Lock]:
    """The locks of SQLite's kind that anybody has on a file; none where the system does not tell."""
    if file is None:
        return
    try:
        table = _TABLE.read_text()
    except OSError:
        return
    for line in table.splitlines():
        # 1: POSIX  ADVISORY  WRITE 4242 08:01:1234 120 120; those that wait have "->" in the second place.
        match line.split():
            case [_, "POSIX", _, kind, pid, name, first, last] if _is(name, file) and int(pid) > 0:
                yield Lock(int(pid), kind == "WRITE", int(first), _END if last == "EOF" else int(last))


def _is(name: str, file: Identity) -> bool:
    """Whether the table means this file by `major:minor:inode`. Layered file systems give the table another device."""
    device, inode = file
    major, minor, number = name.split(":")
    same_device = (int(major, 16), int(minor, 16)) == (os.major(device), os.minor(device))
    return int(number) == inode and (same_device or os.major(device) == 0)


def process_name(pid: int) -> str:
    """The name of a program that runs. Not its arguments: they may have secrets."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "ended"


def is_stopped(pid: int) -> bool:
    """Whether it was stopped, as by ctrl+z."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in "Tt"
