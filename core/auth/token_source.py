"""The token that all workers share. It is kept in memory only."""

import asyncio
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from core.auth.answer import REFUSALS
from core.auth.credentials import Credentials
from core.auth.token import Token, TokenError
from core.auth.token_endpoint import TokenEndpoint

LONGEST_BACKOFF = 30.0
REPLACEMENT_INTERVAL = 60.0
_LONGEST_MARGIN = 30.0
_MARGIN = 0.1
_JITTER = 0.1


class TokenSource:
    """Keeps a token and requests the next one, one request at a time, with backoff after failures.

    `on_change` is a callback for changes of `failure`. Close the source, or use it with `async with`; callers that
    still wait for a token then get a TokenError.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        credentials: Credentials,
        *,
        on_change: Callable[["TokenSource"], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = TokenEndpoint(client, credentials)
        self._on_change = on_change
        self._clock = clock
        self._token: Token | None = None
        self._refresh_at = 0.0
        self._expires_at = 0.0
        self._replace_at = 0.0
        self._failure: TokenError | None = None
        self._failures = 0
        self._told: TokenError | None = None
        self._request: asyncio.Task[Token | TokenError] | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Cancel the token request in progress, and make no more."""
        self._closed = True
        if self._request is not None:
            self._request.cancel()
            await asyncio.wait({self._request})

    @property
    def failure(self) -> TokenError | None:
        """Why there is no token; None while there is one, or if no request has failed."""
        return self._failure if self._valid() is None else None

    @property
    def retry_at(self) -> float | None:
        """When a failing token endpoint may be asked again (monotonic clock); None if it is not failing."""
        return None if self.failure is None else self.failure.retry_at

    @property
    def wait(self) -> float | None:
        """Seconds until a failing token endpoint may be asked again; None if it is not failing."""
        return None if self.retry_at is None else max(0.0, self.retry_at - self._clock())

    async def token(self) -> Token:
        """Return the token to send. Raises TokenError, without waiting during the backoff after a failure."""
        token = self._valid()
        if token is not None:
            if self._clock() >= self._refresh_at and self._may_ask():
                self._requested()
            return token
        if self._request is None and self._failure is not None and not self._may_ask():
            self._tell()
            raise _again(self._failure)
        return await self._requested_token()

    async def replace(self, refused: Token) -> Token | None:
        """Return the token to send instead of one that an endpoint refused with 401. Raises TokenError.

        If the refused token is still the current one, it is dropped and replaced, but at most once a minute. Return
        None if it is too early for that.
        """
        if refused is self._valid():
            if self._clock() < self._replace_at:
                return None
            self._replace_at = self._clock() + REPLACEMENT_INTERVAL
            self._token = None
        return await self.token()

    def _valid(self) -> Token | None:
        return self._token if self._clock() < self._expires_at else None

    def _may_ask(self) -> bool:
        return not self._closed and (self._failure is None or self._clock() >= self._failure.retry_at)

    def _requested(self) -> asyncio.Task[Token | TokenError]:
        if self._request is None:
            self._request = asyncio.create_task(self._renew())  # close() cancels and awaits it
        return self._request

    async def _requested_token(self) -> Token:
        """Wait for the result of the shared request. Cancelling one waiter does not cancel the request."""
        request = None if self._closed else self._requested()
        if request is not None:
            await asyncio.wait({request})
        if request is None or request.cancelled():
            raise TokenError("the token request was given up: the settings changed, or the dispatcher stops")
        result = request.result()
        if isinstance(result, TokenError):
            raise _again(result)
        return result

    async def _renew(self) -> Token | TokenError:
        asked_at = self._clock()
        result: Token | TokenError
        try:
            result = await self._endpoint.fetch()
            self._keep(result, asked_at)
        except TokenError as error:
            result = self._failure = self._paced(error)
        finally:
            self._request = None
        self._tell()
        return result

    def _keep(self, token: Token, asked_at: float) -> None:
        self._token = token
        self._expires_at = asked_at + token.expires_in
        self._refresh_at = self._expires_at - min(_LONGEST_MARGIN, token.expires_in * _MARGIN)
        self._failure = None
        self._failures = 0

    def _paced(self, error: TokenError) -> TokenError:
        """Return the error with the time of the next request, after a backoff of 1, 2, 4, ... 30 s.

        It is 30 s at once if only a person can fix the error, and longer if the endpoint asks for that.
        """
        backoff = LONGEST_BACKOFF if error.code in REFUSALS else min(2.0**self._failures, LONGEST_BACKOFF)
        self._failures = min(self._failures + 1, 10)
        wait = max(backoff * (1 + random.random() * _JITTER), error.retry_after)
        return TokenError(
            error.words, code=error.code, retry_after=error.retry_after, retry_at=self._clock() + wait
        )

    def _tell(self) -> None:
        if self.failure is not self._told:
            self._told = self.failure
            if self._on_change is not None:
                self._on_change(self)


def _again(error: TokenError) -> TokenError:
    """Return a copy of the error. One exception raised for every caller would collect all their tracebacks."""
    return TokenError(error.words, code=error.code, retry_after=error.retry_after, retry_at=error.retry_at)
