"""One attempt: what goes out, what comes back, and how it counts."""

import asyncio
from http.cookiejar import CookieJar

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook as Verifier

from core.auth import Credentials, TokenSource
from core.delivery.attempt import EVIDENCE, attempt
from core.delivery.http import Http
from core.models import AcceptedAnswer, Outcome
from tests.support.attempts import BODY, SECRET, attempt_at, attempt_until_answered, request_to
from tests.support.receiver import Receiver
from tests.support.token_endpoint import TokenEndpoint


async def test_what_goes_out(http: Http, receiver: Receiver) -> None:
    """The body byte for byte, the headers as they stand, and a signature that the receiver's library accepts."""
    custom = (("X-Tenant", "mx ü"), ("x-template", "{{x}}"))
    result = await attempt_at(http, receiver.url + "/a%2Fb?q=%20x", custom_headers=custom, is_test=True)
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
    result = await attempt_at(http, receiver.url, accepted_answer=AcceptedAnswer(accepted))
    assert (result.outcome, result.reason) == (expected, words)


async def test_secrets_of_an_answer_are_not_kept(http: Http, receiver: Receiver) -> None:
    """Headers are evidence, but not the values of those that hold a session or a token; the URL is whole."""
    receiver.headers = {
        "Set-Cookie": "session=correct",
        "WWW-Authenticate": 'Bearer nonce="horse"',
        "authorization": "Basic battery",
        "X-Api-Key": "staple",
        "X-Request-Id": "r-1",
    }
    result = await attempt_at(http, receiver.url + "?tenant=mx&token=t")
    assert result.response_headers == (
        ("Set-Cookie", "•••••••••••••"),
        ("WWW-Authenticate", "•••••••••••••"),
        ("authorization", "•••••••••••••"),
        ("X-Api-Key", "•••••••••••••"),
        ("X-Request-Id", "r-1"),
        ("Content-Length", "16"),
    )
    assert result.url == receiver.url + "?tenant=mx&token=t"


async def test_an_endpoint_that_echoes_its_request_gives_no_secret_away(
    http: Http, receiver: Receiver
) -> None:
    """The books show dots in place of token and secret headers, even in JSON that escapes slashes."""
    custom = (("x-incode-secret", "cor/rect"), ("x-tenant", "mx-production"))
    async with TokenEndpoint() as endpoint:
        token = "battery" * 200
        endpoint.answer = {"access_token": token}
        credentials = Credentials(endpoint.url, endpoint.client_id, SecretStr(endpoint.secret))
        receiver.headers = {"X-Echo": f"Bearer {token}"}
        receiver.body = f'{{"a": "Bearer {token}", "b": "cor\\/rect", "c": "mx-production"}}'.encode()
        async with TokenSource(http.client, credentials) as tokens:
            result = await attempt(http, request_to(receiver.url, custom_headers=custom), tokens)
    assert result.response_headers[0] == ("X-Echo", "Bearer ••••")
    assert result.response_body.decode() == '{"a": "Bearer ••••", "b": "••••", "c": "mx-production"}'


async def test_a_secret_that_is_cut_with_its_answer_is_none_to_read(http: Http, receiver: Receiver) -> None:
    """A secret that is echoed where the kept body is cut off is hidden as well."""
    receiver.body = b"x" * (EVIDENCE - 11) + b"correct horse battery"
    custom = (("x-incode-secret", "correct horse battery"),)
    result = await attempt_at(http, receiver.url, custom_headers=custom)
    assert result.response_body_cut
    assert result.response_body == b"x" * (EVIDENCE - 11) + "••••".encode()[:11]


async def test_long_answers_are_cut(http: Http, receiver: Receiver) -> None:
    """The first 16 KiB of the body are kept. The outcome stays ok."""
    receiver.body = b"x" * 1_000_000
    result = await attempt_at(http, receiver.url)
    assert (result.outcome, result.reason) == (Outcome.OK, "answered 200 OK (body cut)")
    assert len(result.response_body) == EVIDENCE
    assert result.response_body_cut


async def test_body_that_never_ends(http: Http, receiver: Receiver) -> None:
    """A 200 whose body never ends costs the deadline and stays ok."""
    receiver.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    receiver.close_after = None
    result = await attempt_until_answered(http, receiver.url, 0.3)
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
    assert (await attempt_at(http, receiver.url)).outcome == expected


async def test_timeout(http: Http, receiver: Receiver) -> None:
    """No answer within the deadline."""
    receiver.gate.clear()
    result = await attempt_at(http, receiver.url, deadline=0.2)
    assert (result.outcome, result.reason) == (Outcome.TIMEOUT, "no complete answer within 0.2 s")


async def test_blocked_at_both_doors(receiver: Receiver) -> None:
    """Literal addresses and names that lead to private ones are refused before anything is sent."""
    async with Http(lambda: ()) as http:
        literal = await attempt_at(http, receiver.url)
        name = await attempt_at(http, f"http://localhost:{receiver.port}/")
    assert (literal.outcome, name.outcome) == (Outcome.ADDRESS_BLOCKED, Outcome.ADDRESS_BLOCKED)
    assert literal.reason == "127.0.0.1 is in 127.0.0.0/8; Settings, Allowed private networks"
    assert receiver.connections == 0


async def test_connection_is_kept_and_a_dead_one_replaced(http: Http, receiver: Receiver) -> None:
    """A kept connection that the receiver has closed costs no attempt."""
    for _ in range(2):
        assert (await attempt_at(http, receiver.url)).outcome is Outcome.OK
    assert receiver.connections == 1
    for writer in list(receiver._writers):
        writer.close()
    assert (await attempt_at(http, receiver.url)).outcome is Outcome.OK
    assert receiver.connections == 2


async def test_token_and_one_repetition_after_401(http: Http, receiver: Receiver) -> None:
    """The bearer token goes out; after a 401 a new one is fetched and the exchange repeated once."""
    async with TokenEndpoint() as endpoint:
        credentials = Credentials(endpoint.url, endpoint.client_id, SecretStr(endpoint.secret))
        async with TokenSource(http.client, credentials) as tokens:
            receiver.statuses = [401]
            result = await attempt(http, request_to(receiver.url), tokens)
            assert result.outcome is Outcome.OK
            receiver.statuses = [401]
            again = await attempt(http, request_to(receiver.url), tokens)
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
            sending = [
                asyncio.create_task(attempt(http, request_to(receiver.url), tokens)) for _ in range(50)
            ]
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
            result = await attempt(http, request_to(receiver.url), tokens)
            endpoint.status = None
            endpoint.gate.clear()
        async with TokenSource(http.client, credentials) as tokens:
            slow = await attempt(http, request_to(receiver.url, deadline=0.2), tokens)
            endpoint.gate.set()
    assert result.outcome is Outcome.TOKEN_ERROR
    assert result.reason == "the token endpoint answered 503; the endpoint was not asked"
    assert slow.outcome is Outcome.TOKEN_ERROR
    assert "did not answer within 0.2 s" in slow.reason
    assert receiver.received == []
