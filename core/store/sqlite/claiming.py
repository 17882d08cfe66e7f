"""Claiming the due deliveries of one lane of one webhook: the statements that the dispatcher runs most often."""

import json
from bisect import bisect_right
from itertools import accumulate

from core.clock import now_ms
from core.store.claimed import Claim
from core.store.database import Database

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


def claim_lane(database: Database, epoch: int, webhook: int, lane: int, most: int) -> list[Claim]:
    """Claim at most `most` due deliveries for this epoch, and count the attempt. Call it inside a transaction."""
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
