"""The limits of this process and this machine: what they leave for connections, and which errors are theirs.

A webhook's endpoint has no part in such an error, whatever it was that could not be opened.
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
"""Descriptors for what is open for a moment only: nameservers, the token endpoint, notices, TLS files, backups."""
_LEAST = 48
"""What a dispatcher without a connection has open, `_RESERVED`, and a few connections."""
_LARGEST = 10_240
"""What macOS takes where the hard limit is infinite (setrlimit(2), COMPATIBILITY)."""


def highest_open_files() -> int:
    """How many files the system lets this process open, once `raise_open_files` was called."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft, _LARGEST) if hard == resource.RLIM_INFINITY else hard


def raise_open_files() -> None:
    """Raise the soft limit of open files to the hard one. Raises HookkeeperError if that is too few to deliver at all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        with suppress(OSError, ValueError):  # we do with what there is
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest_open_files(), hard))
    if _open_files() < _LEAST:
        words = f"This process may have {_open_files()} files open, and delivering needs {_LEAST}."
        raise HookkeeperError(f"{words} Raise the limit: ulimit -n 1024")


def _open_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _LARGEST if soft == resource.RLIM_INFINITY else soft


def most_connections() -> int:
    """How many connections the limit of open files leaves beside what is open now; at least one.

    Connections in use and kept ones count alike.
    """
    try:
        used = len(os.listdir("/dev/fd"))
    except OSError:  # there is none, or no file can be opened
        used = _LEAST
    return max(1, _open_files() - used - _RESERVED)


def reason_of(error: BaseException, peer: str = "") -> str | None:
    """Which limit an error means, in a few words; None for every other error.

    `peer` is the address and port (`[::1]:443`) that a connection was to be made to, "" where it is not known.
    """
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError):
        number = errno.ENOMEM
    if number == errno.EADDRNOTAVAIL and not _has_source_address(peer):
        return None
    return _WORDS.get(number or 0)


def check() -> None:
    """Raises OSError if no file can be opened now."""
    os.close(os.open(os.devnull, os.O_RDONLY))


def reached() -> str | None:
    """Which limit keeps a file from being opened now, in words; None if one can be.

    For what fails without a number: c-ares does not tell why it has no socket, nor OpenSSL why it has read no file.
    """
    try:
        check()
    except OSError as error:
        return reason_of(error)
    return None


def _has_source_address(peer: str) -> bool:
    """Whether this machine has an address to reach `peer` from.

    Without one (IPv6 is switched off) a connection fails as it does when all ports are taken. UDP has ports of its
    own, and connecting sends nothing.
    """
    host, _, port = peer.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.connect((host.strip("[]"), int(port)))
    except (OSError, ValueError):
        return False
    return True
