"""Records outcomes in batches: each batch holds all outcomes since the one before."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from core.models import Outcome
from core.store import EpochEnded, Store, StoreError, queue
from core.store.queue import Ending

_AGAIN = 1.0

_log = structlog.get_logger()


class Recorder:
    """Records the outcomes of one epoch.

    `ended` is called with each batch that is written, `say` when `problem` has changed.
    """

    def __init__(
        self,
        store: Store,
        epoch: int,
        say: Callable[[], None],
        ended: Callable[[Sequence[Ending]], None],
    ) -> None:
        self._store = store
        self._epoch = epoch
        self._say = say
        self._ended = ended
        self._gathered: list[Ending] = []
        self._news = asyncio.Event()
        self._closed = False
        self.problem = ""
        """Why outcomes cannot be written, "" if they can. While there is a problem, nothing should be claimed."""

    def add(self, ending: Ending) -> None:
        """Add an outcome to the next batch. It is kept until the batch is written."""
        self._gathered.append(ending)
        self._news.set()

    def close(self) -> None:
        """Accept no more outcomes. `run` returns once all are written."""
        self._closed = True
        self._news.set()

    async def run(self) -> None:
        """Write batches until the recorder is closed. Raises EpochEnded."""
        while self._gathered or not self._closed:
            await self._news.wait()
            self._news.clear()
            if self._gathered:
                endings, self._gathered = self._gathered, []
                await self._record(endings)
                self._ended(endings)

    async def _record(self, endings: Sequence[Ending]) -> None:
        while True:
            try:
                await queue.record_all(self._store, self._epoch, endings)
                break
            except EpochEnded:
                raise
            except StoreError as error:
                if not self.problem:
                    _log.error("outcomes cannot be recorded", number=len(endings), reason=str(error))
                self._is(f"outcomes cannot be recorded: {error}")
                await asyncio.sleep(_AGAIN)
        self._is("")
        for claim, result, verdict in endings:
            if result.outcome is not Outcome.OK:  # the database has all outcomes; the log needs only failures
                _log.info("attempt", delivery=claim.id, number=claim.number, outcome=str(result.outcome),
                          status=result.status_code, ms=result.total_ms, state=str(verdict.state))  # fmt: skip

    def _is(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            self._say()
