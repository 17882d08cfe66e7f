"""Checks the URLs of webhooks and token endpoints."""

import ipaddress
import re
import string
import urllib.parse
from functools import lru_cache

MOST_CHARACTERS = 2048
_ASCII = string.punctuation
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_MOST_IN_NAME = 253
_MOST_IN_LABEL = 63
_SEPARATORS = ",;，；、"
_ANOTHER = re.compile(rf"([{_SEPARATORS}])[a-z][a-z0-9+.-]*://", re.IGNORECASE | re.ASCII)
"""Where another URL begins after the first."""


def check_url(text: str) -> str:
    """Check a URL and return it as typed, without the white space around it.

    One absolute http or https URL with a host (RFC 3986), at most 2,048 characters, without user, password or
    fragment. The host is an address, or a name that DNS can hold. Raises ValueError with a sentence for the person who
    typed it.
    """
    url = text.strip()
    if not url:
        raise ValueError("Enter a URL.")
    if len(url) > MOST_CHARACTERS:
        raise ValueError(f"A URL has at most {MOST_CHARACTERS:,} characters; this has {len(url):,}.")
    scheme, separator, _ = url.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise ValueError("Start with https:// or http://")
    if any(not character.isprintable() or character.isspace() for character in url):
        raise ValueError("One URL only: leave out spaces and control characters.")
    _check_single(url)
    if any(character in '"<>\\^`{|}' for character in url):
        raise ValueError('Write the characters " < > \\ ^ ` { | } percent-encoded in a URL.')
    _check_parts(url)
    return url


def _check_single(url: str) -> None:
    """Refuse two URLs in one field. A URL that is the value of a query's field may hold a list of them."""
    for another in _ANOTHER.finditer(url):
        separator = another[1]
        query = url[: another.start()].partition("?")[2]
        if "://" not in re.split("[&=]", query)[-1]:
            raise ValueError(
                f'One URL only: another one begins after "{separator}". If it is a part of this one, write '
                f"{urllib.parse.quote(separator)} instead."
            )


def _check_parts(url: str) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ValueError("The host is not a name or an address: check the brackets.") from None
    if "@" in parts.netloc:
        raise ValueError("Leave user and password out of the URL.")
    if "#" in url:
        raise ValueError("Leave the part from # on out of the URL: it is never sent.")
    if separator := next((each for each in _SEPARATORS if each in parts.netloc), None):
        raise ValueError(f'One URL only: leave "{separator}" out of the host.')
    _check_port(parts.netloc)
    if not host:
        raise ValueError("The URL has no host.")
    if "[" in parts.netloc and ":" not in host:
        raise ValueError("The host is not a valid IPv6 address.")
    for label in ascii_host(host).split("."):
        # Not in `ascii_host`, which must also accept the hosts that earlier versions accepted.
        if label.startswith("xn--"):
            _idna(label)


def _check_port(netloc: str) -> None:
    bracketed = netloc.startswith("[")
    if not bracketed and netloc.count(":") > 1:
        raise ValueError(
            "A URL has one port, and an IPv6 address stands in brackets: http://[2001:db8::1]:80/."
        )
    before, colon, port = (netloc.partition("]")[2] if bracketed else netloc).rpartition(":")
    if bracketed and (before or (port and not colon)):
        raise ValueError("After the bracket of an IPv6 address comes the port or the path.")
    if colon and not (_PORT.fullmatch(port) and 0 < int(port) < 65536):
        raise ValueError("The port is a number from 1 to 65535.")


def ascii_host(host: str) -> str:
    """The host as it is sent: a canonical address, or a name in IDNA form (RFC 5891).

    Raises ValueError if it is neither, such as `127.1` or `0x7f000001`, which some resolvers take for addresses,
    and for a name that DNS cannot hold (RFC 1035, section 2.3.4).
    """
    if ":" in host:
        return _ipv6(host)
    if _looks_like_address(host):
        return _ipv4(host)
    name = host.lower() if host.isascii() else _idna(host)
    _check_name(name.removesuffix("."))
    if _looks_like_address(name):
        return _ipv4(name)
    return name


def _check_name(name: str) -> None:
    labels = name.split(".")
    if "" in labels:
        raise ValueError("The host is not a valid name: it has an empty part before, between or after dots.")
    if max(map(len, labels)) > _MOST_IN_LABEL:
        raise ValueError(
            f"The host is not a valid name: a part between dots has more than {_MOST_IN_LABEL} characters."
        )
    if len(name) > _MOST_IN_NAME:
        raise ValueError(f"The host is not a valid name: it has more than {_MOST_IN_NAME} characters.")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("The host is not a valid name.")


def _idna(host: str) -> str:
    import idna  # its tables are large, and most hosts are ASCII

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("The host is not a valid name.") from None


def _looks_like_address(host: str) -> bool:
    """Whether resolvers may read it as an IPv4 address (WHATWG URL: the last label is a number)."""
    last = host.removesuffix(".").rpartition(".")[2]
    return last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last, re.IGNORECASE) is not None


def _ipv4(host: str) -> str:
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise ValueError("Write the address in full, such as 192.0.2.10.") from None


def _ipv6(host: str) -> str:
    if "%" in host:
        raise ValueError("Leave the zone (from % on) out of the IPv6 address.")
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise ValueError("The host is not a valid IPv6 address.") from None


@lru_cache
def host_of(url: str) -> str:
    """The host of an accepted URL, in the form that is sent."""
    return ascii_host(urllib.parse.urlsplit(url).hostname or "")


def on_the_wire(url: str) -> str:
    """The URL as typed, with an international host as IDNA and the rest percent-encoded (RFC 3987, section 3.1)."""
    if url.isascii():
        return url
    parts = urllib.parse.urlsplit(url)
    netloc = parts.netloc
    if not netloc.isascii():
        netloc = host_of(url) + (f":{parts.port}" if parts.port is not None else "")
    path, query = (urllib.parse.quote(part, safe=_ASCII) for part in (parts.path, parts.query))
    return urllib.parse.urlunsplit((parts.scheme, netloc, path, query, ""))
