"""One try of a delivery: under one deadline, a token if needed and at most two HTTP exchanges."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from time import monotonic

import aiohttp
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from msgspec import Struct, field
from pydantic import SecretStr

from core.auth import Token, TokenSource
from core.clock import now_ms
from core.delivery import outcome
from core.delivery.http import Connection, Http
from core.delivery.post import post
from core.delivery.request_head import constant_lines, secrets_sent, wire_url
from core.delivery.signing import sign
from core.header import MASKED, holds_secret
from core.models import AcceptedAnswer, AttemptResult, Outcome
from core.retry_after import retry_after
from core.text import DOTS
from core.url import host_of

EVIDENCE = 16 * 1024
"""Bytes of an answer's body that are kept."""
HEADER_EVIDENCE = 16 * 1024
"""Bytes of an answer's headers that are kept."""
_LONGEST_NAME, _LONGEST_VALUE = 200, 1000
_BY_CHANCE = 3


class Request(Struct, frozen=True):
    """What goes out. `deadline` is seconds over the whole attempt."""

    url: str
    delivery_id: str
    event_type: str
    number: int
    body: bytes
    is_test: bool
    signing_secrets: tuple[SecretStr, ...]
    custom_headers: tuple[tuple[str, str], ...]
    accepted_answer: AcceptedAnswer
    deadline: float

    def __repr__(self) -> str:
        return f"Request({self.delivery_id!r}, {self.url!r})"


class _Evidence(Struct):
    """What is known so far: a deadline in the middle must not lose it."""

    began: float
    host: str
    secrets: tuple[bytes, ...] = ()
    status: int | None = None
    token_ms: int | None = None
    connection: Connection = field(default_factory=Connection)
    first_byte_ms: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    retry_after: str = ""
    body: bytes = b""
    cut: bool = False

    def elapsed(self) -> int:
        return round((monotonic() - self.began) * 1000)


async def attempt(http: Http, request: Request, tokens: TokenSource | None) -> AttemptResult:
    """Try to deliver. Never raises: whatever happens becomes an outcome (cancellation passes through)."""
    started_at = now_ms()
    seen = _Evidence(monotonic(), request.url)
    error: Exception | None = None
    try:
        seen.host = host_of(request.url)
        async with asyncio.timeout(request.deadline):
            await _exchanges(http, request, tokens, seen)
    except Exception as caught:  # whatever the client raises is this attempt's outcome
        error = caught
    kind, reason = _judge(request, seen, error, tokens)
    return AttemptResult(
        outcome=kind,
        reason=reason + (" (body cut)" if seen.cut else ""),
        url=request.url,
        started_at=started_at,
        total_ms=seen.elapsed(),
        status_code=seen.status,
        token_ms=seen.token_ms,
        connect_ms=seen.connection.connect_ms,
        first_byte_ms=seen.first_byte_ms,
        response_headers=seen.headers,
        response_body=_without(seen.secrets, seen.body, cut=seen.cut)[:EVIDENCE],
        response_body_cut=seen.cut,
        retry_after=retry_after(seen.retry_after),
        certificate_ends_at=seen.connection.certificate_ends_at,
    )


def _judge(
    request: Request, seen: _Evidence, error: Exception | None, tokens: TokenSource | None
) -> tuple[Outcome, str]:
    """Status line and headers decide, once they are there; what ends the body early is only noted."""
    if seen.status is not None:
        seen.cut = seen.cut or error is not None
        return outcome.of_answer(seen.status, seen.content_type, request.accepted_answer)
    if isinstance(error, TimeoutError) and tokens is not None and seen.token_ms is None:
        limit = f"{request.deadline:g} s"
        return (
            Outcome.TOKEN_ERROR,
            f"the token endpoint did not answer within {limit}; the endpoint was not asked",
        )
    return outcome.of_error(error or RuntimeError(), seen.host, seen.connection.peer, request.deadline)


async def _exchanges(http: Http, request: Request, tokens: TokenSource | None, seen: _Evidence) -> None:
    token = None
    if tokens is not None:
        began = monotonic()
        token = await tokens.token()
        seen.token_ms = round((monotonic() - began) * 1000)
    await _exchange(http, request, token, seen)
    if seen.status == 401 and tokens is not None and token is not None:
        seen.status = None
        seen.token_ms = None
        began = monotonic()
        renewed = await tokens.replace(token)
        seen.token_ms = round((monotonic() - began) * 1000)
        if renewed is None:
            seen.status = 401
        else:
            await _exchange(http, request, renewed, seen)


