ALTER TABLE settings ADD COLUMN notice_url TEXT;
ALTER TABLE settings ADD COLUMN ca_file TEXT;
ALTER TABLE settings ADD COLUMN client_certificate TEXT;
ALTER TABLE settings ADD COLUMN masked_fields TEXT NOT NULL DEFAULT '';
-- Retention, in days.
ALTER TABLE settings ADD COLUMN keep_delivered INTEGER NOT NULL DEFAULT 30;
ALTER TABLE settings ADD COLUMN keep_failed INTEGER NOT NULL DEFAULT 90;
ALTER TABLE settings ADD COLUMN keep_evidence INTEGER NOT NULL DEFAULT 14;
ALTER TABLE settings ADD COLUMN keep_unwanted INTEGER NOT NULL DEFAULT 30;
ALTER TABLE settings ADD COLUMN keep_keys INTEGER NOT NULL DEFAULT 7;

-- rate: attempts a second. status_filter: the statuses that are wanted, one a line.
ALTER TABLE webhooks ADD COLUMN rate REAL;
ALTER TABLE webhooks ADD COLUMN in_order INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN status_filter TEXT;
-- After a rotation requests are signed with both, until the older one ends.
ALTER TABLE webhooks ADD COLUMN previous_secret BLOB;
ALTER TABLE webhooks ADD COLUMN previous_until INTEGER;
-- Since the last success: when failing began, how many attempts failed, how many percent were told of.
ALTER TABLE webhooks ADD COLUMN failing_since INTEGER;
ALTER TABLE webhooks ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN told_percent INTEGER NOT NULL DEFAULT 0;
-- Why Hookkeeper itself disabled it: gone, failing.
ALTER TABLE webhooks ADD COLUMN disabled_reason TEXT;

-- line: the session in whose order it goes. One that waits for those before it has no due time:
-- due_at is the largest integer.
ALTER TABLE deliveries ADD COLUMN line TEXT;
CREATE INDEX deliveries_line ON deliveries (webhook, line, seq)
    WHERE line IS NOT NULL AND state IN ('pending', 'sending');

-- What undoing a deletion brings back.
CREATE INDEX deliveries_of_deleted ON deliveries (webhook)
    WHERE state = 'cancelled' AND cancel_reason = 'webhook_deleted';

-- Why a webhook of an event's type got no delivery of it.
CREATE TABLE skipped (
    event INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
    webhook INTEGER NOT NULL REFERENCES webhooks (seq),
    reason TEXT NOT NULL,
    PRIMARY KEY (event, webhook)
) STRICT, WITHOUT ROWID;

-- Webhooks that the dispatcher keeps waiting, and until when. state: open, half-open, paused.
CREATE TABLE paces (
    webhook INTEGER PRIMARY KEY REFERENCES webhooks (seq),
    state TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- about: the same matter is told once. send_at: when it is due at the operator's URL.
CREATE TABLE notices (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    about TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    webhook INTEGER REFERENCES webhooks (seq),
    words TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    send_at INTEGER,
    tries INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX notices_to_send ON notices (send_at) WHERE send_at IS NOT NULL;

-- Many deliveries resent or cancelled: done counts those dealt with, up to the delivery `position`.
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('resend', 'cancel')),
    filter TEXT NOT NULL,
    words TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done')),
    total INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Who changed what. subject: a webhook's ID, `settings`, `keys`, a delivery's or a job's ID.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, seq);
