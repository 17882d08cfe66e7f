"""What is due is claimed by one dispatcher: its epoch fences every claim."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from core.clock import now_ms
from core.store.database import Database
from core.store.errors import EpochEnded
from core.store.lanes import BULK, FRESH, RETRY
from core.store.line import NEVER
from core.store.store import Store

_MOST_BYTES = 64 * 1024 * 1024
"""Bodies that one lane of a webhook gives to a claim, together; a larger one goes alone."""
# One row for many: sqlite3 lets Python's lock go at each row, and a busy event loop gives it back late.
_DUE = (
    "SELECT json_group_array(json_array(seq, id, event, type, is_test, number, step, size)) FROM ("
    "SELECT d.seq, d.id, d.event, e.type, e.is_test, d.attempts + 1 AS number, d.step, length(e.body) AS size FROM"
    " deliveries d INDEXED BY deliveries_due CROSS JOIN events e ON e.seq = d.event"
    " WHERE d.state = 'pending' AND d.webhook = ? AND d.lane = ? AND d.due_at <= ?"
    " ORDER BY d.due_at, d.seq LIMIT ?)"
)
# It hops from one webhook that has deliveries pending to the next: all others cost nothing.
_FIRST_DUE = f"""
WITH RECURSIVE waiting(webhook) AS (
    SELECT min(webhook) FROM deliveries INDEXED BY deliveries_due WHERE state = 'pending'
    UNION ALL
    SELECT (SELECT min(webhook) FROM deliveries INDEXED BY deliveries_due
        WHERE state = 'pending' AND webhook > waiting.webhook)
    FROM waiting WHERE waiting.webhook IS NOT NULL
)
SELECT w.seq, (
    SELECT min(first) FROM (
        SELECT (SELECT due_at FROM deliveries INDEXED BY deliveries_due
            WHERE state = 'pending' AND webhook = w.seq AND lane = lanes.lane AND due_at < {NEVER}
            ORDER BY due_at LIMIT 1) AS first
        FROM (SELECT {FRESH} AS lane UNION ALL SELECT {RETRY} UNION ALL SELECT {BULK}) AS lanes
    )
)
FROM waiting CROSS JOIN webhooks w ON w.seq = waiting.webhook
WHERE w.enabled AND w.deleted_at IS NULL
"""
_BODIES = (
    "SELECT CAST(group_concat(CAST(body AS TEXT), '') AS BLOB)"
    " FROM json_each(?) CROSS JOIN events ON events.seq = json_each.value"
)


@dataclass(frozen=True, slots=True)
class Slots:
    """How many deliveries of a webhook may be claimed; `first` of them may be others than retries.

    `version` is the webhook's version that the dispatcher knows: a webhook that was changed since waits.
    """

    webhook: int
    version: int
    free: int
    first: int


class Claim(NamedTuple):
    """A delivery that this epoch may attempt now. `step` counts the tries of this run of the schedule before it."""

    seq: int
    id: str
    webhook: int
    type: str
    body: bytes
    is_test: bool
    number: int
    step: int
    lane: int


async def next_epoch(store: Store) -> int:
    """The fencing number of a dispatcher that has just taken the lock."""

    def begin(database: Database) -> int:
        (epoch,) = database.execute("UPDATE dispatcher SET epoch = epoch + 1 RETURNING epoch").fetchone()
        return int(epoch)

    return await store.write(begin)


class Outlook(NamedTuple):
    """What there is to do. `fingerprint` differs whenever settings or webhooks were changed; first the settings' version.

    `due`: for each enabled webhook with pending deliveries (by `seq`), when the first of them is due, ms since 1970.
    `fans_out`: whether deliveries of some event are still to be made.
    """

    fingerprint: tuple[object, ...]
    due: dict[int, int]
    fans_out: bool


async def look_out(store: Store) -> Outlook:
    """What there is to do now: cheap to ask, with every COMMIT of anybody."""

    def read(database: Database) -> Outlook:
        *versions, fans_out = database.execute(
            "SELECT (SELECT version FROM settings), webhooks_version, EXISTS (SELECT 1 FROM fan_outs)"
            " FROM dispatcher"
        ).fetchone()
        due = {webhook: first for webhook, first in database.execute(_FIRST_DUE) if first is not None}
        return Outlook(tuple(versions), due, bool(fans_out))

    return await store.read(read)


async def claim(
    store: Store, epoch: int, slots: Sequence[Slots], *, fingerprint: tuple[object, ...] = ()
) -> list[Claim]:
    """Take due deliveries and count the attempt: retries, then fresh ones, then bulk. Raises EpochEnded.

    `fingerprint` is that of the outlook which the dispatcher knows: nothing is taken if the settings were changed since.
    """

    def take(database: Database) -> list[Claim]:
        claims: list[Claim] = []
        now, settings = database.execute(
            "SELECT epoch, (SELECT version FROM settings) FROM dispatcher"
        ).fetchone()
        if now != epoch:
            raise EpochEnded(f"Another dispatcher has taken over (epoch {now}; this one is {epoch}).")
        if fingerprint and fingerprint[0] != settings:
            return claims
        for wanted in slots:
            if not _is_current(database, wanted):
                continue
            retries = _claim_lane(database, epoch, wanted.webhook, RETRY, max(1, wanted.free // 2))
            left = min(wanted.first, wanted.free - len(retries))
            fresh = _claim_lane(database, epoch, wanted.webhook, FRESH, left)
            bulk = _claim_lane(database, epoch, wanted.webhook, BULK, left - len(fresh))
            claims += retries + fresh + bulk
        return claims

    return await store.write(take)


def _is_current(database: Database, wanted: Slots) -> bool:
    return (
        database.execute(
            "SELECT 1 FROM webhooks WHERE seq = ? AND version = ? AND enabled AND deleted_at IS NULL",
            (wanted.webhook, wanted.version),
        ).fetchone()
        is not None
    )


def _claim_lane(database: Database, epoch: int, webhook: int, lane: int, most: int) -> list[Claim]:
    if most <= 0:
        return []
    now = now_ms()
    (told,) = database.execute(_DUE, (webhook, lane, now, most)).fetchone()
    due = json.loads(told)
    ends = list(accumulate(row[-1] for row in due))
    due = due[: max(1, bisect_right(ends, _MOST_BYTES))]
    if not due:
        return []
    database.execute(
        "UPDATE deliveries SET state = 'sending', epoch = ?, attempts = attempts + 1, changed_at = ?"
        " WHERE seq IN (SELECT value FROM json_each(?))",
        (epoch, now, json.dumps([row[0] for row in due])),
    )
    (bodies,) = database.execute(_BODIES, (json.dumps([row[2] for row in due]),)).fetchone()
    return sorted(
        Claim(seq, identity, webhook, kind, bodies[end - size : end], bool(is_test), number, step, lane)
        for (seq, identity, _, kind, is_test, number, step, size), end in zip(due, ends, strict=False)
    )
