"""The client credentials for the token endpoint, and how they are sent (RFC 6749, section 2.3.1)."""

import html
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from urllib.parse import quote, quote_plus

import httpx
from pydantic import SecretStr

from core.models import ClientAuthentication, GeneralSettings


class BasicForm(StrEnum):
    """How id and secret are written in a Basic header before base64.

    RFC 6749 percent-encodes them, but many token endpoints accept only the plain form of RFC 7617.
    """

    ENCODED = "percent-encoded"
    PLAIN = "plain"

    @property
    def other(self) -> "BasicForm":
        """The other of the two forms."""
        return BasicForm.PLAIN if self is BasicForm.ENCODED else BasicForm.ENCODED


@dataclass(frozen=True, slots=True)
class Credentials:
    """The authorization part of the general settings. `scopes` are separated by spaces."""

    authentication_url: str
    client_id: str
    secret_key: SecretStr
    client_authentication: ClientAuthentication = ClientAuthentication.BASIC
    scopes: str = ""

    @classmethod
    def of(cls, settings: GeneralSettings) -> Self | None:
        """Return the credentials in the settings; None if webhooks are sent without a token."""
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
    def has_two_forms(self) -> bool:
        """Whether the two forms of the Basic header differ for this id and secret."""
        return self.client_authentication is ClientAuthentication.BASIC and any(
            _percent_encoded(part) != part for part in self._pair
        )

    def basic(self, form: BasicForm) -> httpx.BasicAuth | None:
        """Return the Authorization header; None if id and secret are sent in the body.

        A space is encoded as %20, which every decoder understands, not as +, which some do not decode.
        """
        if self.client_authentication is ClientAuthentication.BODY:
            return None
        return httpx.BasicAuth(*self._pair_in(form))

    def occur_in(self, text: str) -> bool:
        """Whether a text from the token endpoint contains the id or secret, plain or encoded."""
        text = text.casefold()
        given = {encode(part) for part in self._pair for encode in _ENCODINGS}
        given |= {b64encode(":".join(self._pair_in(form)).encode()).decode() for form in BasicForm}
        return any(part.casefold() in text for part in given)

    @property
    def _pair(self) -> tuple[str, str]:
        return self.client_id, self.secret_key.get_secret_value()

    def _pair_in(self, form: BasicForm) -> tuple[str, str]:
        client_id, secret = self._pair
        if form is BasicForm.PLAIN:
            return client_id, secret
        return _percent_encoded(client_id), _percent_encoded(secret)


def _percent_encoded(part: str) -> str:
    return quote(part, safe="")


_ENCODINGS: tuple[Callable[[str], str], ...] = (str, _percent_encoded, quote, quote_plus, html.escape)
