"""How the answers of a token endpoint are read."""

import asyncio
import gzip
import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from core.auth import Credentials, Token, TokenError, fetch
from tests.core.auth.test_token_request import SHARED_ENDPOINT
from tests.support.token_endpoint import TokenEndpoint


async def refusal(client: httpx.AsyncClient, credentials: Credentials) -> TokenError:
    with pytest.raises(TokenError) as refused:
        await fetch(client, credentials)
    return refused.value


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (0.5, 0.5),
        ("3600.0", 3600.0),
        (" 3600 ", 3600.0),
        (3600.0, 3600.0),
        (1e9, 86_400.0),
        (10**400, 86_400.0),
        (31_536_000, 86_400.0),
        (math.inf, 86_400.0),
        ("Infinity", 86_400.0),
        ("9" * 5000, 86_400.0),
        (None, 300.0),
        (0, 300.0),
        (-1, 300.0),
        ("nan", 300.0),
        (-math.inf, 300.0),
        (math.nan, 300.0),
        ("-3600", 300.0),
        ("", 300.0),
        ("3 600", 300.0),
        (False, 300.0),
        ({}, 300.0),
        ("soon", 300.0),
        (True, 300.0),
        ([60], 300.0),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_expires_in(
    endpoint: TokenEndpoint,
    client: httpx.AsyncClient,
    credentials: Credentials,
    expires_in: object,
    seconds: float,
) -> None:
    """The lifetime is in seconds, at most a day. An unusable value counts as 300 s."""
    endpoint.answer = {"expires_in": expires_in}

    assert (await fetch(client, credentials)).expires_in == seconds


