"""Reads the token endpoint's answer (RFC 6749, sections 5.1 and 5.2)."""

import math
import re

from pydantic import SecretStr

from core.auth.credentials import Credentials
from core.auth.exchange import Answer
from core.auth.token import Token, TokenError

ASSUMED_LIFE = 300.0
LONGEST_LIFE = 86400.0
_MOST_SAID = 200

# The codes of section 5.2: each needs a person, at our settings or at the token endpoint's.
REFUSALS = {
    "invalid_request": "the token endpoint cannot use the request: try the other Client Authentication",
    "invalid_client": "the token endpoint refuses the Client ID or the Secret Key",
    "invalid_grant": "the token endpoint refuses the client credentials",
    "unauthorized_client": "the token endpoint does not allow this client to use client credentials",
    "unsupported_grant_type": "the token endpoint does not offer client credentials",
    "invalid_scope": "the token endpoint refuses the Scopes",
}


def read_token(answer: Answer, credentials: Credentials) -> Token:
    """The token in an answer. Raises TokenError, whose words never hold what the answer gave back of ours."""
    fields = answer.fields
    refused = fields is not None and "access_token" not in fields and isinstance(fields.get("error"), str)
    if not 200 <= answer.status < 300 or refused:
        raise _refusal(answer, fields or {}, credentials)
    if fields is None:
        raise TokenError(
            f"the token endpoint answered {answer.status}, but not with JSON: check the Authentication URL"
        )
    _check_type(fields.get("token_type"))
    return Token(_value(fields.get("access_token")), _life(fields.get("expires_in")))


def _value(value: object) -> SecretStr:
    if not isinstance(value, str) or not value:
        raise TokenError("the token endpoint's answer has no access_token")
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise TokenError("the token endpoint's access_token has characters that no header can carry")
    return SecretStr(value)


def _check_type(kind: object) -> None:
    if kind is not None and not (isinstance(kind, str) and kind.lower() == "bearer"):
        raise TokenError("the token endpoint gave a token of another type than Bearer")


def _life(expires_in: object) -> float:
    """Seconds; a life that is absent, unreadable or not above zero says nothing and counts as 300 s."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return ASSUMED_LIFE
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return ASSUMED_LIFE
    return min(seconds, LONGEST_LIFE) if math.isfinite(seconds) and seconds > 0 else ASSUMED_LIFE


def _refusal(answer: Answer, fields: dict[str, object], credentials: Credentials) -> TokenError:
    code = _code(fields.get("error"), credentials)
    said = _said(fields.get("error_description"), credentials)
    if code is None:
        words = _status(answer.status)
    else:
        words = f"{answer.status} {code}: {REFUSALS.get(code, 'the token endpoint gives no token')}"
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
    """What the token endpoint adds for people, in one line, unless it gives back id or secret."""
    if not isinstance(description, str) or credentials.occur_in(description):
        return ""
    text = " ".join("".join(c if c.isprintable() else " " for c in description).split()).rstrip(".")
    if not text:
        return ""
    return f"; it says: {text if len(text) <= _MOST_SAID else text[: _MOST_SAID - 1] + '…'}"
