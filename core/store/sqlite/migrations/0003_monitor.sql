-- How long the last attempt took, in ms.
ALTER TABLE deliveries ADD COLUMN last_ms INTEGER;
UPDATE deliveries SET last_ms = (
    SELECT total_ms FROM attempts WHERE delivery = deliveries.seq ORDER BY number DESC, seq DESC LIMIT 1
) WHERE attempts > 0;

-- What lists are read by. Each ends with seq, so that many of them merge into one list, newest first.
DROP INDEX deliveries_open;
DROP INDEX deliveries_sending;
CREATE INDEX deliveries_by_state ON deliveries (webhook, state);
CREATE INDEX deliveries_by_outcome ON deliveries (last_outcome, last_status) WHERE last_outcome <> 'ok';
CREATE INDEX deliveries_tried ON deliveries (webhook)
    WHERE last_outcome <> 'ok' AND state IN ('pending', 'sending');
CREATE INDEX deliveries_slow ON deliveries (webhook) WHERE last_ms >= 2000;
CREATE INDEX events_by_session ON events (session) WHERE session IS NOT NULL;
CREATE INDEX events_by_external_id ON events (external_id) WHERE external_id IS NOT NULL;

-- How many deliveries of a webhook are pending or being sent, how many of those have failed before, and how many
-- failed for good: kept by the triggers below, so that no figure is counted over the deliveries.
CREATE TABLE counts (
    webhook INTEGER PRIMARY KEY REFERENCES webhooks (seq),
    open INTEGER NOT NULL,
    tried INTEGER NOT NULL,
    failed INTEGER NOT NULL
) STRICT;
INSERT INTO counts
    SELECT w.seq, coalesce(sum(d.state IN ('pending', 'sending')), 0),
        coalesce(sum(d.state IN ('pending', 'sending') AND d.last_outcome <> 'ok'), 0),
        coalesce(sum(d.state = 'failed'), 0)
    FROM webhooks w LEFT JOIN deliveries d ON d.webhook = w.seq GROUP BY w.seq;
CREATE TRIGGER counts_begin AFTER INSERT ON webhooks BEGIN
    INSERT INTO counts VALUES (new.seq, 0, 0, 0);
END;
CREATE TRIGGER counts_up AFTER INSERT ON deliveries WHEN new.state NOT IN ('delivered', 'cancelled') BEGIN
    UPDATE counts SET
        open = open + (new.state <> 'failed'),
        tried = tried + ((new.state <> 'failed' AND new.last_outcome <> 'ok') IS TRUE),
        failed = failed + (new.state = 'failed')
    WHERE webhook = new.webhook;
END;
CREATE TRIGGER counts_move AFTER UPDATE OF state, last_outcome ON deliveries
WHEN old.state IN ('pending', 'sending') <> (new.state IN ('pending', 'sending'))
    OR old.state = 'failed' OR new.state = 'failed' OR old.last_outcome IS NOT new.last_outcome
BEGIN
    UPDATE counts SET
        open = open + (new.state IN ('pending', 'sending')) - (old.state IN ('pending', 'sending')),
        tried = tried + ((new.state IN ('pending', 'sending') AND new.last_outcome <> 'ok') IS TRUE)
            - ((old.state IN ('pending', 'sending') AND old.last_outcome <> 'ok') IS TRUE),
        failed = failed + (new.state = 'failed') - (old.state = 'failed')
    WHERE webhook = new.webhook;
END;
CREATE TRIGGER counts_down AFTER DELETE ON deliveries WHEN old.state NOT IN ('delivered', 'cancelled') BEGIN
    UPDATE counts SET
        open = open - (old.state <> 'failed'),
        tried = tried - ((old.state <> 'failed' AND old.last_outcome <> 'ok') IS TRUE),
        failed = failed - (old.state = 'failed')
    WHERE webhook = old.webhook;
END;

-- The attempts of each minute (since 1970), by whether they arrived and how long they took, in ms to two digits.
CREATE TABLE minutes (
    minute INTEGER NOT NULL,
    ok INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (minute, ok, ms)
) STRICT, WITHOUT ROWID;
