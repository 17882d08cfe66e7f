"""The two forms of a Basic header: percent-encoded as RFC 6749 says, and plain."""

import dataclasses

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from core.auth import Credentials, Token, TokenError, TokenSource, fetch
from core.auth.credentials import BasicForm
from core.models import ClientAuthentication
from tests.core.auth.conftest import Clock
from tests.core.auth.test_token_request import SHARED_ENDPOINT
from tests.support.token_endpoint import Decoding, TokenEndpoint

PERCENT_ENCODED, PLAIN = BasicForm.ENCODED, BasicForm.PLAIN


def known(endpoint: TokenEndpoint, client_id: str, secret: str) -> Credentials:
    """Credentials that the endpoint knows."""
    endpoint.client_id, endpoint.secret = client_id, secret
    return Credentials(endpoint.url, client_id, SecretStr(secret))


async def failed(client: httpx.AsyncClient, credentials: Credentials) -> TokenError:
    with pytest.raises(TokenError) as refused:
        await fetch(client, credentials)
    return refused.value


@pytest.mark.parametrize("decodes", ["percent", "form"])
@pytest.mark.parametrize(
    ("client_id", "secret"),
    [("basic client:1", "correct horse"), ("a+b", " "), ("~ä/%20", "+ %2B"), ("%", "p%q&r=s t")],
)
async def test_a_space_goes_out_as_percent_20(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, decodes: Decoding, client_id: str, secret: str
) -> None:
    """Endpoints that decode only %XX and those that also decode + read it alike. One request is enough."""
    endpoint.decodes = decodes

    token = await fetch(client, known(endpoint, client_id, secret))

    assert (token.basic, endpoint.count) == (PERCENT_ENCODED, 1)


@pytest.mark.parametrize("bare_401", [False, True])
@pytest.mark.parametrize("secret", ["p@ss/word+1", "correct horse", "100%", "a:b", "é"])
async def test_the_plain_form_is_tried_once(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, secret: str, bare_401: bool
) -> None:
    """An endpoint that decodes nothing gets the plain values that it compares, within the same fetch."""
    endpoint.decodes, endpoint.bare_401 = "nothing", bare_401

    token = await fetch(client, known(endpoint, "hookkeeper", secret))

    assert (token.value.get_secret_value(), token.basic, endpoint.count) == ("tok-1", PLAIN, 2)


@pytest.mark.parametrize("decodes", ["form", "percent", "nothing"])
async def test_what_is_the_same_in_both_forms_is_sent_once(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, decodes: Decoding
) -> None:
    """There is no other form to try, and nothing to report."""
    endpoint.decodes = decodes
    credentials = known(endpoint, "hookkeeper-1", "s3cret_~.x")

    assert (await fetch(client, credentials)).basic is None
    assert endpoint.count == 1

    endpoint.secret = "another"
    assert str(await failed(client, credentials)) == (
        "401 invalid_client: the token endpoint refuses the Client ID or the Secret Key."
    )
    assert endpoint.count == 2


