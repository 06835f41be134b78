-- Rows alone decide what is run next, so they keep nothing about messages.
DROP INDEX jobs_by_publication;
DROP INDEX jobs_in_line;
ALTER TABLE jobs DROP COLUMN published_at;
ALTER TABLE jobs RENAME COLUMN goes_first TO priority;  -- higher is claimed earlier
ALTER TABLE jobs ADD COLUMN fit TEXT NOT NULL DEFAULT '';   -- names the adapter fit that it uses; empty: none
ALTER TABLE jobs ADD COLUMN lease_seconds REAL NOT NULL DEFAULT 30; -- the length of its newest lease

-- A claim reads the first row of each kind: how much is queued must not matter.
CREATE INDEX jobs_ready ON jobs (kind, priority DESC, submitted_at, id) WHERE state = 'queued';
CREATE INDEX jobs_ready_by_fit ON jobs (kind, fit, priority DESC, submitted_at, id) WHERE state = 'queued';
