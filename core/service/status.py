"""Who delivers from a database: a few system calls, no query."""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.clock import clock_time, from_ms
from core.ours import NotOurs
from core.store.sqlite.lock import DispatcherLock

_SILENCE = 5.0
"""Seconds without a heartbeat after which a dispatcher counts as not answering."""


@dataclass(frozen=True, slots=True)
class DispatcherStatus:
    """`note` is what keeps the dispatcher from its work, such as a full disk; `slowed` the limit of this machine that it
    has met; `remark` what else it has to say.

    `awaited`: another one stands by. `unknown`: why it cannot be told whether anybody delivers.
    """

    running: bool
    pid: int | None = None
    started_by: str | None = None
    user: str | None = None
    started_at: datetime | None = None
    silent_since: datetime | None = None
    note: str = ""
    slowed: str = ""
    remark: str = ""
    awaited: bool = False
    unknown: str = ""

    @property
    def words(self) -> str:
        """Who delivers, in a sentence or two."""
        if self.unknown:
            return f"Who delivers cannot be told: {self.unknown}"
        if not self.running:
            return "Nobody delivers. Start hookkeeper serve."
        since = clock_time(self.started_at) if self.started_at else "?"
        words = f"Delivering: pid {self.pid}, started by {self.user} ({self.started_by}) at {since}."
        if self.silent_since:
            words += f" It has not answered since {clock_time(self.silent_since)}."
        return " ".join(filter(None, (words, self.note, self.remark)))


def dispatcher_status(database: Path) -> DispatcherStatus:
    """Who holds the dispatcher lock now."""
    lock = DispatcherLock.of(database)
    try:
        holder = lock.holder()
    except NotOurs as error:
        return DispatcherStatus(False, unknown=str(error))
    if holder is None:
        return DispatcherStatus(False)
    beat = lock.last_beat()
    return DispatcherStatus(
        running=True,
        pid=holder.pid,
        started_by=holder.started_by,
        user=holder.user,
        started_at=from_ms(holder.started_at),
        silent_since=from_ms(int(beat * 1000)) if time.time() - beat > _SILENCE else None,
        note=holder.note,
        slowed=holder.slowed,
        remark=holder.remark,
        awaited=lock.is_awaited(),
    )
