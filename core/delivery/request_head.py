"""Builds and caches the lines of a request's head that many deliveries share."""

import json
import re
from functools import lru_cache

from core.auth import Token
from core.delivery.http import target_of
from core.header import holds_secret, is_set_by_us
from core.version import VERSION

_END_OF_LINE = re.compile(r"[\r\n\0]")
_LEAST_SECRET = 8
"""Characters. A shorter secret is not hidden in answers, because it may match by chance."""


@lru_cache
def constant_lines(url: str, custom_headers: tuple[tuple[str, str], ...], token: Token | None) -> str:
    """Return the request line and the headers that are the same for all deliveries, without the final CRLF.

    A header that Hookkeeper sets replaces a custom header of the same name, except `User-Agent`. Raises ValueError
    for a header that holds CR, LF or NUL, which no valid setting does.
    """
    target = target_of(url)
    custom = {name.lower(): (name, value) for name, value in custom_headers if not is_set_by_us(name)}
    custom.setdefault("user-agent", ("User-Agent", f"Hookkeeper/{VERSION}"))
    if token is not None:
        custom["authorization"] = ("Authorization", f"Bearer {token.value.get_secret_value()}")
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        "Content-Type: application/json",
        "Accept-Encoding: identity",
        *(f"{name}: {value}" for name, value in custom.values()),
    ]
    if wrong := next((line for line in lines if _END_OF_LINE.search(line)), None):
        raise ValueError(f"The header {wrong.partition(':')[0]!r} holds the end of a line.")
    return "\r\n".join(lines)


@lru_cache
def secrets_sent(custom_headers: tuple[tuple[str, str], ...], token: Token | None) -> tuple[bytes, ...]:
    """Return the secrets in a request's headers, to hide them in an answer that repeats them.

    Each is returned as it is and as JSON escapes it.
    """
    secrets = [value for name, value in custom_headers if holds_secret(name)]
    if token is not None:
        secrets.append(token.value.get_secret_value())
    written = [(value, json.dumps(value)[1:-1]) for value in secrets if len(value) >= _LEAST_SECRET]
    forms = {form for plain, escaped in written for form in (plain, escaped, escaped.replace("/", "\\/"))}
    return tuple(form.encode() for form in sorted(forms))
