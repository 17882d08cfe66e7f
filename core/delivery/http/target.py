"""Splits a URL into the parts that a request needs."""

import urllib.parse
from functools import lru_cache

from msgspec import Struct

from core.url import host_of, on_the_wire

_PORTS = {"http": 80, "https": 443}


class Target(Struct, frozen=True):
    """The parts of a URL. `authority` is the value of `Host`. `path` begins with a slash and includes the query."""

    tls: bool
    host: str
    port: int
    authority: str
    path: str


@lru_cache(4096)
def target_of(url: str) -> Target:
    """Return the target of an accepted URL. Raises ValueError for a host that is neither a name nor an address."""
    parts = urllib.parse.urlsplit(on_the_wire(url))
    # A final dot marks a name as absolute. It belongs neither in Host nor in the name checked in the certificate.
    host = host_of(url).rstrip(".")
    usual = _PORTS[parts.scheme]
    port = parts.port or usual
    shown = f"[{host}]" if ":" in host else host
    authority = shown if port == usual else f"{shown}:{port}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port, authority, path)
