"""The limits of this process and this machine: how many connections they allow, and which errors they cause.

Such an error never counts against a webhook's endpoint.
"""

import errno
import os
import resource
import socket
from contextlib import closing, suppress

from core.errors import HookkeeperError

TOO_MANY_FILES = "too many open files"
_WORDS = {
    errno.EMFILE: TOO_MANY_FILES,
    errno.ENFILE: "too many open files in all",
    errno.ENOMEM: "not enough memory",
    errno.ENOBUFS: "no network buffers left",
    errno.EADDRNOTAVAIL: "no local port left",
}
_RESERVED = 16
"""Descriptors reserved for short use: nameservers, the token endpoint, notices, TLS files, backups."""
_LEAST = 48
"""Descriptors of a dispatcher without connections, plus `_RESERVED`, plus a few connections."""
_LARGEST = 10_240
"""The limit that macOS accepts if the hard limit is infinite (setrlimit(2), COMPATIBILITY)."""


def highest_open_files() -> int:
    """The number of files that this process may open after `raise_open_files`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft, _LARGEST) if hard == resource.RLIM_INFINITY else hard


def raise_open_files() -> None:
    """Raise the soft limit of open files to the hard one. Raises HookkeeperError if that is too few to deliver at all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        with suppress(OSError, ValueError):  # continue with the current limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest_open_files(), hard))
    if _open_files() < _LEAST:
        words = f"This process may have {_open_files()} files open, and delivering needs {_LEAST}."
        raise HookkeeperError(f"{words} Raise the limit: ulimit -n 1024")


def _open_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _LARGEST if soft == resource.RLIM_INFINITY else soft


def most_connections() -> int:
    """How many connections the limit of open files allows besides the files that are open now; at least one.

    The number covers connections in use and kept ones.
    """
    try:
        used = len(os.listdir("/dev/fd"))
    except OSError:  # the folder is missing, or no file can be opened
        used = _LEAST
    return max(1, _open_files() - used - _RESERVED)


def reason_of(error: BaseException, peer: str = "") -> str | None:
    """The limit that caused an error, in a few words; None for every other error.

    `peer` is the address and port (`[::1]:443`) of the attempted connection, "" if it is not known.
    """
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError):
        number = errno.ENOMEM
    if number == errno.EADDRNOTAVAIL and not _has_source_address(peer):
        return None
    return _WORDS.get(number or 0)


def check() -> None:
    """Check that a file can be opened now. Raises OSError."""
    os.close(os.open(os.devnull, os.O_RDONLY))


def reached() -> str | None:
    """The limit that prevents opening a file now, in words; None if a file can be opened.

    For errors without an errno: c-ares does not report why it got no socket, nor OpenSSL why it could not read a file.
    """
    try:
        check()
    except OSError as error:
        return reason_of(error)
    return None


def _has_source_address(peer: str) -> bool:
    """Whether this machine has a source address for connections to `peer`.

    Without one (such as without IPv6), a connection fails with the same error as when all ports are taken. The test
    uses UDP, which has its own ports and sends nothing on connect.
    """
    host, _, port = peer.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.connect((host.strip("[]"), int(port)))
    except (OSError, ValueError):
        return False
    return True
