-- How often a webhook was added or changed: the dispatcher looks at this one number, and not at every webhook.
ALTER TABLE dispatcher ADD COLUMN webhooks_version INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER webhooks_version_added AFTER INSERT ON webhooks BEGIN
    UPDATE dispatcher SET webhooks_version = webhooks_version + 1;
END;
CREATE TRIGGER webhooks_version_changed AFTER UPDATE OF version ON webhooks BEGIN
    UPDATE dispatcher SET webhooks_version = webhooks_version + 1;
END;
