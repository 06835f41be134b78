-- Which workers there are, so that people see them and may ask them to finish.
CREATE TABLE workers (              -- jobs: removed when one ends in order
    name TEXT PRIMARY KEY,          -- as `owner` of the jobs that it runs
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    run_by TEXT NOT NULL,           -- the login name
    version TEXT NOT NULL,          -- of Argosy
    plugins TEXT NOT NULL,          -- JSON {plug-in of its project's own: digest of its code}
    started_at REAL NOT NULL,
    seen_at REAL NOT NULL,          -- the newest sign of life
    is_draining INTEGER NOT NULL DEFAULT 0  -- it was asked to finish its job, and to end
);
