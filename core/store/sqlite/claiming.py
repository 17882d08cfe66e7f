"""The statements that the dispatcher runs most often: what is due, claiming it, and recording the outcomes."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from core.clock import now_ms
from core.store.claimed import Claim
from core.store.database import Database
from core.store.lanes import BULK, FRESH, RETRY
from core.store.many_rows import flat, slices, values
from core.store.ordering import NEVER

_MOST_BYTES = 64 * 1024 * 1024
"""Bytes of bodies that one claim takes from a lane of a webhook; a larger body is claimed alone."""
# One row holds all results: sqlite3 releases the GIL at each row, and gets it back late from a busy event loop.
_DUE = (
    "SELECT json_group_array(json_array(seq, id, event, type, is_test, number, step, size)) FROM ("
    "SELECT d.seq, d.id, d.event, e.type, e.is_test, d.attempts + 1 AS number, d.step, length(e.body) AS size FROM"
    " deliveries d INDEXED BY deliveries_due CROSS JOIN events e ON e.seq = d.event"
    " WHERE d.state = 'pending' AND d.webhook = ? AND d.lane = ? AND d.due_at <= ?"
    " ORDER BY d.due_at, d.seq LIMIT ?)"
)
_BODIES = (
    "SELECT CAST(group_concat(CAST(body AS TEXT), '') AS BLOB)"
    " FROM json_each(?) CROSS JOIN events ON events.seq = json_each.value"
)
# The recursion jumps from one webhook with pending deliveries to the next, so that all others cost nothing.
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
_SETTLE = (
    "UPDATE deliveries SET state = column1, lane = column2, due_at = column3, step = column4,"
    " interruptions = column5, requested_action = NULL, last_outcome = column6, last_status = column7, last_reason = column8,"
    " last_ms = column9, changed_at = column10 FROM ({rows}) WHERE seq = column11"
    " AND state = 'sending' AND epoch = ? AND requested_action IS NULL AND ordering_key IS NULL"
)


def first_due(database: Database) -> dict[int, int]:
    """See `Database.first_due`."""
    return {webhook: first for webhook, first in database.execute(_FIRST_DUE) if first is not None}


def claim_lane(database: Database, epoch: int, webhook: int, lane: int, most: int) -> list[Claim]:
    """See `Database.claim_lane`."""
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


def settle(database: Database, epoch: int, rows: Sequence[Sequence[object]]) -> int:
    """See `Database.settle`."""
    return sum(
        database.execute(_SETTLE.format(rows=values(part)), [*flat(part), epoch]).rowcount
        for part in slices(rows)
    )