async def test_expires_in_absent(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """Without expires_in a token counts for 300 s."""
    endpoint.expires_in = None

    assert (await fetch(client, credentials)).expires_in == 300.0


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER", " bearer", "BearerToken", "", None])
async def test_bearer_in_any_case(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, kind: str | None
) -> None:
    """token_type may be bearer in any case, BearerToken, or absent."""
    endpoint.answer = {"token_type": kind}

    assert (await fetch(client, credentials)).value.get_secret_value() == "tok-1"


CHECK = ": check the Authentication URL."
ODD_TOKEN = "the token endpoint's access_token has characters that a bearer token cannot have."


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"access_token": None}, f"the token endpoint's answer has no access_token{CHECK}"),
        ({"access_token": ""}, "the token endpoint's access_token is empty."),
        ({"access_token": " "}, "the token endpoint's access_token is empty."),
        ({"access_token": 7}, "the token endpoint's access_token is not a string."),
        ({"access_token": {"value": "a"}}, "the token endpoint's access_token is not a string."),
        ({"access_token": "a b"}, ODD_TOKEN),
        ({"access_token": "a\r\nX-Admin: 1"}, ODD_TOKEN),
        ({"access_token": "tök"}, ODD_TOKEN),
        ({"access_token": "tok\ud800"}, ODD_TOKEN),
        ({"token_type": "mac"}, "the token endpoint gave a token of type mac, not Bearer."),
        ({"token_type": "\x1b[31m"}, "the token endpoint gave a token of another type, not Bearer."),
        ({"token_type": "hookkeeper"}, "the token endpoint gave a token of another type, not Bearer."),
        ({"token_type": 1}, "the token endpoint gave a token of another type, not Bearer."),
    ],
)
async def test_unusable_token(
    endpoint: TokenEndpoint,
    client: httpx.AsyncClient,
    credentials: Credentials,
    fields: dict[str, object],
    words: str,
) -> None:
    """A token that cannot be sent as a bearer token is refused with a message."""
    endpoint.answer = fields

    assert str(await refusal(client, credentials)) == words


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (b"<html>Sign in</html>", {}, "is an HTML page"),
        (b"\n <!DOCTYPE html><script>var a = {};</script>", {}, "is an HTML page"),
        (b"<!DOCTYPE html>" + b"<p>Sign in</p>" * 10_000, {}, "is an HTML page"),
        (b"", {}, "is empty"),
        (b" \r\n", {}, "is empty"),
        (b"\xef\xbb\xbf", {}, "is empty"),
        (gzip.compress(b"", mtime=0), {}, "is empty"),
        (b"\x01", {}, "is not a JSON object"),
        (b"x", {"Content-Encoding": "deflate"}, "is not a JSON object"),
        (b"[]", {}, "is not a JSON object"),
        (b'"tok"', {}, "is not a JSON object"),
        (b"access_token=tok&token_type=bearer", {}, "is not a JSON object"),
        (b"<token>{tok}</token>", {}, "is not a JSON object"),
        (b"\xff\xfe{}", {}, "is not a JSON object"),
        (b"[" * 60_000, {}, "is not a JSON object"),
        (b'{"access_token": "a"', {}, "is not valid JSON at character 21"),
        (b"{access_token: 'a'}", {}, "is not valid JSON at character 2"),
        (b'{"a":' * 10_000, {}, "is nested too deeply"),
        (b'{"access_token": "a", "filler": "' + b"x" * 64 * 1024 + b'"}', {}, "is larger than 64 KiB"),
        (gzip.compress(b'{"filler": "' + b"x" * 64 * 1024 + b'"}', mtime=0), {}, "is larger than 64 KiB"),
        (gzip.compress(b"<html>Sign in</html>", mtime=0), {"Content-Encoding": "gzip"}, "is an HTML page"),
        (
            b"\x0b\x02\x80{}\x03",
            {"Content-Encoding": "br"},
            "has the content coding br, which is not read here",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_not_an_answer(
    endpoint: TokenEndpoint,
    client: httpx.AsyncClient,
    credentials: Credentials,
    body: bytes,
    headers: dict[str, str],
    words: str,
) -> None:
    """An answer without a JSON object in the first 64 KiB is refused, and the error says what it is."""
    endpoint.body, endpoint.headers = body, headers

    assert str(await refusal(client, credentials)) == (
        f"the token endpoint answered 200, but its body {words}{CHECK}"
    )


async def test_no_fields_at_all(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """A JSON object without a token is reported as that."""
    endpoint.body = b"{}"

    assert str(await refusal(client, credentials)) == (
        f"the token endpoint's answer has no access_token{CHECK}"
    )


@pytest.mark.parametrize(("status", "words"), [(404, f"answered 404{CHECK}"), (503, "answered 503.")])
async def test_a_status_counts_more_than_the_body(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, status: int, words: str
) -> None:
    """A refusal is reported by its status, however large or odd its body is."""
    endpoint.status, endpoint.body = status, b"<html>" + b"x" * 100_000

    assert str(await refusal(client, credentials)) == f"the token endpoint {words}"


async def test_wrong_secret(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """The error is the sentence that the Settings screen shows."""
    endpoint.secret = "changed"

    error = await refusal(client, credentials)

    assert error.words == (
        "401 invalid_client: the token endpoint refuses the Client ID or the Secret Key "
        "(Basic, percent-encoded and plain)"
    )
    assert str(error) == f"{error.words}."
    assert error.code == "invalid_client"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "invalid_request",
            "400 invalid_request: the token endpoint cannot use the request: "
            "try the other Client Authentication.",
        ),
        ("invalid_grant", "400 invalid_grant: the token endpoint refuses the client credentials."),
        (
            "unauthorized_client",
            "400 unauthorized_client: "
            "the token endpoint does not allow this client to use client credentials.",
        ),
        (
            "unsupported_grant_type",
            "400 unsupported_grant_type: the token endpoint does not offer client credentials.",
        ),
        ("slow_down", "400 slow_down: the token endpoint gives no token."),
        ("ORA-28000", "400 ORA-28000: the token endpoint gives no token."),
        ("\x1b[31m", "the token endpoint answered 400."),
        ("no-hookkeeper", "the token endpoint answered 400."),
        ({"message": "no"}, "the token endpoint answered 400."),
    ],
)
async def test_error_codes(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, code: object, words: str
) -> None:
    """Each code of RFC 6749 section 5.2 has its own sentence. Other codes are shown if they are well-formed."""
    endpoint.status, endpoint.body = 400, json.dumps({"error": code}).encode()

    assert str(await refusal(client, credentials)) == words


async def test_error_with_status_200(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """Some endpoints refuse with status 200, some with null as the token."""
    for body in (b'{"error": "invalid_client"}', b'{"error": "invalid_client", "access_token": null}'):
        endpoint.body = body

        assert str(await refusal(client, credentials)) == (
            "200 invalid_client: the token endpoint refuses the Client ID or the Secret Key "
            "(Basic, percent-encoded and plain)."
        )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (503, "the token endpoint answered 503."),
        (
            401,
            "the token endpoint answered 401: check Client ID, Secret Key and Client Authentication "
            "(Basic, percent-encoded and plain).",
        ),
        (404, "the token endpoint answered 404: check the Authentication URL."),
        (405, "the token endpoint answered 405: check the Authentication URL."),
        (
            302,
            "the token endpoint answered 302, and redirects are not followed: "
            "enter where it leads as Authentication URL.",
        ),
        (
            300,
            "the token endpoint answered 300, and redirects are not followed: "
            "enter where it leads as Authentication URL.",
        ),
    ],
)
async def test_status_without_code(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, status: int, words: str
) -> None:
    """A status without a code gives a message. A redirect is not followed."""
    endpoint.status, endpoint.headers = status, {"Location": endpoint.url}

    error = await refusal(client, credentials)

    assert (str(error), error.code) == (words, None)
    assert endpoint.count == (2 if status == 401 else 1)


