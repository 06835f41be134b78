-- A topic's messages are kept once for each name that subscribed to it. Those of the table before are let go: of jobs
-- the rows decide, and of notifications it was not known who wanted them.
DROP TABLE messages;
CREATE TABLE subscriptions (        -- messaging: for whom a topic's messages are kept
    topic TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (topic, name)
);
CREATE TABLE messages (             -- messaging: what is kept for a name, until it is acknowledged
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again, so that a late ack deletes no newer message
    topic TEXT NOT NULL,
    name TEXT NOT NULL,             -- with '.dead' behind it: its dead letters
    message_id TEXT NOT NULL,
    body BLOB NOT NULL,
    headers TEXT NOT NULL,          -- JSON {name: text}
    published_at REAL NOT NULL,
    visible_at REAL NOT NULL,       -- hidden until then, while a consumer has it or after it was given back
    hidden_seconds REAL NOT NULL DEFAULT 0, -- for how long it was hidden
    deliveries INTEGER NOT NULL DEFAULT 0   -- fencing: only the newest delivery may settle it
);
CREATE INDEX messages_by_name ON messages (topic, name, visible_at, id);
ALTER TABLE outbox RENAME COLUMN queue TO topic;
ALTER TABLE outbox ADD COLUMN message_id TEXT NOT NULL DEFAULT '';   -- the same whenever it is published
