"""The requests to the token endpoint."""

import dataclasses
import logging

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from core.auth import Credentials, TokenError, fetch
from core.models import ClientAuthentication, GeneralSettings
from tests.support.token_endpoint import TokenEndpoint

# All examples of a test share the endpoint and the client, so each example sets what it needs.
SHARED_ENDPOINT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
HARD = "a:b%c+d&e=f/g h"


async def test_basic_form(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """ID and secret are sent only in the Authorization header, and the grant in the body."""
    token = await fetch(client, credentials)

    assert (token.value.get_secret_value(), token.expires_in) == ("tok-1", 3600.0)
    [asked] = endpoint.asked
    assert asked.headers["Authorization"].startswith("Basic ")
    assert asked.headers["Accept"] == "application/json"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.form == {"grant_type": "client_credentials"}


async def test_body_form(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """ID and secret are sent only in the body."""
    endpoint.form = "body"
    body = dataclasses.replace(credentials, client_authentication=ClientAuthentication.BODY)

    await fetch(client, body)

    [asked] = endpoint.asked
    assert "Authorization" not in asked.headers
    assert asked.form == {
        "grant_type": "client_credentials",
        "client_id": "hookkeeper",
        "client_secret": "correct horse",
    }


async def test_scopes(endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials) -> None:
    """Scopes are sent as one field. The error names the scopes that are not granted."""
    endpoint.scopes = "webhooks.send webhooks.read"

    await fetch(client, dataclasses.replace(credentials, scopes="webhooks.send webhooks.read"))
    assert endpoint.asked[0].form["scope"] == "webhooks.send webhooks.read"

    with pytest.raises(TokenError) as refused:
        await fetch(client, dataclasses.replace(credentials, scopes="admin"))
    assert str(refused.value) == "400 invalid_scope: the token endpoint refuses the Scopes."
    assert refused.value.code == "invalid_scope"


@pytest.mark.parametrize("form", ["basic", "body"])
async def test_reserved_characters(endpoint: TokenEndpoint, client: httpx.AsyncClient, form: str) -> None:
    """ID and secret keep every character that has a meaning in forms, URLs or Basic."""
    endpoint.client_id, endpoint.secret = HARD, HARD[::-1]

    await fetch(
        client, Credentials(endpoint.url, HARD, SecretStr(HARD[::-1]), ClientAuthentication(form), "")
    )

    assert (endpoint.asked[0].client_id, endpoint.asked[0].secret) == (HARD, HARD[::-1])


async def test_basic_is_encoded_as_the_rfc_says(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """The header itself, byte for byte: percent-encoded, then base64 of `a%3Ab%20c:p%25q`."""
    endpoint.client_id, endpoint.secret = "a:b c", "p%q"

    await fetch(client, dataclasses.replace(credentials, client_id="a:b c", secret_key=SecretStr("p%q")))

    assert endpoint.asked[0].headers["Authorization"] == "Basic YSUzQWIlMjBjOnAlMjVx"


@SHARED_ENDPOINT
@given(client_id=st.text(min_size=1), secret=st.text(min_size=1), form=st.sampled_from(ClientAuthentication))
async def test_any_text_round_trips(
    endpoint: TokenEndpoint,
    client: httpx.AsyncClient,
    client_id: str,
    secret: str,
    form: ClientAuthentication,
) -> None:
    """The endpoint decodes exactly the ID and secret that were sent."""
    endpoint.client_id, endpoint.secret, endpoint.form = client_id, secret, form.value

    await fetch(client, Credentials(endpoint.url, client_id, SecretStr(secret), form, ""))

    assert (endpoint.asked[-1].client_id, endpoint.asked[-1].secret) == (client_id, secret)


async def test_the_clients_own_settings_do_not_count(
    endpoint: TokenEndpoint, credentials: Credentials
) -> None:
    """A client that follows redirects and has its own credentials still sends only ours, and only once."""
    endpoint.form = "body"
    endpoint.status, endpoint.headers = 307, {"Location": endpoint.url}
    body = dataclasses.replace(credentials, client_authentication=ClientAuthentication.BODY)

    async with httpx.AsyncClient(trust_env=False, follow_redirects=True, auth=("other", "one")) as client:
        with pytest.raises(TokenError):
            await fetch(client, body)

    [asked] = endpoint.asked
    assert "Authorization" not in asked.headers


def test_credentials_of_settings() -> None:
    """The general settings give the credentials, or None where no Authentication URL is set."""
    settings = GeneralSettings(
        authentication_url="https://auth.acme.example/token",
        client_id="me",
        secret_key=SecretStr("s3cret"),
        client_authentication=ClientAuthentication.BODY,
        scopes="a b",
    )

    assert Credentials.of(settings) == Credentials(
        "https://auth.acme.example/token", "me", SecretStr("s3cret"), ClientAuthentication.BODY, "a b"
    )
    assert Credentials.of(GeneralSettings()) is None


@pytest.mark.parametrize("form", ["basic", "body"])
async def test_no_secret_in_log_or_repr(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    """Neither secret nor token appear in a repr, or in a log line at the most verbose level."""
    caplog.set_level(logging.DEBUG)
    credentials = Credentials(
        endpoint.url, "hookkeeper", SecretStr("correct horse"), ClientAuthentication(form), ""
    )

    token = await fetch(client, credentials)
    endpoint.secret = "another"
    with pytest.raises(TokenError) as refused:
        await fetch(client, credentials)

    shown = caplog.text + repr(credentials) + repr(token) + repr(refused.value) + str(vars(refused.value))
    for secret in ("correct horse", "correct+horse", "aG9va2tlZXBlcjpjb3JyZWN0K2hvcnNl", "tok-1"):
        assert secret not in shown
