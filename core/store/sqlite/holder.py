"""Which process holds the dispatcher lock of a file.

It takes a few system calls and no query, so it works whatever state the database is in.
"""

import time
from pathlib import Path

from core.clock import from_ms
from core.ours import NotOurs
from core.store.sqlite.lock import DispatcherLock
from core.store.standing import Standing

_SILENCE = 5.0
"""Seconds without a heartbeat after which a dispatcher counts as not answering."""


def look(database: Path) -> Standing:
    """The current holder of the dispatcher lock, and whether it responds."""
    lock = DispatcherLock.of(database)
    try:
        holder = lock.holder()
    except NotOurs as error:
        return Standing(False, unknown=str(error))
    if holder is None:
        return Standing(False)
    beat = lock.last_beat()
    return Standing(
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
