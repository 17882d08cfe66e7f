"""One attempt of a delivery: a token if needed and at most two HTTP exchanges, all under one deadline."""

import asyncio
import time
from collections.abc import Iterator
from functools import lru_cache
from time import monotonic

from msgspec import Struct, field
from pydantic import SecretStr

from core.auth import Token, TokenSource
from core.clock import now_ms
from core.delivery import outcome
from core.delivery.http import Http, Reply, target_of
from core.delivery.request_head import constant_lines, secrets_sent
from core.delivery.signing import sign
from core.header import MASKED, holds_secret
from core.models import AcceptedAnswer, AttemptResult, Outcome
from core.retry_after import retry_after
from core.text import DOTS
from core.url import host_of

EVIDENCE = 16 * 1024
"""How many bytes of an answer's body are kept."""
HEADER_EVIDENCE = 16 * 1024
"""How many bytes of an answer's headers are kept."""
_LONGEST_NAME, _LONGEST_VALUE = 200, 1000
_BY_CHANCE = 3


class Request(Struct, frozen=True):
    """The webhook request of one attempt. `deadline` is in seconds and covers the whole attempt."""

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
    """What an attempt has learned so far. It is kept here so that a deadline does not lose it."""

    began: float
    host: str
    secrets: tuple[bytes, ...] = ()
    token_ms: int | None = None
    reply: Reply = field(default_factory=lambda: Reply(EVIDENCE))

    def elapsed(self, until: float | None = None) -> int:
        """Return the milliseconds from the beginning to `until` (monotonic seconds), or to now."""
        return round(((until or monotonic()) - self.began) * 1000)


class _Head(Struct, frozen=True):
    """What an answer's headers say, and the form in which they are stored."""

    content_type: str
    retry_after: float | None
    kept: tuple[tuple[str, str], ...]


async def attempt(http: Http, request: Request, tokens: TokenSource | None) -> AttemptResult:
    """Try to deliver, and return the result. Every error becomes an outcome; only cancellation is raised."""
    started_at = now_ms()
    seen = _Evidence(monotonic(), request.url)
    error: Exception | None = None
    try:
        seen.host = host_of(request.url)
        async with asyncio.timeout(request.deadline):
            await _exchanges(http, request, tokens, seen)
    except Exception as caught:  # every error of the client becomes an outcome
        error = caught
    reply = seen.reply
    head = _read_head(tuple(reply.headers), seen.secrets)
    kind, reason = _judge(request, seen, head, error, tokens)
    return AttemptResult(
        outcome=kind,
        reason=reason,
        url=request.url,
        started_at=started_at,
        total_ms=seen.elapsed(),
        status_code=reply.status,
        token_ms=seen.token_ms,
        connect_ms=reply.connect_ms,
        first_byte_ms=seen.elapsed(reply.head_at) if reply.head_at else None,
        response_headers=head.kept,
        response_body=_without(seen.secrets, reply.body, cut=reply.cut)[:EVIDENCE],
        response_body_cut=reply.cut,
        retry_after=head.retry_after,
        certificate_ends_at=reply.certificate_ends_at,
    )


def _judge(
    request: Request, seen: _Evidence, head: _Head, error: Exception | None, tokens: TokenSource | None
) -> tuple[Outcome, str]:
    """Return the outcome and the reason in words.

    Once the status line and headers have arrived, they decide. A later error or a fault in the answer is only
    mentioned in the reason.
    """
    reply = seen.reply
    if reply.status is not None:
        reply.cut = reply.cut or error is not None
        kind, reason = outcome.of_answer(reply.status, head.content_type, request.accepted_answer)
        odd = f"; {reply.odd}" if reply.odd else ""
        return kind, f"{reason}{odd} (body cut)" if reply.cut else f"{reason}{odd}"
    if isinstance(error, TimeoutError) and tokens is not None and seen.token_ms is None:
        limit = f"{request.deadline:g} s"
        return (
            Outcome.TOKEN_ERROR,
            f"the token endpoint did not answer within {limit}; the endpoint was not asked",
        )
    return outcome.of_error(error or RuntimeError(), seen.host, reply.peer, request.deadline)


async def _exchanges(http: Http, request: Request, tokens: TokenSource | None, seen: _Evidence) -> None:
    token = None
    if tokens is not None:
        began = monotonic()
        token = await tokens.token()
        seen.token_ms = round((monotonic() - began) * 1000)
    await _exchange(http, request, token, seen)
    if seen.reply.status == 401 and tokens is not None and token is not None:
        refused, seen.reply = seen.reply, Reply(EVIDENCE)
        seen.token_ms = None
        began = monotonic()
        renewed = await tokens.replace(token)
        seen.token_ms = round((monotonic() - began) * 1000)
        if renewed is None:
            seen.reply = refused
        else:
            await _exchange(http, request, renewed, seen)


async def _exchange(http: Http, request: Request, token: Token | None, seen: _Evidence) -> None:
    """Send one request and read its answer."""
    seen.secrets = secrets_sent(request.custom_headers, token)
    await http.send(target_of(request.url), _head(request, token) + request.body, seen.reply)


@lru_cache(1024)
def _read_head(headers: tuple[tuple[bytes, bytes], ...], secrets: tuple[bytes, ...]) -> _Head:
    """Read an answer's headers. The result is cached, because most answers of an endpoint have the same headers."""
    fields = {name.lower(): value for name, value in reversed(headers)}
    return _Head(
        content_type=fields.get(b"content-type", b"").decode("utf-8", "replace"),
        retry_after=retry_after(fields.get(b"retry-after", b"").decode("utf-8", "replace")),
        kept=tuple(_kept(headers, secrets)),
    )


def _kept(headers: tuple[tuple[bytes, bytes], ...], secrets: tuple[bytes, ...]) -> Iterator[tuple[str, str]]:
    """Yield the headers as they are stored, up to `HEADER_EVIDENCE` bytes, with secret values masked."""
    left = HEADER_EVIDENCE
    for raw_name, raw_value in headers:
        value = _without(secrets, raw_value)[:_LONGEST_VALUE]
        left -= min(len(raw_name), _LONGEST_NAME) + len(value)
        if left < 0:
            return
        name = raw_name[:_LONGEST_NAME].decode("utf-8", "replace")
        yield name, MASKED if holds_secret(name) else value.decode("utf-8", "replace")


def _without(secrets: tuple[bytes, ...], evidence: bytes, *, cut: bool = False) -> bytes:
    """Replace each secret of the request that an answer repeats by dots.

    If the answer is cut, this also replaces the beginning of a secret at its end.
    """
    for secret in secrets:
        if secret in evidence:
            evidence = evidence.replace(secret, DOTS.encode())
        if cut and (begun := _begun(secret, evidence)):
            evidence = evidence[:-begun] + DOTS.encode()
    return evidence


def _begun(secret: bytes, evidence: bytes) -> int:
    """Return how many bytes of a secret's beginning the evidence ends with.

    Return 0 for three bytes or fewer, which may match by chance.
    """
    lengths = range(len(secret) - 1, _BY_CHANCE, -1)
    return next((length for length in lengths if evidence.endswith(secret[:length])), 0)


def _head(request: Request, token: Token | None) -> bytes:
    """Return the request line and the headers. A custom header never replaces a header that Hookkeeper sets."""
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
