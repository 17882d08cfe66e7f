"""Checks custom headers (RFC 9110, sections 5.1 and 5.5)."""

import re
from collections.abc import Sequence

from core.text import one_line

MOST_HEADERS = 50
MOST_BYTES = 8192
MASKED = "•••••••••••••"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_SET_BY_US = {"host", "content-length", "transfer-encoding", "connection", "content-type", "accept-encoding"}
_OUR_PREFIXES = ("webhook-", "hookkeeper-")
_SECRET = re.compile(r"secret|token|key|auth|password|cookie", re.IGNORECASE)


def check_name(name: str) -> str:
    """Check and return the name of a custom header. Raises ValueError with a message for the user."""
    if not name:
        raise ValueError("Enter a header name, or remove the row.")
    if " " in name:
        raise ValueError(f"{_quoted(name)} is not a header name: no spaces.")
    if not is_token(name):
        raise ValueError(f"{_quoted(name)} is not a header name: letters, digits and !#$%&'*+-.^_`|~ only.")
    if is_set_by_us(name):
        raise ValueError(f"{name} is set by Hookkeeper.")
    return name


def is_token(name: str) -> bool:
    """Whether this is a valid header name."""
    return _TOKEN.fullmatch(name) is not None


def is_set_by_us(name: str) -> bool:
    """Whether Hookkeeper sets this header itself, whatever is configured."""
    lower = name.lower()
    return lower in _SET_BY_US or lower.startswith(_OUR_PREFIXES)


def check_value(value: str) -> str:
    """Check and return the value of a custom header, which is sent unchanged as UTF-8. Raises ValueError."""
    if value != value.strip(" \t"):
        raise ValueError("A header value has no space at its ends.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("A header value is text that can be written as UTF-8.") from None
    # Otherwise the value shown would differ from the value sent.
    if one_line(value) != value:
        raise ValueError("A header value has no line breaks, control or text direction characters.")
    return value


class WrongHeader(ValueError):
    """A header that conflicts with the others or exceeds a limit, with its position."""

    def __init__(self, position: int, reason: str) -> None:
        self.position = position
        super().__init__(reason)


def check_all(headers: Sequence[tuple[str, str]], *, with_authorization: bool) -> None:
    """Check the rules for all custom headers together. Raises WrongHeader."""
    seen: set[str] = set()
    size = 0
    for position, (name, value) in enumerate(headers):
        if name.lower() in seen:
            raise WrongHeader(
                position, f"{name} stands there twice; the case of letters makes no difference."
            )
        if with_authorization and name.lower() == "authorization":
            raise WrongHeader(
                position, "Authorization is set by Hookkeeper while an Authentication URL is set."
            )
        seen.add(name.lower())
        size += len(name) + len(value.encode()) + len(": \r\n")
        if position >= MOST_HEADERS:
            raise WrongHeader(
                position, f"There are at most {MOST_HEADERS} custom headers; these are {len(headers)}."
            )
        if size > MOST_BYTES:
            raise WrongHeader(
                position, "All custom headers together have at most 8 KiB; from here on they have more."
            )


def holds_secret(name: str) -> bool:
    """Whether the name suggests a secret. Its value is shown as dots, and not stored if it comes from an answer."""
    return _SECRET.search(name) is not None


def _quoted(name: str) -> str:
    shown = name if len(name) <= 40 else name[:39] + "…"
    return f'"{shown}"'
