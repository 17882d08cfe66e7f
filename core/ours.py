"""Opens a file only if it is ours.

Anybody who can write to a folder may have put a link, a named pipe or a file of their own in the place of one of our
files. So a file is opened without following links, without waiting, and only if it has the right kind and owner.
"""

import os
import pwd
import stat
from collections.abc import Collection
from pathlib import Path

from core.errors import HookkeeperError

_KINDS = {
    stat.S_IFREG: "a regular file",
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
}
_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ATTEMPTS = 5


class NotOurs(HookkeeperError):
    """The path of one of our files has something else. It was neither read nor written."""


class OfAnotherUser(NotOurs):
    """The file is of the right kind, but another user's."""


def kind_of(status: os.stat_result) -> str:
    """What kind of file it is, in words."""
    return _KINDS.get(stat.S_IFMT(status.st_mode), "a device")


def user_name(number: int) -> str:
    """The name of a user; its number if it has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def require_ours(
    path: Path, status: os.stat_result, *, kind: int = stat.S_IFREG, owners: Collection[int] = ()
) -> None:
    """Check that the file is of this kind, has one name, and belongs to us or one of `owners`. Raises NotOurs."""
    if stat.S_IFMT(status.st_mode) != kind:
        raise NotOurs(f"{path} is {kind_of(status)}, not {_KINDS[kind]} of Hookkeeper: remove it.")
    if status.st_nlink > 1:
        raise NotOurs(f"{path} is a hard link to a file with another name: remove it.")
    if status.st_uid != os.geteuid() and status.st_uid not in owners:
        owner, we = user_name(status.st_uid), user_name(os.geteuid())
        raise OfAnotherUser(f"{path} belongs to {owner}, and you are {we}: remove it, or change its owner.")


def open_ours(path: Path, flags: int, *, kind: int = stat.S_IFREG, owners: Collection[int] = ()) -> int:
    """Open the file and return its descriptor. Raises NotOurs, OSError.

    A file created by `flags` is for its owner only. The file is checked before it is opened, since opening alone can
    wait or have side effects, and again afterwards, since it may have been replaced in between.
    """
    for _ in range(_ATTEMPTS):
        try:
            before = os.lstat(path)
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
            try:
                return os.open(path, flags | os.O_EXCL | _SAFELY, 0o600)
            except FileExistsError:
                continue
        require_ours(path, before, kind=kind, owners=owners)
        try:
            file = os.open(path, flags & ~os.O_CREAT | _SAFELY)
        except FileNotFoundError:
            continue
        after = os.fstat(file)
        if (after.st_dev, after.st_ino) == (before.st_dev, before.st_ino):
            return file
        os.close(file)
    raise NotOurs(f"{path} is exchanged again and again: another program uses this name.")


def open_new(path: Path) -> int:
    """Create an empty file for its owner only, replacing an existing one. Return its descriptor. Raises OSError."""
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o600)


def make_folder(path: Path) -> None:
    """Create the folder and its missing parents, each for its owner only. Raises OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
