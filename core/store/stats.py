"""How delivering goes: the figures above the Monitor's list, and of `hookkeeper stats`."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from core.clock import now_ms
from core.store.database import Database
from core.store.history import read_totals
from core.store.minutes import MINUTE_MS
from core.store.store import Store

MINUTES = 15


@dataclass(frozen=True, slots=True)
class Stats:
    """What is open now, and the attempts of the last 15 minutes.

    Per minute: what ended in the last 60 s, taking the minute before this one as even. `success` is a part of 1.
    Durations are ms of whole attempts, to two digits. The minutes are oldest first, the last of them not over yet.
    Attempts that ended through no doing of the endpoint (no token, the dispatcher stopped) are left out.
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
    """All figures: as fast over a million deliveries as over none."""
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
    """The duration that so many percent of all stay at or under."""
    left = by_duration.total() * percent / 100
    for ms in sorted(by_duration):
        left -= by_duration[ms]
        if left <= 0:
            return ms
    return None
