"""Reads the token endpoint's answer (RFC 6749, sections 5.1 and 5.2)."""

import re

from pydantic import SecretStr

from core.auth.credentials import Credentials
from core.auth.exchange import Answer
from core.auth.json_body import Unreadable
from core.auth.token import Token, TokenError

ASSUMED_LIFE = 300.0
LONGEST_LIFE = 86400.0
_MOST_SAID = 200

# The codes of section 5.2: for each, a person must change our settings or those of the token endpoint.
REFUSALS = {
    "invalid_request": "the token endpoint cannot use the request: try the other Client Authentication",
    "invalid_client": "the token endpoint refuses the Client ID or the Secret Key",
    "invalid_grant": "the token endpoint refuses the client credentials",
    "unauthorized_client": "the token endpoint does not allow this client to use client credentials",
    "unsupported_grant_type": "the token endpoint does not offer client credentials",
    "invalid_scope": "the token endpoint refuses the Scopes",
}

# The error codes that an endpoint sends only if id and secret were right.
_AFTER_AUTHENTICATION = ("unauthorized_client", "unsupported_grant_type", "invalid_scope")


def read_token(answer: Answer, credentials: Credentials) -> Token:
    """Return the token in an answer. Raises TokenError, whose words never contain our id or secret from the answer."""
    if not 200 <= answer.status < 300:
        raise _refusal(answer, answer.fields, credentials)
    try:
        fields = answer.json_object()
    except Unreadable as reason:
        raise TokenError(
            f"the token endpoint answered {answer.status}, but its body {reason}: check the Authentication URL"
        ) from None
    if not fields.get("access_token") and isinstance(fields.get("error"), str):
        raise _refusal(answer, fields, credentials)
    value = _value(fields.get("access_token"))
    _check_type(fields.get("token_type"), credentials)
    return Token(value, _life(fields.get("expires_in")))


def refuses_client(answer: Answer) -> bool:
    """Whether the token endpoint refuses Client ID and Secret Key. A 401 counts even without the error code."""
    fields = answer.fields
    return answer.status == 401 or (
        fields.get("error") == "invalid_client" and not fields.get("access_token")
    )


def may_know_client(answer: Answer) -> bool:
    """Whether Client ID and Secret Key may be right.

    They may if the answer has a token, refuses something else, or is a 429 or 5xx.
    """
    fields = answer.fields
    if answer.status == 429 or answer.status >= 500:
        return True
    return not refuses_client(answer) and (
        bool(fields.get("access_token")) or fields.get("error") in _AFTER_AUTHENTICATION
    )


def _value(value: object) -> SecretStr:
    if value is None:
        raise TokenError("the token endpoint's answer has no access_token: check the Authentication URL")
    if not isinstance(value, str):
        raise TokenError("the token endpoint's access_token is not a string")
    value = value.strip()
    if not value:
        raise TokenError("the token endpoint's access_token is empty")
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise TokenError("the token endpoint's access_token has characters that a bearer token cannot have")
    return SecretStr(value)


def _check_type(kind: object, credentials: Credentials) -> None:
    """Check that the token type is Bearer. No type means Bearer, and some token endpoints write BearerToken."""
    name = "" if kind is None else kind.strip() if isinstance(kind, str) else None
    if name is None or name.lower() not in ("", "bearer", "bearertoken"):
        shown = _code(name, credentials)
        raise TokenError(
            f"the token endpoint gave a token of {f'type {shown}' if shown else 'another type'}, not Bearer"
        )


def _life(expires_in: object) -> float:
    """The lifetime in seconds, at most a day. If it is missing, unreadable or not above zero, it is 300 s."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, float | str):
        return ASSUMED_LIFE
    try:
        seconds = float(expires_in)
    except ValueError:
        return ASSUMED_LIFE
    return min(seconds, LONGEST_LIFE) if seconds > 0 else ASSUMED_LIFE


def _refusal(answer: Answer, fields: dict[str, object], credentials: Credentials) -> TokenError:
    code = _code(fields.get("error"), credentials)
    said = _said(fields.get("error_description"), credentials)
    if code is None:
        words = _status(answer.status)
    else:
        words = f"{answer.status} {code}: {REFUSALS.get(code, 'the token endpoint gives no token')}"
    if refuses_client(answer) and credentials.has_two_forms:
        words = f"{words} (Basic, percent-encoded and plain)"
    return TokenError(f"{words}{said}", code=code, retry_after=answer.retry_after)


def _status(status: int) -> str:
    words = f"the token endpoint answered {status}"
    if 300 <= status < 400:
        return f"{words}, and redirects are not followed: enter where it leads as Authentication URL"
    if status == 401:
        return f"{words}: check Client ID, Secret Key and Client Authentication"
    if status in (404, 405):
        return f"{words}: check the Authentication URL"
    return words


def _code(code: object, credentials: Credentials) -> str | None:
    if not isinstance(code, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", code):
        return None
    return code if code in REFUSALS or not credentials.occur_in(code) else None


def _said(description: object, credentials: Credentials) -> str:
    """The token endpoint's error description in one line; "" if there is none or if it repeats the id or secret."""
    if not isinstance(description, str) or credentials.occur_in(description):
        return ""
    text = " ".join("".join(c if c.isprintable() else " " for c in description).split()).rstrip(".")
    if not text:
        return ""
    return f"; it says: {text if len(text) <= _MOST_SAID else text[: _MOST_SAID - 1] + '…'}"
