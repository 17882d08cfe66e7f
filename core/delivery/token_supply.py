"""Provides the token for deliveries from the current settings, and reports while the token endpoint fails."""

import asyncio
from contextlib import suppress

import structlog

from core.auth import Credentials, TokenError, TokenSource
from core.clock import now_ms
from core.delivery.http import Http
from core.delivery.notifier import Notifier
from core.models import GeneralSettings
from core.store import Store, StoreError, queue

_log = structlog.get_logger()


class TokenSupply:
    """Keeps a token source for the current settings. `source` is None while webhooks go out without a token.

    While the token endpoint fails, the dispatcher claims nothing, and one request at a time tests the endpoint.
    """

    def __init__(
        self,
        store: Store,
        http: Http,
        notifier: Notifier,
        tasks: asyncio.TaskGroup,
        wake: asyncio.Event,
    ) -> None:
        self.source: TokenSource | None = None
        self._store = store
        self._http = http
        self._notifier = notifier
        self._tasks = tasks
        self._wake = wake
        self._credentials: Credentials | None = None
        self._probe: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def fails(self) -> bool:
        """Whether the token endpoint currently fails."""
        return self.source is not None and self.source.failure is not None

    async def begin(self) -> None:
        """Clear the wait for the token endpoint that an earlier dispatcher stored."""
        await queue.set_token_wait(self._store, None)

    async def follow(self, settings: GeneralSettings) -> None:
        """Use the credentials of these settings from now on."""
        credentials = Credentials.of(settings)
        if credentials == self._credentials:
            return
        old, self.source, self._credentials = self.source, None, credentials
        if old is not None:
            await old.close()
        await queue.set_token_wait(self._store, None)
        if credentials is not None:
            self.source = TokenSource(self._http.client, credentials, on_change=self._show_wait)

    def is_awaited(self) -> bool:
        """Return whether deliveries wait for the token endpoint. Ask it again once its backoff is over."""
        if self.source is None or self.source.failure is None:
            return False
        if self.source.wait == 0.0 and self._probe is None:
            self._probe = self._tasks.create_task(self._ask(self.source))
        return True

    def stop(self) -> None:
        """Write no more waits to the store, because the dispatcher drains."""
        self._is_closed = True

    async def close(self) -> None:
        """Cancel the request in progress and close the token source."""
        self.stop()
        if self._probe is not None:
            self._probe.cancel()
        if self.source is not None:
            await self.source.close()

    async def _ask(self, source: TokenSource) -> None:
        try:
            await source.token()
        except TokenError as error:
            _log.warning("no token", reason=error.words)
        finally:
            self._probe = None
            self._wake.set()

    def _show_wait(self, source: TokenSource) -> None:
        """Store until when deliveries wait for the token endpoint, for people to see."""
        if source is not self.source or self._is_closed:
            return
        wait = None
        if source.failure is not None:
            wait = (now_ms() + round((source.wait or 0.0) * 1000), source.failure.words)
            self._tasks.create_task(self._notifier.note_token_failure(source.failure))
        self._tasks.create_task(self._store_wait(wait))

    async def _store_wait(self, wait: tuple[int, str] | None) -> None:
        with suppress(StoreError):  # only for display; the recorder reports a full disk
            await queue.set_token_wait(self._store, wait)
        self._wake.set()
