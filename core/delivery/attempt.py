"""One try of a delivery: under one deadline, a token if needed and at most two HTTP exchanges."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic

import aiohttp
from multidict import CIMultiDict
from pydantic import SecretStr
from yarl import URL

from core.auth import Token, TokenSource
from core.clock import now_ms
from core.delivery import outcome
from core.delivery.http import Connection, Http, opened_for
from core.delivery.signing import sign
from core.header import MASKED, holds_secret
from core.models import AcceptedAnswer, AttemptResult, Outcome
from core.retry_after import retry_after
from core.url import host_of, on_the_wire
from core.version import VERSION

EVIDENCE = 16 * 1024
"""Bytes of an answer's body that are kept."""
HEADER_EVIDENCE = 16 * 1024
"""Bytes of an answer's headers that are kept."""
_LONGEST_NAME, _LONGEST_VALUE = 200, 1000


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out. `deadline` is seconds over the whole attempt."""

    url: str
    delivery_id: str
    event_type: str
    number: int
    body: bytes = field(repr=False)
    is_test: bool
    signing_secrets: tuple[SecretStr, ...]
    custom_headers: tuple[tuple[str, str], ...] = field(repr=False)
    accepted_answer: AcceptedAnswer
    deadline: float


@dataclass(slots=True)
class _Evidence:
    """What is known so far: a deadline in the middle must not lose it."""

    began: float
    host: str
    status: int | None = None
    token_ms: int | None = None
    connection: Connection = field(default_factory=Connection)
    first_byte_ms: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    retry_after: str = ""
    body: bytearray = field(default_factory=bytearray)
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
        response_body=bytes(seen.body),
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
    while True:
        seen.connection = Connection()
        try:
            with opened_for(seen.connection):
                async with http.session.post(
                    _wire_url(request.url),
                    data=request.body,
                    headers=_headers(request, token),
                    allow_redirects=False,
                ) as response:
                    _note_head(seen, response)
                    await _read(seen, response)
            return
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError):
            if not seen.connection.reused or seen.status is not None:
                raise


@lru_cache
def _wire_url(url: str) -> URL:
    return URL(on_the_wire(url), encoded=True)


def _note_head(seen: _Evidence, response: aiohttp.ClientResponse) -> None:
    seen.first_byte_ms = seen.elapsed()
    seen.status = response.status
    seen.content_type = _text(response.headers.get("Content-Type", ""))
    seen.retry_after = _text(response.headers.get("Retry-After", ""))
    seen.headers = tuple(_evidence(response.raw_headers))
    seen.body.clear()
    seen.cut = False


def _evidence(raw_headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    """The headers as they are stored, the first of very many: never somebody's session or token."""
    size = 0
    for raw_name, raw_value in raw_headers:
        name, value = raw_name[:_LONGEST_NAME], raw_value[:_LONGEST_VALUE]
        size += len(name) + len(value)
        if size > HEADER_EVIDENCE:
            return
        shown = name.decode("utf-8", "replace")
        yield shown, MASKED if holds_secret(shown) else value.decode("utf-8", "replace")


async def _read(seen: _Evidence, response: aiohttp.ClientResponse) -> None:
    """Keep the beginning of the body; a longer one is not waited for."""
    async for part in response.content.iter_any():
        seen.body += part[: EVIDENCE - len(seen.body)]
        if len(seen.body) >= EVIDENCE:
            seen.cut = not response.content.at_eof()
            if seen.cut:
                response.close()
            return


def _text(value: str) -> str:
    """A header's value as text: bytes that are none, which aiohttp escapes as surrogates, are replaced."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _headers(request: Request, token: Token | None) -> CIMultiDict[str]:
    now = int(time.time())
    headers = CIMultiDict(request.custom_headers)
    headers["Content-Type"] = "application/json"
    headers["Accept-Encoding"] = "identity"
    headers.setdefault("User-Agent", f"Hookkeeper/{VERSION}")
    if token is not None:
        headers["Authorization"] = f"Bearer {token.value.get_secret_value()}"
    headers["webhook-id"] = request.delivery_id
    headers["webhook-timestamp"] = str(now)
    headers["webhook-signature"] = " ".join(
        sign(secret, request.delivery_id, now, request.body) for secret in request.signing_secrets
    )
    headers["hookkeeper-event"] = request.event_type
    headers["hookkeeper-attempt"] = str(request.number)
    if request.is_test:
        headers["hookkeeper-test"] = "1"
    return headers
