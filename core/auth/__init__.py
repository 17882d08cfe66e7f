"""OIDC client credentials: fetches the bearer token that is sent with webhooks (RFC 6749, section 4.4)."""

from core.auth.credentials import Credentials
from core.auth.token import Token, TokenError
from core.auth.token_endpoint import fetch
from core.auth.token_source import TokenSource

__all__ = ["Credentials", "Token", "TokenError", "TokenSource", "fetch"]
