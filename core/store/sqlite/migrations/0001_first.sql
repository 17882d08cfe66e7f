CREATE TABLE settings (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    authentication_url TEXT,
    client_id TEXT,
    secret_key BLOB,
    client_authentication TEXT NOT NULL,
    scopes TEXT NOT NULL,
    allowed_networks TEXT NOT NULL,
    accepted_answer TEXT NOT NULL,
    retry_schedule TEXT NOT NULL,
    deadline REAL NOT NULL,
    body_limit INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) STRICT;

CREATE TABLE custom_headers (
    position INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE webhooks (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    url TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    accepted_answer TEXT,
    retry_schedule TEXT,
    concurrency INTEGER NOT NULL,
    deadline REAL,
    signing_secret BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    deleted_at INTEGER,
    last_outcome TEXT,
    last_status INTEGER
) STRICT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    body BLOB NOT NULL,
    session TEXT,
    external_id TEXT,
    is_test INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- A key is unique over all types for 7 days.
CREATE TABLE event_keys (
    key TEXT PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX event_keys_by_event ON event_keys (event);

-- Why an event went to nobody.
CREATE TABLE unwanted (
    event INTEGER PRIMARY KEY REFERENCES events (seq) ON DELETE CASCADE,
    reason TEXT NOT NULL
) STRICT;

-- due_at 0: fresh, due since it was stored. step: tries of this run of the schedule.
-- interruptions: in a row. wish: what to do once the attempt in flight is recorded.
CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    event INTEGER NOT NULL REFERENCES events (seq),
    webhook INTEGER NOT NULL REFERENCES webhooks (seq),
    state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'cancelled')),
    lane INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    epoch INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    step INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0,
    wish TEXT,
    last_outcome TEXT,
    last_status INTEGER,
    last_reason TEXT,
    cancel_reason TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (webhook, lane, due_at, seq) WHERE state = 'pending';
CREATE INDEX deliveries_open ON deliveries (webhook, state) WHERE state IN ('pending', 'sending', 'failed');
CREATE INDEX deliveries_sending ON deliveries (seq) WHERE state = 'sending';
CREATE INDEX deliveries_by_event ON deliveries (event);

CREATE TABLE attempts (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    delivery INTEGER NOT NULL REFERENCES deliveries (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status_code INTEGER,
    reason TEXT NOT NULL,
    url TEXT NOT NULL,
    token_ms INTEGER,
    connect_ms INTEGER,
    first_byte_ms INTEGER,
    total_ms INTEGER NOT NULL,
    response_headers TEXT NOT NULL,
    response_body BLOB NOT NULL,
    response_body_cut INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery, number);

-- The one who delivers: its epoch fences claims and outcomes.
CREATE TABLE dispatcher (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL
) STRICT;
INSERT INTO dispatcher VALUES (1, 0);

-- While the token endpoint fails: when it is asked again, and why.
CREATE TABLE token_endpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    next_try_at INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- "Test authorization": asked by a screen or a command, answered by the dispatcher.
CREATE TABLE requests (
    seq INTEGER PRIMARY KEY,
    settings BLOB,
    ok INTEGER,
    words TEXT,
    created_at INTEGER NOT NULL
) STRICT;
