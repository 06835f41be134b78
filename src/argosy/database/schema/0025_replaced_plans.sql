-- A plan that was submitted again in another form stays in sight, and a plan may end when it is good enough.
CREATE TABLE replaced_plans (       -- jobs: append-only
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    plan TEXT NOT NULL,
    source TEXT NOT NULL,           -- the plan as JSON
    submitted_at REAL NOT NULL,
    replaced_at REAL NOT NULL
);
CREATE TABLE replaced_plan_jobs (   -- jobs: what it wanted and its successor does not
    replaced INTEGER NOT NULL REFERENCES replaced_plans (id),
    label TEXT NOT NULL,
    PRIMARY KEY (replaced, label)
);
ALTER TABLE plans ADD COLUMN stopped TEXT;  -- why it ended before all of it was tried
