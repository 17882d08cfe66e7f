"""The token that deliveries carry, whichever credentials the settings name, and what is said while there is none."""

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
    """Follows the settings. `source` is None while webhooks go out without a token.

    While the token endpoint fails, nothing is claimed, and one request at a time shows whether it works again.
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
        """Whether the token endpoint gives no token."""
        return self.source is not None and self.source.failure is not None

    async def begin(self) -> None:
        """Nothing is known yet: what an earlier dispatcher wrote of the token endpoint no longer holds."""
        await queue.set_token_wait(self._store, None)

    async def follow(self, settings: GeneralSettings) -> None:
        """From now on tokens come with these credentials."""
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
        """Whether deliveries wait for the token endpoint. Asks it again once its backoff is over."""
        if self.source is None or self.source.failure is None:
            return False
        if self.source.wait == 0.0 and self._probe is None:
            self._probe = self._tasks.create_task(self._ask(self.source))
        return True

    def stop(self) -> None:
        """Say nothing more: the dispatcher drains."""
        self._is_closed = True

    async def close(self) -> None:
        """Give up what is being asked for."""
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
        """Say in the store until when deliveries wait for the token endpoint."""
        if source is not self.source or self._is_closed:
            return
        wait = None
        if source.failure is not None:
            wait = (now_ms() + round((source.wait or 0.0) * 1000), source.failure.words)
            self._tasks.create_task(self._notifier.note_token_failure(source.failure))
        self._tasks.create_task(self._store_wait(wait))

    async def _store_wait(self, wait: tuple[int, str] | None) -> None:
        with suppress(StoreError):  # only a display; a full disk is reported where outcomes are recorded
            await queue.set_token_wait(self._store, wait)
        self._wake.set()
