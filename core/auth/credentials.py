"""Who we are at the token endpoint, and how that goes out (RFC 6749, section 2.3.1)."""

import html
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, quote_plus

import httpx
from pydantic import SecretStr

from core.models import ClientAuthentication, GeneralSettings


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the general settings say about authorization. `scopes` are separated by spaces."""

    authentication_url: str
    client_id: str
    secret_key: SecretStr
    client_authentication: ClientAuthentication = ClientAuthentication.BASIC
    scopes: str = ""

    @classmethod
    def of(cls, settings: GeneralSettings) -> Self | None:
        """None where webhooks go out without a token."""
        url, client_id, secret_key = settings.authentication_url, settings.client_id, settings.secret_key
        if url is None or client_id is None or secret_key is None:
            return None
        return cls(url, client_id, secret_key, settings.client_authentication, settings.scopes)

    @property
    def form(self) -> dict[str, str]:
        """The fields of the token request's body (RFC 6749, section 4.4.2)."""
        form = {"grant_type": "client_credentials"}
        if self.scopes:
            form["scope"] = self.scopes
        if self.client_authentication is ClientAuthentication.BODY:
            form["client_id"] = self.client_id
            form["client_secret"] = self.secret_key.get_secret_value()
        return form

    @property
    def basic(self) -> httpx.BasicAuth | None:
        """Id and secret are form-urlencoded before base64, so that a colon in the id stays part of it."""
        if self.client_authentication is ClientAuthentication.BODY:
            return None
        return httpx.BasicAuth(quote_plus(self.client_id), quote_plus(self.secret_key.get_secret_value()))

    def occur_in(self, text: str) -> bool:
        """Whether a text of the token endpoint gives back id or secret, plain or encoded."""
        text = text.casefold()
        return any(
            encode(part).casefold() in text
            for part in (self.client_id, self.secret_key.get_secret_value())
            for encode in (str, quote, quote_plus, html.escape)
        )
