-- A server's spool is its own: what others want of it they write down here, and its drainer does it and says so.
CREATE TABLE spool_folders (        -- predictions: removed when its drainer ends in order and nothing is left in it
    name TEXT PRIMARY KEY,          -- drawn once, and kept next to the folder
    host TEXT NOT NULL,
    folder TEXT NOT NULL,
    version TEXT NOT NULL,          -- of Argosy
    entered_at REAL NOT NULL,
    seen_at REAL NOT NULL,          -- the newest sign of life
    waiting INTEGER NOT NULL DEFAULT 0,         -- predictions that were in it then
    waiting_seconds REAL NOT NULL DEFAULT 0,    -- how old the oldest of them was, by its machine's clock
    damaged INTEGER NOT NULL DEFAULT 0,         -- files that were kept aside
    asked INTEGER NOT NULL DEFAULT 0,           -- how often look-ups asked it to drain
    drained INTEGER NOT NULL DEFAULT 0,         -- the newest of these that it has done
    obeyed INTEGER NOT NULL,        -- the newest of `subject_erasures` that it has carried out
    forgotten_at REAL               -- when a person gave it up; NULL: nobody has, or it came back
);
CREATE TABLE subject_erasures (     -- predictions: append-only, for spools that come back after any time
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    ordered_at REAL NOT NULL,
    subject_hashes TEXT NOT NULL    -- JSON list of keyed hashes, in hexadecimal
);
