"""From an issuer or a discovery document to the token endpoint."""

import gzip
import ssl
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
import trustme

from core.auth import Credentials, TokenError, TokenSource, fetch
from tests.core.auth.conftest import Clock
from tests.core.auth.test_unreachable import raw_server
from tests.support.token_endpoint import TokenEndpoint


async def refusal(client: httpx.AsyncClient, credentials: Credentials, url: str) -> str:
    with pytest.raises(TokenError) as refused:
        await fetch(client, replace(credentials, authentication_url=url))
    return str(refused.value)


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-configuration",
        "/tenant/.well-known/openid-configuration",
        "/tenant/.well-known/oauth-authorization-server",
        "/tenant",
        "/tenant/",
        "/",
        "",
    ],
)
async def test_followed_to_the_token_endpoint(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, path: str
) -> None:
    """A discovery document, or an issuer with or without final slash, leads to a token."""
    token = await fetch(client, replace(credentials, authentication_url=endpoint.base + path))

    assert token.value.get_secret_value() == "tok-1"
    assert endpoint.documents_asked == 1


async def test_a_token_endpoint_needs_no_discovery(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """A token endpoint receives only one request, the token request."""
    await fetch(client, credentials)

    assert (endpoint.count, endpoint.documents_asked) == (1, 0)


@pytest.mark.parametrize("path", ["/tenant/.well-known/openid-configuration", "/tenant"])
async def test_found_once(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, clock: Clock, path: str
) -> None:
    """A source asks discovery once, and again only after a failure."""
    endpoint.expires_in = 0.001
    issuer = replace(credentials, authentication_url=endpoint.base + path)
    async with TokenSource(client, issuer, clock=clock) as source:
        for _ in range(3):
            await source.token()
            clock.now += 1
        assert (endpoint.count, endpoint.documents_asked) == (3, 1)

        endpoint.status = 503
        with pytest.raises(TokenError):
            await source.token()
        endpoint.status = None
        clock.now += 60
        await source.token()
        assert endpoint.documents_asked == 2


async def test_document_of_another_issuer(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """An issuer's document must name that issuer. The secret is never sent to the endpoint of another one."""
    endpoint.document = {"issuer": "https://other.example"}

    assert await refusal(client, credentials, endpoint.issuer) == (
        "the discovery document belongs to another issuer: enter the token endpoint itself."
    )
    assert endpoint.count == 0


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "the discovery document names no token_endpoint: enter the token endpoint itself."),
        (7, "the discovery document names no token_endpoint: enter the token endpoint itself."),
        (
            "ftp://auth.example/token",
            "the discovery document's token_endpoint cannot be used: Start with https:// or http://.",
        ),
        (
            "http://me:pass@auth.example/token",
            "the discovery document's token_endpoint cannot be used: Leave user and password out of the URL.",
        ),
    ],
)
async def test_unusable_token_endpoint(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, found: object, words: str
) -> None:
    """The endpoint in a document must be a URL that would also be accepted from a person."""
    endpoint.document = {"token_endpoint": found}

    assert await refusal(client, credentials, endpoint.discovery_url) == words


@pytest.mark.parametrize("path", ["/tenant/.well-known/openid-configuration", "/tenant"])
async def test_no_way_from_https_to_http(
    endpoint: TokenEndpoint, credentials: Credentials, path: str
) -> None:
    """A document read over https must not send the secret to an http URL."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async with (
        TokenEndpoint(tls=server) as secure,
        httpx.AsyncClient(trust_env=False, verify=trusting) as client,
    ):
        assert (await fetch(client, replace(credentials, authentication_url=secure.base + path))).expires_in
        secure.document = {"token_endpoint": endpoint.url}
        words = await refusal(client, credentials, secure.base + path)

    assert words == "the discovery document leads from https to http: the Secret Key is not sent there."
    assert endpoint.count == 0


async def test_neither_token_endpoint_nor_issuer(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """For a URL that is neither, the error is the answer to the token request."""
    for url in (f"{endpoint.base}/nothing", f"{endpoint.base}/tenant/nothing?at=all"):
        words = await refusal(client, credentials, url)
        assert words == "the token endpoint answered 404: check the Authentication URL."


async def test_document_that_is_none(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """A discovery document that is missing or not JSON is reported as such."""
    gone = f"{endpoint.base}/nothing/.well-known/openid-configuration"
    assert await refusal(client, credentials, gone) == (
        "the discovery document answered 404: check the Authentication URL."
    )

    page = f"{endpoint.base}/page/.well-known/openid-configuration"
    assert await refusal(client, credentials, page) == (
        "the discovery document is not a JSON object: check the Authentication URL."
    )


@pytest.mark.parametrize("coding", [bytes, gzip.compress])
async def test_document_that_is_written_oddly(
    endpoint: TokenEndpoint,
    client: httpx.AsyncClient,
    credentials: Credentials,
    coding: Callable[[bytes], bytes],
) -> None:
    """A document is parsed as leniently as a token answer."""
    document = coding(
        b'\xef\xbb\xbf{"a": "\\q", "b": 007, "token_endpoint": "%s"}\n--' % endpoint.url.encode()
    )
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(document), document)

    async with raw_server(answer) as host:
        url = f"http://{host}/.well-known/openid-configuration"
        await fetch(client, replace(credentials, authentication_url=url))

    assert endpoint.count == 1
