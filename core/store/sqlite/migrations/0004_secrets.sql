-- The signing secrets that rotations have replaced: each signs until it ends, however many there are.
CREATE TABLE older_secrets (
    seq INTEGER PRIMARY KEY,
    webhook INTEGER NOT NULL REFERENCES webhooks (seq),
    secret BLOB NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT;
CREATE INDEX older_secrets_by_webhook ON older_secrets (webhook, ends_at);
INSERT INTO older_secrets (webhook, secret, ends_at)
    SELECT seq, previous_secret, previous_until FROM webhooks
    WHERE previous_secret IS NOT NULL AND previous_until IS NOT NULL;
ALTER TABLE webhooks DROP COLUMN previous_secret;
ALTER TABLE webhooks DROP COLUMN previous_until;
