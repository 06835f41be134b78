-- A name that somebody subscribed for a while goes when nobody has received for it for long enough.
ALTER TABLE subscriptions ADD COLUMN seen_at REAL NOT NULL DEFAULT 0;   -- when a temporary name last had a receiver
