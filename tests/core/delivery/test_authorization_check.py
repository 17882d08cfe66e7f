"""How "Test authorization", `settings test-auth` and `doctor --network` report the form that worked."""

import re

import pytest
from pydantic import SecretStr

from core.delivery.authorization_check import try_authorization
from core.models import ClientAuthentication, GeneralSettings
from tests.support.token_endpoint import Decoding, TokenEndpoint

BASIC, BODY = ClientAuthentication.BASIC, ClientAuthentication.BODY


@pytest.mark.parametrize(
    ("secret", "authentication", "decodes", "form"),
    [
        ("p@ss/word+1", BASIC, "form", "Basic, percent-encoded"),
        ("p@ss/word+1", BASIC, "percent", "Basic, percent-encoded"),
        ("p@ss/word+1", BASIC, "nothing", "Basic, plain"),
        ("password1", BASIC, "nothing", "Basic"),
        ("p@ss/word+1", BODY, "nothing", "credentials in body"),
    ],
)
async def test_the_form_that_worked_is_said(
    secret: str, authentication: ClientAuthentication, decodes: Decoding, form: str
) -> None:
    """Percent-encoded or plain where they differ, and never the secret."""
    async with TokenEndpoint(secret=secret) as endpoint:
        endpoint.decodes = decodes
        answer = await try_authorization(_settings(endpoint, secret, authentication))

    assert answer.ok
    assert re.fullmatch(r"token received in \d+\.\d\d s, expires in 3,600 s \((.+)\)", answer.words)
    assert answer.words.endswith(f"({form})")


async def test_a_refusal_says_which_forms_were_tried() -> None:
    """The message rules out the encoding as the cause."""
    async with TokenEndpoint(secret="changed") as endpoint:
        answer = await try_authorization(_settings(endpoint, "p@ss/word+1", BASIC))

    assert not answer.ok
    assert answer.words == (
        "401 invalid_client: the token endpoint refuses the Client ID or the Secret Key "
        "(Basic, percent-encoded and plain)."
    )


def _settings(endpoint: TokenEndpoint, secret: str, authentication: ClientAuthentication) -> GeneralSettings:
    return GeneralSettings(
        authentication_url=endpoint.url,
        client_id=endpoint.client_id,
        secret_key=SecretStr(secret),
        client_authentication=authentication,
        allowed_networks=("127.0.0.0/8",),
    )
