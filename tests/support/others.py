"""Foreign files that somebody may have put in place of one of our files."""

import os
import stat
from pathlib import Path

OTHERS = [
    "a file",
    "a folder",
    "a link",
    "a link to nothing",
    "a link to the database",
    "a hard link",
    "a pipe",
    "a socket",
]


def put(path: Path, other: str, notes: Path, database: Path) -> None:
    """Put something foreign in place of one of our files. `other` is one of `OTHERS`."""
    notes.write_text("these are my notes")
    match other:
        case "a file":
            path.write_text("these are my notes")
        case "a folder":
            path.mkdir()
        case "a link":
            path.symlink_to(notes)
        case "a link to nothing":
            path.symlink_to(notes.with_name("nothing"))
        case "a link to the database":
            path.symlink_to(database)
        case "a hard link":
            path.hardlink_to(notes)
        case "a pipe":
            os.mkfifo(path)
        case "a socket":
            os.mknod(path, stat.S_IFSOCK | 0o600)
