-- Who added which examples, when, and from what. What was added before there was such a table names no import.
CREATE TABLE imports (              -- datasets: append-only, one row for each time that rows were added
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    kind TEXT NOT NULL,             -- file, query, rows (from Python), feedback
    name TEXT NOT NULL,             -- of the file, without its folder; of the database; of what is for rows without a source
    digest TEXT NOT NULL,           -- sha256 of the file; empty: it was none
    imported_by TEXT NOT NULL,      -- USER@HOST
    imported_at REAL NOT NULL,
    rows_read INTEGER NOT NULL,
    added INTEGER NOT NULL,         -- new examples
    revised INTEGER NOT NULL        -- new revisions of examples that were there
);
CREATE INDEX imports_by_digest ON imports (digest);
ALTER TABLE examples ADD COLUMN import_id INTEGER;  -- the import that added this revision
