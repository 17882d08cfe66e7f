"""One attempt: what goes out, what comes back, and how it counts."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.cookiejar import CookieJar

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from standardwebhooks import Webhook as Verifier

from core.auth import Credentials, TokenSource
from core.delivery import outcome
from core.delivery.attempt import EVIDENCE, Request, attempt
from core.delivery.http import Http
from core.models import AcceptedAnswer, AttemptResult, Outcome
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"interviewId": "1",  "interviewId":"2", "n":1.10}'


def _request(url: str, **changes: object) -> Request:
    values: dict[str, object] = {
        "url": url, "delivery_id": "dlv_1", "event_type": "session-failed", "number": 3, "body": BODY,
        "is_test": False, "signing_secrets": (SecretStr(SECRET),), "custom_headers": (),
        "accepted_answer": AcceptedAnswer.ANY_2XX, "deadline": 10.0,
    }  # fmt: skip
    return Request(**(values | changes))  # type: ignore[arg-type]  # the values above


async def _attempt(http: Http, url: str, **changes: object) -> AttemptResult:
    return await attempt(http, _request(url, **changes), None)


async def test_what_goes_out(http: Http, receiver: Receiver) -> None:
    """The body byte for byte, the headers as they stand, and a signature that the receiver's library accepts."""
    custom = (("X-Tenant", "mx ü"), ("x-template", "{{x}}"))
    result = await _attempt(http, receiver.url + "/a%2Fb?q=%20x", custom_headers=custom, is_test=True)
    assert (result.outcome, result.status_code, result.reason) == (Outcome.OK, 200, "answered 200 OK")
    (seen,) = receiver.received
    assert seen.path == "/hook/a%2Fb?q=%20x"
    assert seen.body == BODY
    headers = seen.headers
    signed = {name: headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    Verifier(SECRET).verify(BODY, signed)
    assert headers == signed | {
        "Host": f"127.0.0.1:{receiver.port}",
        "X-Tenant": "mx ü",
        "x-template": "{{x}}",
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "Hookkeeper/0.1.0",
        "webhook-id": "dlv_1",
        "hookkeeper-event": "session-failed",
        "hookkeeper-attempt": "3",
        "hookkeeper-test": "1",
        "Content-Length": str(len(BODY)),
    }


@pytest.mark.parametrize(
    ("accepted", "status", "content_type", "expected", "words"),
    [
        ("any-2xx", 201, "text/plain", "ok", "answered 201 Created"),
        ("any-2xx", 404, "text/plain", "http_status", "answered 404 Not Found"),
        ("any-2xx", 599, "text/plain", "http_status", "answered 599"),
        ("any-2xx", 301, "text/plain", "redirect", "answered 301: redirects are not followed"),
        ("incode", 204, "", "ok", "answered 204 No Content"),
        ("incode", 200, "application/json; charset=utf-8", "ok", "answered 200 OK"),
        ("incode", 200, "text/plain", "answer_not_accepted",
         "200 but text/plain: this webhook accepts 204, or 200 with application/json"),
        ("incode", 201, "application/json", "answer_not_accepted",
         "201: this webhook accepts 204, or 200 with application/json"),
    ],
)  # fmt: skip
async def test_which_answers_count(
    http: Http, receiver: Receiver, accepted: str, status: int, content_type: str, expected: str, words: str
) -> None:
    """Status line and headers decide, and the reason is in words."""
    receiver.status, receiver.headers = status, {"Content-Type": content_type}
    result = await _attempt(http, receiver.url, accepted_answer=AcceptedAnswer(accepted))
    assert (result.outcome, result.reason) == (expected, words)


async def test_long_answers_are_cut(http: Http, receiver: Receiver) -> None:
    """16 KiB of the body are evidence; ok stays ok."""
    receiver.body = b"x" * 1_000_000
    result = await _attempt(http, receiver.url)
    assert (result.outcome, result.reason) == (Outcome.OK, "answered 200 OK (body cut)")
    assert len(result.response_body) == EVIDENCE
    assert result.response_body_cut


async def test_body_that_never_ends(http: Http, receiver: Receiver) -> None:
    """A 200 whose body never ends costs the deadline and stays ok."""
    receiver.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    receiver.close_after = None
    result = await _attempt(http, receiver.url, deadline=0.3)
    assert result.outcome is Outcome.OK
    assert result.response_body == b"half"
    assert result.response_body_cut


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "answer_too_large"),
        (b"garbage\r\n\r\n", "connection"),
        (b"", "connection"),
    ],
)
async def test_answers_that_are_none(http: Http, receiver: Receiver, raw: bytes, expected: str) -> None:
    """Oversized headers, garbage and an early close each become their outcome."""
    receiver.raw = raw
    assert (await _attempt(http, receiver.url)).outcome == expected


async def test_timeout(http: Http, receiver: Receiver) -> None:
    """No answer within the deadline."""
    receiver.gate.clear()
    result = await _attempt(http, receiver.url, deadline=0.2)
    assert (result.outcome, result.reason) == (Outcome.TIMEOUT, "no complete answer within 0.2 s")


async def test_unreachable(http: Http) -> None:
    """Refused connections and unknown names are told apart."""
    refused = await _attempt(http, "http://127.0.0.1:1/")
    assert (refused.outcome, refused.reason) == (Outcome.CONNECTION, "connection refused by 127.0.0.1")
    unknown = await _attempt(http, "http://no-such-host.invalid/")
    assert unknown.outcome in (Outcome.DNS, Outcome.TIMEOUT)


