"""Reads the head of an answer that llhttp refuses, so that a complete status line and headers still count."""

import re

from msgspec import Struct

from core.delivery.http.reply import Headers

_HTTP = b"HTTP/"
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_END_OF_LINE = re.compile(rb"\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_STATUS_LINE = re.compile(rb"HTTP/[0-9](?:\.[0-9])?[ \t]+([1-9][0-9]{2})(?:[ \t].*)?")
_LENGTH = re.compile(rb"[0-9]{1,18}")
SWITCHING_PROTOCOLS = 101


class Head(Struct):
    """A status line and headers. `rest` is the bytes after them."""

    status: int
    headers: Headers
    rest: bytes


def is_interim(status: int) -> bool:
    """Return whether the final answer is still to come (RFC 9110, section 15.2)."""
    return 100 <= status < 200 and status != SWITCHING_PROTOCOLS


def read_head(received: bytes) -> Head | None:
    """Return the final head in the received bytes, or None while it is not complete.

    Raises ValueError if the bytes do not begin with a status line.
    """
    while True:
        received = received.lstrip(b"\r\n")
        if _HTTP.startswith(received):
            return None
        line = _END_OF_LINE.split(received, 1)
        found = _STATUS_LINE.fullmatch(line[0])
        if not received.startswith(_HTTP) or (len(line) == 2 and found is None):
            raise ValueError("no status line")
        end = _EMPTY_LINE.search(received)
        if end is None or found is None:
            return None
        status = int(found[1])
        if not is_interim(status):
            # A line that begins with white space continues the line before it (RFC 9112, section 5.2).
            lines = _END_OF_LINE.split(_FOLD.sub(b" ", received[: end.start()]))[1:]
            return Head(status, [_header(line) for line in lines], received[end.end() :])
        received = received[end.end() :]


def after_interim(received: bytes) -> bytes:
    """Return what follows the last empty line."""
    return _EMPTY_LINE.split(received)[-1]


def framing_of(headers: Headers) -> bytes:
    """Return the header line that says where the body ends (RFC 9112, section 6.3).

    Return b"" if there is none or if the lengths differ.
    """
    fields = [(name.lower(), value.lower()) for name, value in headers]
    if any(name == b"transfer-encoding" and value.endswith(b"chunked") for name, value in fields):
        return b"Transfer-Encoding: chunked"
    lengths = {
        part.strip() for name, value in fields if name == b"content-length" for part in value.split(b",")
    }
    if len(lengths) == 1 and _LENGTH.fullmatch(length := lengths.pop()):
        return b"Content-Length: " + length
    return b""


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip(), value.strip()
