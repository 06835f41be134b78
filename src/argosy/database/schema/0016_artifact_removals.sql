-- An artifact is deleted after a transaction that says so, and put before the one that names it.
CREATE TABLE artifact_removals (    -- store: what is about to be deleted, or was; kept for a day
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    artifact TEXT NOT NULL,
    begun_at REAL NOT NULL,
    is_over INTEGER NOT NULL DEFAULT 0
);
