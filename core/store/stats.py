"""The statistics above the Monitor's list and in `hookkeeper stats`."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from core.clock import now_ms
from core.store.attempts_by_minute import MINUTE_MS
from core.store.database import Database
from core.store.history import read_totals
from core.store.store import Store

MINUTES = 15


@dataclass(frozen=True, slots=True)
class Stats:
    """The open deliveries, and the attempts of the last 15 minutes.

    The values per minute estimate the last 60 s: they assume that the attempts of the previous minute were evenly
    spread. `success` is a fraction from 0 to 1. Durations are ms of whole attempts, to two digits. The values by minute
    are oldest first, and the last minute is not over yet. Attempts whose outcome says nothing about the endpoint (no
    token, the dispatcher stopped) are left out.
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
    authorized: bool
    token_waits_until: datetime | None
    token_reason: str | None
    open_breakers: int
    delivered_by_minute: tuple[int, ...]
    failed_by_minute: tuple[int, ...]


async def load_stats(store: Store) -> Stats:
    """Return the statistics. The cost does not grow with the number of deliveries kept."""
    return await store.read(_stats)


def _stats(database: Database) -> Stats:
    now = now_ms()
    first = now // MINUTE_MS - MINUTES + 1
    by_minute: Counter[tuple[int, bool]] = Counter()
    by_duration: Counter[int] = Counter()
    for minute, ok, ms, number in database.execute(
        "SELECT minute, ok, ms, number FROM minutes WHERE minute >= ? AND minute < ?",
        (first, first + MINUTES),
    ):
        by_minute[minute, bool(ok)] += number
        by_duration[ms] += number
    delivered, failed = (
        tuple(by_minute[minute, ok] for minute in range(first, first + MINUTES)) for ok in (True, False)
    )
    attempts = by_duration.total()
    totals = read_totals(database)
    (authorized,) = database.execute(
        "SELECT EXISTS (SELECT 1 FROM settings WHERE authentication_url IS NOT NULL)"
    ).fetchone()
    (breakers,) = database.execute("SELECT count(*) FROM paces WHERE state <> 'paused'").fetchone()
    return Stats(
        delivered_per_minute=_per_minute(delivered, now),
        failed_per_minute=_per_minute(failed, now),
        success=sum(delivered) / attempts if attempts else None,
        p50_ms=_percentile(by_duration, 50),
        p95_ms=_percentile(by_duration, 95),
        undelivered=totals.undelivered,
        held=totals.held,
        attention=totals.attention,
        sending=totals.sending,
        waiting=totals.waiting,
        oldest=totals.oldest,
        authorized=bool(authorized),
        token_waits_until=totals.token_waits_until,
        token_reason=totals.token_reason,
        open_breakers=breakers,
        delivered_by_minute=delivered,
        failed_by_minute=failed,
    )


def _per_minute(by_minute: tuple[int, ...], now: int) -> int:
    before, this = by_minute[-2:]
    return this + round(before * (1 - now % MINUTE_MS / MINUTE_MS))


def _percentile(by_duration: Counter[int], percent: int) -> int | None:
    """Return the duration that `percent` of all attempts do not exceed, or None without attempts."""
    left = by_duration.total() * percent / 100
    for ms in sorted(by_duration):
        left -= by_duration[ms]
        if left <= 0:
            return ms
    return None
