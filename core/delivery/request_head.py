"""The lines of a request's head that are the same for many deliveries: made once."""

import json
import re
from functools import lru_cache

from core.auth import Token
from core.delivery.http import target_of
from core.header import holds_secret, is_set_by_us
from core.version import VERSION

_END_OF_LINE = re.compile(r"[\r\n\0]")
_LEAST_SECRET = 8
"""Characters; what is shorter may stand in an answer by chance."""


@lru_cache
def constant_lines(url: str, custom_headers: tuple[tuple[str, str], ...], token: Token | None) -> str:
    """The request line and the headers that no delivery changes, without the last line's end.

    What is set here or for each delivery replaces a custom header of that name. Raises ValueError for a header
    that would end its line: no setting holds such a one.
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
    """What an endpoint that echoes its requests gives back and nobody may read there, as it stands and as in JSON."""
    secrets = [value for name, value in custom_headers if holds_secret(name)]
    if token is not None:
        secrets.append(token.value.get_secret_value())
    written = [(value, json.dumps(value)[1:-1]) for value in secrets if len(value) >= _LEAST_SECRET]
    forms = {form for plain, escaped in written for form in (plain, escaped, escaped.replace("/", "\\/"))}
    return tuple(form.encode() for form in sorted(forms))
