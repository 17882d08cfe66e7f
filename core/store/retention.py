"""How long the books are kept: what is older goes, a little at a time, so that nobody waits for it.

Rows are in order of time, so each sweep begins at the first one and ends at the first that is young enough.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.models import GeneralSettings
from core.store.database import Database
from core.store.minutes import forget_minutes
from core.store.sqlite.shrinking import shrink
from core.store.store import Store

BATCH = 200
"""Rows that one transaction removes at most."""
_PAGE = 2000
"""Rows that are looked at in one go."""
_HOLD = 0.015
"""Seconds after which a transaction takes in no further row; its COMMIT comes on top."""
_DAY = 86_400_000
_OVERDUE_DAYS = 90


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many of each went, or would go. `delivered` counts deliveries that ended well or were cancelled, `failed`
    those given up, `evidence` attempts whose answer was blanked, `unwanted` events that went to nobody, `events`
    those without a delivery left, `keys` those that ended.

    `overdue` are deliveries that have waited for more than 90 days: they are never removed.
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
    """Rows by the ascending number `row`, up to those whose time is not before `until`; `doomed` ones `go`."""

    table: str
    row: str
    time: str
    until: int
    doomed: str
    go: str


async def prune(store: Store, settings: GeneralSettings, now: int, *, dry_run: bool = False) -> Pruned:
    """Remove what is older than the settings say at the time `now` (ms since 1970); `dry_run` only counts.

    Raises StoreError; what was removed until then stays removed, and the next time goes on from there.
    """
    limits = _limits(settings, now)
    counts = {
        name: await _sweep(store, sweep, limits, dry_run or name == "overdue")
        for name, sweep in _sweeps(limits, dry_run).items()
    }
    if not dry_run:
        await store.write(partial(_forget_secrets, now=now))
        await store.write(partial(forget_minutes, now=now))
        while await store.write(shrink):
            pass
    return Pruned(**counts)


def _limits(settings: GeneralSettings, now: int) -> dict[str, int]:
    """What is older than these times is to go."""
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
    """In the order in which one makes the next one possible."""
    delivered = "state IN ('delivered', 'cancelled') AND changed_at < :delivered"
    failed = "state = 'failed' AND changed_at < :failed"
    stays = f"NOT ({delivered} OR {failed})" if dry_run else "1"
    unused = (
        f"NOT EXISTS (SELECT 1 FROM deliveries WHERE event = events.seq AND {stays})"
        " AND NOT EXISTS (SELECT 1 FROM event_keys WHERE event = events.seq AND expires_at > :now)"
    )
    wanted = "NOT EXISTS (SELECT 1 FROM unwanted WHERE event = events.seq)"
    # One that every webhook's filter skipped is as good as unwanted.
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
    """The doomed rows of the next page, and where the one after it begins; None if there is none."""
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
    """Change or remove these rows, in as many transactions as it takes; how many it were in the end."""
    number = 0
    while rows:
        seen, gone = await store.write(partial(_batch, sweep=sweep, limits=limits, rows=rows[:BATCH]))
        number += gone
        rows = rows[seen:]
    return number


def _batch(
    database: Database, *, sweep: _Sweep, limits: Mapping[str, int], rows: Sequence[int]
) -> tuple[int, int]:
    """How many of the rows there was time for, and how many of those went: a row may have changed since it was read."""
    statement = f"{sweep.go} WHERE {sweep.row} = :row AND {sweep.doomed}"
    began = time.monotonic()
    gone = 0
    for seen, row in enumerate(rows, 1):
        gone += database.execute(statement, {**limits, "row": row}).rowcount
        if time.monotonic() - began > _HOLD:
            return seen, gone
    return len(rows), gone


def _forget_secrets(database: Database, *, now: int) -> None:
    """A replaced signing secret that has ended signs nothing any more."""
    database.execute("DELETE FROM older_secrets WHERE ends_at <= ?", (now,))
