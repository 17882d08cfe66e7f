-- How long the last attempt took, in ms.
ALTER TABLE deliveries ADD COLUMN last_ms INTEGER;
