"""What is accepted as the URL of a webhook or of a token endpoint."""

import ipaddress
import re
import string
import urllib.parse
from functools import lru_cache

MOST_CHARACTERS = 2048
_ASCII = string.punctuation
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)


def check_url(text: str) -> str:
    """The URL as typed, without the white space around it.

    One absolute http or https URL with a host (RFC 3986), at most 2,048 characters, without user, password or
    fragment. Raises ValueError with a sentence for the person who typed it.
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
    if any(character in '"<>\\^`{|}' for character in url):
        raise ValueError('Write the characters " < > \\ ^ ` { | } percent-encoded in a URL.')
    _check_parts(url)
    return url


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
    if "," in parts.netloc:
        raise ValueError("One URL only: generate one webhook for each.")
    if not host:
        raise ValueError("The URL has no host.")
    _check_port(parts.netloc)
    if "[" in parts.netloc and ":" not in host:
        raise ValueError("The host is not a valid IPv6 address.")
    ascii_host(host)


def _check_port(netloc: str) -> None:
    bracketed = netloc.startswith("[")
    before, colon, port = (netloc.rpartition("]")[2] if bracketed else netloc).rpartition(":")
    if bracketed and (before or (port and not colon)):
        raise ValueError("After the bracket of an IPv6 address comes the port or the path.")
    if colon and not (_PORT.fullmatch(port) and 0 < int(port) < 65536):
        raise ValueError("The port is a number from 1 to 65535.")


def _idna(host: str) -> str:
    import idna  # its tables are large, and most hosts are ASCII

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("The host is not a valid name.") from None


def ascii_host(host: str) -> str:
    """The host as it goes over the wire: a canonical address, or a name in IDNA form (RFC 5891).

    Raises ValueError for what is neither, such as `127.1` or `0x7f000001`, which some resolvers take for addresses.
    """
    if ":" in host:
        return _ipv6(host)
    if _looks_like_address(host):
        return _ipv4(host)
    name = host if host.isascii() else _idna(host)
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("The host is not a valid name.")
    if _looks_like_address(name):
        return _ipv4(name)
    return name.lower()


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
    """The host of an accepted URL, in the form it has on the wire."""
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
