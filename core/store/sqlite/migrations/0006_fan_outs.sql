-- Events whose deliveries are not all made yet: those of webhooks up to `position` are, those up to `last` will be.
CREATE TABLE fan_outs (
    event INTEGER PRIMARY KEY REFERENCES events (seq) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    last INTEGER NOT NULL,
    status TEXT
) STRICT;