async def test_description_is_bounded_and_plain(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """The endpoint's description follows our message: one line, no control characters, at most 200 characters."""
    said = "No\x1b[31m such\n client. \u202e" + "x" * 500
    endpoint.status = 400
    endpoint.body = json.dumps({"error": "invalid_grant", "error_description": said}).encode()

    assert str(await refusal(client, credentials)) == (
        "400 invalid_grant: the token endpoint refuses the client credentials; it says: "
        "No [31m such client. " + "x" * 178 + "…."
    )

    endpoint.body = b'{"error": "invalid_grant", "error_description": "No such client."}'
    assert str(await refusal(client, credentials)) == (
        "400 invalid_grant: the token endpoint refuses the client credentials; it says: No such client."
    )

    endpoint.body = json.dumps({"error": "invalid_grant", "error_description": "X" * 200}).encode()
    assert str(await refusal(client, credentials)).endswith(f"; it says: {'X' * 200}.")


@pytest.mark.parametrize(
    "said", ["", " \n", 7, None, "Is it 'correct horse'?", "client hookkeeper is unknown"]
)
async def test_description_that_says_nothing_or_too_much(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials, said: object
) -> None:
    """A description is left out if it is empty, not text, or contains the secret or the client ID."""
    endpoint.status = 400
    endpoint.body = json.dumps({"error": "invalid_grant", "error_description": said}).encode()

    assert str(await refusal(client, credentials)) == (
        "400 invalid_grant: the token endpoint refuses the client credentials."
    )


@SHARED_ENDPOINT
@given(
    secret=st.text(alphabet=st.characters(codec="utf-8"), min_size=8).filter(lambda s: len(set(s)) > 5),
    before=st.text(max_size=300),
    field=st.sampled_from(["error", "error_description"]),
    upper=st.booleans(),
)
async def test_an_echoed_secret_is_never_told(
    endpoint: TokenEndpoint,
    client: httpx.AsyncClient,
    credentials: Credentials,
    secret: str,
    before: str,
    field: str,
    upper: bool,
) -> None:
    """If an endpoint echoes the secret, plain or encoded, our messages do not repeat it."""
    encoded = quote_plus(secret)
    said = before + (encoded.upper() if upper else secret)
    endpoint.status = 401
    endpoint.body = json.dumps({"error": "odd_code", "error_description": "None."} | {field: said}).encode()

    error = await refusal(client, replace(credentials, secret_key=SecretStr(secret)))

    assert secret not in str(error)
    assert encoded.lower() not in str(error).lower()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(["access_token", "token_type", "expires_in", "error", "error_description", "other"])
NAMES = st.sampled_from(["Bearer", "invalid_client", "1e9", "tok"])


@SHARED_ENDPOINT
@given(
    status=st.sampled_from([200, 201, 302, 400, 401, 404, 429, 500, 503]),
    body=st.binary() | st.dictionaries(FIELDS, JSON | NAMES).map(lambda fields: json.dumps(fields).encode()),
    retry_after=st.text(alphabet=[chr(code) for code in range(33, 127)]),
)
async def test_any_answer(
    endpoint: TokenEndpoint,
    client: httpx.AsyncClient,
    credentials: Credentials,
    status: int,
    body: bytes,
    retry_after: str,
) -> None:
    """Any answer gives either a sendable token with a finite lifetime or a TokenError of one line."""
    endpoint.status, endpoint.body, endpoint.headers = status, body, {"Retry-After": retry_after}

    [result] = await asyncio.gather(fetch(client, credentials), return_exceptions=True)

    if isinstance(result, Token):
        assert re.fullmatch("[!-~]+", result.value.get_secret_value())
        assert 0 < result.expires_in <= 86_400
    else:
        assert isinstance(result, TokenError)
        assert str(result).isprintable()
        assert result.retry_after >= 0


async def test_retry_after(
    endpoint: TokenEndpoint, client: httpx.AsyncClient, credentials: Credentials
) -> None:
    """The endpoint may ask for a wait in seconds or as a date."""
    endpoint.status, endpoint.headers = 503, {"Retry-After": "120"}
    assert (await refusal(client, credentials)).retry_after == 120.0

    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    endpoint.headers = {"Retry-After": format_datetime(in_an_hour, usegmt=True)}
    assert 3500 < (await refusal(client, credentials)).retry_after <= 3600

    endpoint.headers = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert (await refusal(client, credentials)).retry_after == 0.0
