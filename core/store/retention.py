"""Retention: removes old data in small transactions, so that nobody waits for the write lock.

Rows are in the order of time, so each sweep begins at the first row and ends where rows are young enough to stay.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.models import GeneralSettings
from core.store.attempts_by_minute import forget_minutes
from core.store.database import Database
from core.store.store import Store

BATCH = 200
"""The most rows that one transaction removes."""
_PAGE = 2000
"""The number of rows that one query examines."""
_HOLD = 0.015
"""Seconds after which a transaction removes no further row. Its COMMIT takes additional time."""
_DAY = 86_400_000
_OVERDUE_DAYS = 90


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were removed, or would be. `delivered` counts deliveries that arrived or were cancelled, `failed`
    deliveries that failed for good, `evidence` attempts whose response was blanked, `unwanted` events that no
    webhook wanted, `events` events without a remaining delivery, `keys` expired idempotency keys.

    `overdue` counts deliveries that have waited for more than 90 days. They are never removed.
    """

    delivered: int
    failed: int
    evidence: int
    unwanted: int
    events: int
    keys: int
    overdue: int


@dataclass(frozen=True, slots=True)
class _Sweep:
    """A sweep over a table in the order of column `row`. It stops after a page whose last `time` is `until` or later.

    `go` is the statement that removes or blanks a row, `doomed` the condition for it.
    """

    table: str
    row: str
    time: str
    until: int
    doomed: str
    go: str


async def prune(store: Store, settings: GeneralSettings, now: int, *, dry_run: bool = False) -> Pruned:
    """Remove data that is older at `now` (ms since 1970) than the settings allow. `dry_run` only counts.

    Raises StoreError. What was removed before the error stays removed, and the next run removes the rest.
    """
    limits = _limits(settings, now)
    counts = {
        name: await _sweep(store, sweep, limits, dry_run or name == "overdue")
        for name, sweep in _sweeps(limits, dry_run).items()
    }
    if not dry_run:
        await store.write(partial(_forget_secrets, now=now))
        await store.write(partial(forget_minutes, now=now))
        while await store.write(lambda database: database.shrink()):
            pass
    return Pruned(**counts)


def _limits(settings: GeneralSettings, now: int) -> dict[str, int]:
    """Return the time limits of the sweeps, in ms since 1970. Older rows are removed."""
    return {
        "now": now,
        "delivered": now - settings.keep_delivered * _DAY,
        "failed": now - settings.keep_failed * _DAY,
        "evidence": now - settings.keep_evidence * _DAY,
        "unwanted": now - settings.keep_unwanted * _DAY,
        "keys": now - settings.keep_keys * _DAY,
        "overdue": now - _OVERDUE_DAYS * _DAY,
        "events": now - min(settings.keep_delivered, settings.keep_failed) * _DAY,
    }


