"""Books of any size, written by set-based SQL, such as a million deliveries after some weeks of use."""

from core.models import WebhookOptions
from core.store import Store, config
from core.store.database import Database

START = 1_790_000_000_000
"""When the first delivery was created, in ms since 1970. The others follow every 100 ms."""
STEP = 100
TYPES = ("onboarding-status", "session-failed", "session-succeeded", "watchlist-updated", "work-history")
"""Webhooks 1 to 5. The last one is disabled."""

_EVENTS = """
INSERT INTO events (seq, id, type, body, session, external_id, is_test, created_at)
WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :many)
SELECT i, printf('evt_%016d', i), :types ->> (i % 5), x'7b7d', printf('66e1%08x', i / 4),
    iif(i % 10 = 0, printf('customer-%d', i), NULL), 0, :start + i * :step
FROM number
"""
# Half failed long ago, some wait, one in ten thousand was cancelled, the rest arrived.
_DELIVERIES = """
INSERT INTO deliveries (seq, id, event, webhook, state, lane, due_at, attempts, last_outcome, last_status, last_reason,
    last_ms, created_at, changed_at)
SELECT seq, printf('dlv_%012d%04d', seq, seq * 7919 % 10000), seq, 1 + seq % 5,
    iif(seq % 10000 = 77, 'cancelled', iif(seq <= :many / 2, 'failed', iif(seq % 1001 = 5, 'pending', 'delivered'))),
    iif(seq % 1001 = 5, 1, 0), iif(seq % 1001 = 5, 9000000000000, 0), 1,
    iif(seq <= :many / 2 OR seq % 1001 = 5, iif(seq % 3 = 0, 'timeout', 'http_status'), 'ok'),
    iif(seq <= :many / 2 OR seq % 1001 = 5, iif(seq % 3 = 0, NULL, iif(seq % 50000 = 1, 418, 503)), 204),
    'made up', iif(seq % 5000 = 9, 3000, 20 + seq % 80), created_at, created_at
FROM events
"""


async def write_many(store: Store, many: int) -> None:
    """Fill an empty store with five webhooks and `many` deliveries, whose row numbers follow their age."""
    for kind in TYPES:
        options = WebhookOptions(url=f"https://{kind}.example/")
        webhook = await config.add_webhook(store, kind, options, actor="ana")
    await config.set_enabled(store, webhook.id, False, actor="ana")
    await store.write(lambda database: _write(database, many))


def _write(database: Database, many: int) -> None:
    types = "[" + ", ".join(f'"{kind}"' for kind in (*TYPES,)) + "]"
    values = {"many": many, "start": START, "step": STEP, "types": types}
    database.execute(_EVENTS, values)
    database.execute(_DELIVERIES, values)