async def _exchange(http: Http, request: Request, token: Token | None, seen: _Evidence) -> None:
    """One request and its answer. A kept connection that was closed meanwhile costs nothing."""
    head = _head(request, token)
    seen.secrets = secrets_sent(request.custom_headers, token)
    while True:
        seen.connection = Connection()
        try:
            answer = await post(http, wire_url(request.url), head, request.body, seen.connection)
            try:
                _note_head(seen, answer.head)
                await _read(seen, answer.payload)
            finally:
                answer.close()
            return
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError):
            if not seen.connection.reused or seen.status is not None:
                raise


def _note_head(seen: _Evidence, answer: RawResponseMessage) -> None:
    seen.first_byte_ms = seen.elapsed()
    seen.status = answer.code
    seen.content_type = _text(answer.headers.get("Content-Type", ""))
    seen.retry_after = _text(answer.headers.get("Retry-After", ""))
    seen.headers = tuple(_evidence(answer.raw_headers, seen.secrets))
    seen.body = b""
    seen.cut = False


def _evidence(
    raw_headers: Iterable[tuple[bytes, bytes]], secrets: tuple[bytes, ...]
) -> Iterator[tuple[str, str]]:
    """The headers as they are stored, the first of very many: never somebody's session or token."""
    left = HEADER_EVIDENCE
    for raw_name, raw_value in raw_headers:
        header, size = _header(raw_name, raw_value, secrets)
        left -= size
        if left < 0:
            return
        yield header


@lru_cache
def _header(raw_name: bytes, raw_value: bytes, secrets: tuple[bytes, ...]) -> tuple[tuple[str, str], int]:
    """A header as it is shown, and its size in bytes. Most of an endpoint's answers have the same."""
    value = _without(secrets, raw_value)[:_LONGEST_VALUE]
    name = raw_name[:_LONGEST_NAME].decode("utf-8", "replace")
    shown = MASKED if holds_secret(name) else value.decode("utf-8", "replace")
    return (name, shown), min(len(raw_name), _LONGEST_NAME) + len(value)


def _without(secrets: tuple[bytes, ...], evidence: bytes, *, cut: bool = False) -> bytes:
    """Dots where an answer gives back what was secret in the request; if it is cut, also for one that is cut with it."""
    for secret in secrets:
        if secret in evidence:
            evidence = evidence.replace(secret, DOTS.encode())
        if cut and (begun := _begun(secret, evidence)):
            evidence = evidence[:-begun] + DOTS.encode()
    return evidence


def _begun(secret: bytes, evidence: bytes) -> int:
    """How many bytes of a secret the evidence ends with; 0 for so few that they may stand there by chance."""
    lengths = range(len(secret) - 1, _BY_CHANCE, -1)
    return next((length for length in lengths if evidence.endswith(secret[:length])), 0)


async def _read(seen: _Evidence, payload: StreamReader) -> None:
    """Keep the beginning of the body; a longer one is not waited for."""
    while not payload.at_eof():
        part = payload.read_nowait() if payload.is_eof() else await payload.readany()
        room = EVIDENCE - len(seen.body)
        seen.body += part[:room]
        if len(seen.body) >= EVIDENCE:
            seen.cut = len(part) > room or not payload.at_eof()
            return


def _text(value: str) -> str:
    """A header's value as text: bytes that are none, which aiohttp escapes as surrogates, are replaced."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _head(request: Request, token: Token | None) -> bytes:
    """The request line and the headers; nothing of ours is replaced by a custom header."""
    now = int(time.time())
    signature = " ".join(
        sign(secret, request.delivery_id, now, request.body) for secret in request.signing_secrets
    )
    lines = [
        constant_lines(request.url, request.custom_headers, token),
        f"webhook-id: {request.delivery_id}\r\nwebhook-timestamp: {now}\r\nwebhook-signature: {signature}",
        f"hookkeeper-event: {request.event_type}\r\nhookkeeper-attempt: {request.number}",
        f"Content-Length: {len(request.body)}",
    ]
    if request.is_test:
        lines.append("hookkeeper-test: 1")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