async def test_credentials_in_the_body_have_one_form(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """A refusal is final, and no other form is tried."""
    body = dataclasses.replace(credentials, client_authentication=ClientAuthentication.BODY)
    assert (await fetch(client, body)).basic is None

    endpoint.secret = "another"
    assert (await failed(client, body)).code == "invalid_client"
    assert endpoint.count == 2


def _secrets(endpoint: TokenEndpoint) -> list[str]:
    """Return the received secrets as seen by an endpoint that decodes nothing."""
    return [str(asked.secret) for asked in endpoint.asked]


async def test_the_form_that_worked_is_remembered(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, clock: Clock
) -> None:
    """As long as the credentials stay the same, the refused form is not sent again."""
    endpoint.decodes, endpoint.expires_in = "nothing", 10
    async with TokenSource(client, known(endpoint, "me", "p@ss/word+1"), clock=clock) as source:
        tokens = []
        for _ in range(3):
            tokens.append(await source.token())
            clock.now += 10

    assert _secrets(endpoint) == ["p%40ss%2Fword%2B1", "p@ss/word+1", "p@ss/word+1", "p@ss/word+1"]
    assert [token.basic for token in tokens] == [PLAIN] * 3


async def test_an_endpoint_that_begins_to_decode(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, clock: Clock
) -> None:
    """The other form is tried, whichever one worked before."""
    endpoint.decodes, endpoint.expires_in = "nothing", 10
    async with TokenSource(client, known(endpoint, "me", "p@ss/word+1"), clock=clock) as source:
        forms = []
        for decodes in ("nothing", "form", "form", "nothing", "nothing"):
            endpoint.decodes = decodes
            forms.append((await source.token()).basic)
            clock.now += 10

    assert forms == [PLAIN, PERCENT_ENCODED, PERCENT_ENCODED, PLAIN, PLAIN]
    assert endpoint.count == 2 + 2 + 1 + 2 + 1


async def test_a_failure_does_not_forget_the_form(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, clock: Clock
) -> None:
    """An outage does not change which form is tried first."""
    endpoint.decodes, endpoint.expires_in = "nothing", 10
    async with TokenSource(client, known(endpoint, "me", "p@ss/word+1"), clock=clock) as source:
        await source.token()
        clock.now += 10
        endpoint.status = 503
        with pytest.raises(TokenError):
            await source.token()
        endpoint.status = None
        clock.now += 10
        assert (await source.token()).basic is PLAIN

    assert endpoint.count == 4


@pytest.mark.parametrize(("status", "words"), [(429, "answered 429"), (503, "answered 503")])
async def test_a_plain_form_that_cannot_be_judged_yet(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, clock: Clock, status: int, words: str
) -> None:
    """If the endpoint is busy at the second request, the next fetch begins with the plain form."""
    endpoint.decodes = "nothing"
    endpoint.statuses = [None, status]
    async with TokenSource(client, known(endpoint, "me", "p@ss/word+1"), clock=clock) as source:
        with pytest.raises(TokenError, match=words) as failure:
            await source.token()
        assert failure.value.code is None
        clock.now = failure.value.retry_at
        assert (await source.token()).basic is PLAIN

    assert _secrets(endpoint) == ["p%40ss%2Fword%2B1", "p@ss/word+1", "p@ss/word+1"]


@pytest.mark.parametrize("status", [400, 403, 404, 302])
async def test_a_plain_form_that_is_not_understood(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, status: int
) -> None:
    """If the endpoint fails on the plain form, the reported reason is its answer to the other form."""
    credentials = dataclasses.replace(known(endpoint, "me", "100%"), secret_key=SecretStr("99%"))
    endpoint.statuses = [None, status]

    assert str(await failed(client, credentials)) == (
        "401 invalid_client: the token endpoint refuses the Client ID or the Secret Key "
        "(Basic, percent-encoded and plain)."
    )


async def test_a_plain_form_that_is_taken_and_refused_for_another_reason(
    endpoint: TokenEndpoint, client: httpx.AsyncClient
) -> None:
    """The client was recognised, so the reported reason is the scopes."""
    endpoint.decodes, endpoint.scopes = "nothing", "read"
    credentials = dataclasses.replace(known(endpoint, "me", "p@ss"), scopes="write")

    assert str(await failed(client, credentials)) == (
        "400 invalid_scope: the token endpoint refuses the Scopes."
    )


async def test_both_requests_have_one_deadline(endpoint: TokenEndpoint, client: httpx.AsyncClient) -> None:
    """A fetch ends within its deadline, whatever forms it tries."""
    endpoint.decodes, endpoint.delay = "nothing", 0.4
    credentials = known(endpoint, "me", "p@ss/word+1")

    with pytest.raises(TokenError, match=r"^the token endpoint gave no complete answer within 0\.6 s\.$"):
        await fetch(client, credentials, deadline=0.6)


@pytest.mark.parametrize("path", ["/tenant/.well-known/openid-configuration", "/tenant"])
async def test_the_plain_form_behind_a_discovery_document(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, path: str
) -> None:
    """A token endpoint from a discovery document is treated like one that was entered."""
    endpoint.decodes = "nothing"
    credentials = dataclasses.replace(
        known(endpoint, "me", "p@ss/word+1"), authentication_url=endpoint.base + path
    )

    assert (await fetch(client, credentials)).basic is PLAIN
    assert endpoint.count == 2


TEXT = st.text(st.characters(codec="utf-8"), min_size=1)


@SHARED_ENDPOINT
@given(client_id=TEXT, secret=TEXT, decodes=st.sampled_from(["form", "percent", "nothing"]))
async def test_any_id_and_secret(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, client_id: str, secret: str, decodes: Decoding
) -> None:
    """However an endpoint decodes the header, a token takes at most two requests."""
    endpoint.decodes, before = decodes, endpoint.count
    if decodes == "nothing":
        client_id = client_id.replace(":", ";")  # a plain header cannot carry it (RFC 7617, section 2)

    token = await fetch(client, known(endpoint, client_id, secret))

    assert isinstance(token, Token)
    assert endpoint.count - before <= 2


@pytest.mark.parametrize(
    "echo",
    [
        "p@ss/word 1",
        "p%40ss%2Fword%201",
        "p%40ss%2fword%201",
        "p%40ss/word%201",
        "p%40ss%2Fword+1",
        "P@SS/WORD 1",
        "Basic bWU6cEBzcy93b3JkIDE=",
        "Basic bWU6cCU0MHNzJTJGd29yZCUyMDE=",
    ],
)
async def test_no_form_of_the_secret_is_told(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, echo: str
) -> None:
    """If an endpoint echoes the header, in any form, our messages do not repeat it."""
    endpoint.status = 401
    endpoint.body = b'{"error": "invalid_client", "error_description": "No: %s."}' % echo.encode()

    error = await failed(client, Credentials(endpoint.url, "me", SecretStr("p@ss/word 1")))

    assert str(error) == (
        "401 invalid_client: the token endpoint refuses the Client ID or the Secret Key "
        "(Basic, percent-encoded and plain)."
    )
