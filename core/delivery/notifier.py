"""Writes notices about certificate files and the token endpoint, and sends all notices to the operator's URL."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from core import schedule
from core.auth import TokenError
from core.auth.answer import REFUSALS
from core.clock import now_ms, utc_words
from core.delivery import outcome
from core.delivery.http import Http
from core.delivery.tls import Tls, UnusableFile
from core.models import GeneralSettings, Notice, NoticeKind, Outcome
from core.store import Store, StoreError, notices
from core.store.notices import DueNotice
from core.url import host_of

_INTERVAL = 1.0
_WAITS = schedule.PRESETS[schedule.STANDARD]
_DAY_MS = 86_400_000
_WARNING_MS = 14 * _DAY_MS
_SENT_FIELDS = {"id", "kind", "webhook", "message", "at"}

_log = structlog.get_logger()


class Notifier:
    """Writes and sends notices for the dispatcher. A notice that cannot be sent is only logged."""

    def __init__(self, store: Store, http: Http, tls: Tls, settings: Callable[[], GeneralSettings]) -> None:
        self._store = store
        self._http = http
        self._tls = tls
        self._settings = settings
        self._told = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Check the certificate files and send due notices, until `stop` is set."""
        while not stop.is_set():
            with suppress(StoreError):  # the recorder reports a full disk
                await self._tell_of_files()
                await self._send_due(stop)
            await asyncio.sleep(_INTERVAL)

    async def note_token_failure(self, failure: TokenError) -> None:
        """Write a notice about a token failure that only a person can fix, once for each version of the settings."""
        if failure.code not in REFUSALS:
            return
        about = f"authorization {self._settings().version} {failure.code}"
        words = f"Nothing is delivered, for there is no token: {failure}"
        with suppress(StoreError):  # as above; the next refusal tries again
            await notices.tell(self._store, about, NoticeKind.AUTHORIZATION, words)

    async def _tell_of_files(self) -> None:
        trouble = self._trouble_with_files()
        if trouble is not None and trouble[0] != self._told:
            await notices.tell(self._store, trouble[0], NoticeKind.CERTIFICATE, trouble[1])
            self._told = trouble[0]

    def _trouble_with_files(self) -> tuple[str, str] | None:
        """Return the subject and text of a notice about the certificate files, or None.

        Each subject gets one notice: a broken file is reported once a day, a near expiry once.
        """
        now = now_ms()
        try:
            self._tls.context()
            end = self._tls.certificate_ends_at
        except UnusableFile as error:
            return f"{now // _DAY_MS} {error}", f"Nothing is delivered over https: {error}"
        except OSError:
            return None  # a limit of this machine, not a fault of these files
        if end is None or end.timestamp() * 1000 - now > _WARNING_MS:
            return None
        path = self._settings().client_certificate
        return (
            f"{path} {end}",
            f"The client certificate {path} ends on {utc_words(end)}: put a new one there.",
        )

    async def _send_due(self, stop: asyncio.Event) -> None:
        if self._settings().notice_url is None:
            return
        for due in await notices.due_notices(self._store):
            url = self._settings().notice_url
            if url is None or stop.is_set():
                return
            await self._send(due, url)

    async def _send(self, due: DueNotice, url: str) -> None:
        kind, problem = await self._outcome_of_sending(due.notice, url)
        if kind is Outcome.LOCAL_LIMIT:
            return  # nothing was sent, so it stays due and no try is counted
        wait = schedule.wait_after(_WAITS, due.tries + 1) if problem is not None else None
        if problem is not None:
            _log.warning(
                "a notice is not sent", notice=due.notice.id, reason=problem, tried_again=wait is not None
            )
        await notices.record_sent(
            self._store, due.notice.id, None if wait is None else now_ms() + round(wait * 1000)
        )

    async def _outcome_of_sending(self, notice: Notice, url: str) -> tuple[Outcome, str | None]:
        deadline = self._settings().deadline
        try:
            async with (
                asyncio.timeout(deadline),
                self._http.client.stream(
                    "POST",
                    url,
                    content=notice.model_dump_json(include=_SENT_FIELDS),
                    headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
                    timeout=None,
                ) as response,
            ):
                if response.is_success:
                    return Outcome.OK, None
                return Outcome.HTTP_STATUS, f"answered {response.status_code}"
        except Exception as error:  # every error of the client becomes an outcome
            return outcome.of_error(error, host_of(url), "", deadline)
