"""Tells of what no attempt tells, and sends notices to the operator's URL."""

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
    """The dispatcher's part in notices. Its own troubles are logged and make no notices."""

    def __init__(self, store: Store, http: Http, tls: Tls, settings: Callable[[], GeneralSettings]) -> None:
        self._store = store
        self._http = http
        self._tls = tls
        self._settings = settings
        self._told = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, look at the certificate files and send what is due."""
        while not stop.is_set():
            with suppress(StoreError):  # a full disk is reported where outcomes are recorded
                await self._tell_of_files()
                await self._send_due(stop)
            await asyncio.sleep(_INTERVAL)

    async def note_token_failure(self, failure: TokenError) -> None:
        """What only a person can set right at the token endpoint is told once for the settings as they are."""
        if failure.code not in REFUSALS:
            return
        about = f"authorization {self._settings().version} {failure.code}"
        words = f"Nothing is delivered, for there is no token: {failure}"
        with suppress(StoreError):  # as above; the next refusal tells it again
            await notices.tell(self._store, about, NoticeKind.AUTHORIZATION, words)

    async def _tell_of_files(self) -> None:
        trouble = self._trouble_with_files()
        if trouble is not None and trouble[0] != self._told:
            await notices.tell(self._store, trouble[0], NoticeKind.CERTIFICATE, trouble[1])
            self._told = trouble[0]

    def _trouble_with_files(self) -> tuple[str, str] | None:
        """What it is about and the words: a broken file once a day, an end that is near once."""
        now = now_ms()
        try:
            self._tls.context()
            end = self._tls.certificate_ends_at
        except UnusableFile as error:
            return f"{now // _DAY_MS} {error}", f"Nothing is delivered over https: {error}"
        except OSError:
            return None  # no file can be opened now, which says nothing of these
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
            return  # it is due again at once, and has not been tried
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
        except Exception as error:  # whatever the client raises is why it did not arrive
            return outcome.of_error(error, host_of(url), "", deadline)
