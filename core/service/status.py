"""Who delivers from a database: a few system calls, no query."""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.clock import from_ms
from core.store.lock import DispatcherLock

_SILENCE = 5.0
"""Seconds without a heartbeat after which a dispatcher counts as not answering."""


@dataclass(frozen=True, slots=True)
class DispatcherStatus:
    """`note` is what the dispatcher itself has to say, such as a full disk."""

    running: bool
    pid: int | None = None
    started_by: str | None = None
    user: str | None = None
    started_at: datetime | None = None
    silent_since: datetime | None = None
    note: str = ""


def dispatcher_status(database: Path) -> DispatcherStatus:
    """Who holds the dispatcher lock now."""
    lock = DispatcherLock.of(database)
    holder = lock.holder()
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
    )
