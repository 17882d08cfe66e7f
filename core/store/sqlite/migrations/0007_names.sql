-- The columns have the names that the program and its documents use.
ALTER TABLE deliveries RENAME COLUMN wish TO requested_action;
ALTER TABLE deliveries RENAME COLUMN line TO ordering_key;