def _sweeps(limits: Mapping[str, int], dry_run: bool) -> dict[str, _Sweep]:
    """Return the sweeps by name, in the order in which one allows the next to remove more."""
    delivered = "state IN ('delivered', 'cancelled') AND changed_at < :delivered"
    failed = "state = 'failed' AND changed_at < :failed"
    stays = f"NOT ({delivered} OR {failed})" if dry_run else "1"
    unused = (
        f"NOT EXISTS (SELECT 1 FROM deliveries WHERE event = events.seq AND {stays})"
        " AND NOT EXISTS (SELECT 1 FROM event_keys WHERE event = events.seq AND expires_at > :now)"
    )
    wanted = "NOT EXISTS (SELECT 1 FROM unwanted WHERE event = events.seq)"
    # An event that the filter of every webhook skipped is kept as long as an unwanted one.
    kept_long_enough = (
        "(created_at < :unwanted OR NOT EXISTS (SELECT 1 FROM skipped WHERE event = events.seq))"
    )

    def deliveries(limit: str, doomed: str) -> _Sweep:
        return _Sweep("deliveries", "seq", "created_at", limits[limit], doomed, "DELETE FROM deliveries")

    def events(limit: str, doomed: str) -> _Sweep:
        doomed = f"created_at < :{limit} AND {doomed} AND {unused}"
        return _Sweep("events", "seq", "created_at", limits[limit], doomed, "DELETE FROM events")

    return {
        "keys": _Sweep(
            "event_keys",
            "event",
            "(SELECT created_at FROM events WHERE seq = event)",
            limits["keys"],
            "expires_at <= :now",
            "DELETE FROM event_keys",
        ),
        "delivered": deliveries("delivered", delivered),
        "failed": deliveries("failed", failed),
        "evidence": _Sweep(
            "attempts",
            "seq",
            "started_at",
            limits["evidence"],
            "started_at < :evidence AND (length(response_body) > 0 OR response_headers <> '[]')"
            f" AND EXISTS (SELECT 1 FROM deliveries WHERE seq = attempts.delivery AND {stays})",
            "UPDATE attempts SET response_headers = '[]', response_body = x''",
        ),
        "unwanted": events("unwanted", f"NOT ({wanted})"),
        "events": events("events", f"{wanted} AND {kept_long_enough}"),
        "overdue": deliveries("overdue", "state IN ('pending', 'sending') AND created_at < :overdue"),
    }


async def _sweep(store: Store, sweep: _Sweep, limits: Mapping[str, int], only_count: bool) -> int:
    number = 0
    after: int | None = 0
    while after is not None:
        rows, after = await store.read(partial(_page, sweep=sweep, limits=limits, after=after))
        number += len(rows) if only_count else await _let_go(store, sweep, limits, rows)
    return number


def _page(
    database: Database, *, sweep: _Sweep, limits: Mapping[str, int], after: int
) -> tuple[list[int], int | None]:
    """Return the rows to remove in the next page, and where the page after it begins; None if this is the last one."""
    row, table = sweep.row, sweep.table
    (last,) = database.execute(
        f"SELECT max({row}) FROM (SELECT {row} FROM {table} WHERE {row} > ? ORDER BY {row} LIMIT {_PAGE})",
        (after,),
    ).fetchone()
    if last is None:
        return [], None
    doomed = database.execute(
        f"SELECT {row} FROM {table} WHERE {row} > :after AND {row} <= :last AND {sweep.doomed} ORDER BY {row}",
        {**limits, "after": after, "last": last},
    ).fetchall()
    (moment,) = database.execute(f"SELECT {sweep.time} FROM {table} WHERE {row} = ?", (last,)).fetchone()
    return [number for (number,) in doomed], last if moment < sweep.until else None


async def _let_go(store: Store, sweep: _Sweep, limits: Mapping[str, int], rows: Sequence[int]) -> int:
    """Blank or remove these rows, in as many transactions as necessary. Return how many rows were affected."""
    number = 0
    while rows:
        seen, gone = await store.write(partial(_batch, sweep=sweep, limits=limits, rows=rows[:BATCH]))
        number += gone
        rows = rows[seen:]
    return number


def _batch(
    database: Database, *, sweep: _Sweep, limits: Mapping[str, int], rows: Sequence[int]
) -> tuple[int, int]:
    """Return how many rows there was time for, and how many of them were affected: some may have changed meanwhile."""
    statement = f"{sweep.go} WHERE {sweep.row} = :row AND {sweep.doomed}"
    began = time.monotonic()
    gone = 0
    for seen, row in enumerate(rows, 1):
        gone += database.execute(statement, {**limits, "row": row}).rowcount
        if time.monotonic() - began > _HOLD:
            return seen, gone
    return len(rows), gone


def _forget_secrets(database: Database, *, now: int) -> None:
    """Delete the replaced signing secrets whose overlap has ended."""
    database.execute("DELETE FROM older_secrets WHERE ends_at <= ?", (now,))