async def test_blocked_at_both_doors(receiver: Receiver) -> None:
    """Literal addresses and names that lead to private ones are refused before anything is sent."""
    async with Http(lambda: ()) as http:
        literal = await _attempt(http, receiver.url)
        name = await _attempt(http, f"http://localhost:{receiver.port}/")
    assert (literal.outcome, name.outcome) == (Outcome.ADDRESS_BLOCKED, Outcome.ADDRESS_BLOCKED)
    assert literal.reason == "127.0.0.1 is in 127.0.0.0/8; Settings, Allowed private networks"
    assert receiver.connections == 0


async def test_connection_is_kept_and_a_dead_one_replaced(http: Http, receiver: Receiver) -> None:
    """A kept connection that the receiver has closed costs no attempt."""
    for _ in range(2):
        assert (await _attempt(http, receiver.url)).outcome is Outcome.OK
    assert receiver.connections == 1
    for writer in list(receiver._writers):
        writer.close()
    assert (await _attempt(http, receiver.url)).outcome is Outcome.OK
    assert receiver.connections == 2


async def test_tls() -> None:
    """A certificate of an unknown authority is refused in words; a known one is used."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 204 X\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}/"
    async with Http(lambda: ("127.0.0.0/8",)) as http:
        unknown = await _attempt(http, url)
    async with Http(lambda: ("127.0.0.0/8",), ssl_context=trusting) as http:
        known = await _attempt(http, url)
    server.close()
    assert unknown.outcome is Outcome.TLS
    assert unknown.reason.startswith("the certificate of localhost is refused")
    assert known.outcome is Outcome.OK


async def test_token_and_one_repetition_after_401(http: Http, receiver: Receiver) -> None:
    """The bearer token goes out; after a 401 a new one is fetched and the exchange repeated once."""
    async with TokenEndpoint() as endpoint:
        credentials = Credentials(endpoint.url, endpoint.client_id, SecretStr(endpoint.secret))
        async with TokenSource(http.client, credentials) as tokens:
            receiver.statuses = [401]
            result = await attempt(http, _request(receiver.url), tokens)
            assert result.outcome is Outcome.OK
            receiver.statuses = [401]
            again = await attempt(http, _request(receiver.url), tokens)
        assert (again.outcome, again.status_code) == (Outcome.HTTP_STATUS, 401)
        assert [seen.headers["Authorization"] for seen in receiver.received] == [
            "Bearer tok-1",
            "Bearer tok-2",
            "Bearer tok-2",
        ]
        assert endpoint.count == 2
    assert isinstance(http.client.cookies.jar, CookieJar)


async def test_fifty_401s_cause_one_fetch(http: Http, receiver: Receiver) -> None:
    """However many are refused at once, one new token is fetched."""
    async with TokenEndpoint() as endpoint:
        credentials = Credentials(endpoint.url, endpoint.client_id, SecretStr(endpoint.secret))
        async with TokenSource(http.client, credentials) as tokens:
            receiver.gate.clear()
            receiver.statuses = [401] * 50
            sending = [asyncio.create_task(attempt(http, _request(receiver.url), tokens)) for _ in range(50)]
            await receiver.wait_for(50)
            receiver.gate.set()
            results = await asyncio.gather(*sending)
        assert {result.outcome for result in results} == {Outcome.OK}
        assert endpoint.count == 2


async def test_no_token(http: Http, receiver: Receiver) -> None:
    """Without a token the endpoint is not asked, and the words say so."""
    async with TokenEndpoint() as endpoint:
        endpoint.status = 503
        credentials = Credentials(endpoint.url, endpoint.client_id, SecretStr(endpoint.secret))
        async with TokenSource(http.client, credentials) as tokens:
            result = await attempt(http, _request(receiver.url), tokens)
            endpoint.status = None
            endpoint.gate.clear()
        async with TokenSource(http.client, credentials) as tokens:
            slow = await attempt(http, _request(receiver.url, deadline=0.2), tokens)
            endpoint.gate.set()
    assert result.outcome is Outcome.TOKEN_ERROR
    assert result.reason == "the token endpoint answered 503; the endpoint was not asked"
    assert slow.outcome is Outcome.TOKEN_ERROR
    assert "did not answer within 0.2 s" in slow.reason
    assert receiver.received == []


def test_retry_after() -> None:
    """Seconds and dates, at most a day; anything else is no hint."""
    assert outcome.retry_after("120") == 120
    assert outcome.retry_after("999999999") == 86400
    soon = outcome.retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert soon is not None
    assert 80 < soon <= 90
    assert outcome.retry_after("tomorrow") is None


@given(st.text())
def test_retry_after_never_fails(text: str) -> None:
    """Whatever a server writes there."""
    seconds = outcome.retry_after(text)
    assert seconds is None or 0 <= seconds <= 86400


async def test_international_host(http: Http) -> None:
    """A host is sent in its IDNA form; whatever the client raises becomes an outcome."""
    result = await _attempt(http, "http://bücher.invalid:81/a?b=ü", deadline=2)
    assert result.outcome in (Outcome.DNS, Outcome.TIMEOUT)
