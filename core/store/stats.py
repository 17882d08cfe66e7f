"""How delivering goes: the figures above the Monitor's list, and of `hookkeeper stats`."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from core.clock import now_ms
from core.store.history import Totals, totals
from core.store.store import Store

MINUTES = 15
_NEWEST = 5000


@dataclass(frozen=True, slots=True)
class Stats:
    """What is open now, and the attempts of the last 15 minutes: `success` of 1, durations of whole attempts in ms,
    the minutes oldest first, the last of them not over yet.
    """

    delivered_per_minute: int
    failed_per_minute: int
    success: float | None
    p50_ms: int | None
    p95_ms: int | None
    undelivered: int
    held: int
    attention: int
    sending: int
    waiting: int
    oldest: datetime | None
    token_waits_until: datetime | None
    token_reason: str | None
    open_breakers: int
    delivered_by_minute: tuple[int, ...]
    failed_by_minute: tuple[int, ...]


async def load_stats(store: Store) -> Stats:
    """All figures."""
    open_now = await totals(store)
    return await store.read(lambda database: _stats(database, open_now))


def _stats(database: sqlite3.Connection, now: Totals) -> Stats:
    minute = now_ms() // 60_000
    delivered, failed, durations = [0] * MINUTES, [0] * MINUTES, []
    for ended, outcome, took in database.execute(
        "SELECT (started_at + total_ms) / 60000, outcome, total_ms FROM attempts ORDER BY seq DESC LIMIT ?",
        (_NEWEST,),
    ):
        place = MINUTES - 1 - (minute - ended)
        if 0 <= place < MINUTES:
            (delivered if outcome == "ok" else failed)[place] += 1
            durations.append(took)
    durations.sort()
    (breakers,) = database.execute("SELECT count(*) FROM paces WHERE state <> 'paused'").fetchone()
    return Stats(
        delivered[-1],
        failed[-1],
        sum(delivered) / len(durations) if durations else None,
        durations[len(durations) // 2] if durations else None,
        durations[len(durations) * 95 // 100] if durations else None,
        now.undelivered,
        now.held,
        now.attention,
        now.sending,
        now.waiting,
        now.oldest,
        now.token_waits_until,
        now.token_reason,
        breakers,
        tuple(delivered),
        tuple(failed),
    )
