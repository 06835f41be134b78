-- What one worker at a time does for all, and what submits plans by itself.
CREATE TABLE duties (               -- jobs
    name TEXT PRIMARY KEY,
    due_at REAL NOT NULL,           -- not before then
    taken_by TEXT NOT NULL,         -- the worker that has it; empty: none
    taken_until REAL NOT NULL,
    token INTEGER NOT NULL          -- grows each time that it is taken
);
CREATE TABLE triggered_plans (      -- tuning: the plans that have triggers
    plan TEXT PRIMARY KEY,
    source TEXT NOT NULL,           -- JSON: the plan as it was written
    paused_at REAL
);
CREATE TABLE plan_triggers (        -- tuning
    plan TEXT NOT NULL,
    name TEXT NOT NULL,             -- a digest of what it is: the same for as long as the plan says the same of it
    place INTEGER NOT NULL,         -- in the plan's list
    written TEXT NOT NULL,          -- JSON
    newest_revision INTEGER NOT NULL,  -- of its collection, when the plan was last submitted
    settled_until REAL NOT NULL,    -- of its schedule, the moments up to then
    fired_at REAL,
    reason TEXT NOT NULL,
    submitted_by TEXT NOT NULL,     -- the label of the job that last submitted the plan for it
    problem TEXT NOT NULL,
    PRIMARY KEY (plan, name)
);
CREATE TABLE trigger_files (        -- tuning: the files that match a trigger, by the machine that sees them
    plan TEXT NOT NULL,
    trigger_name TEXT NOT NULL,
    machine TEXT NOT NULL,
    path TEXT NOT NULL,             -- in the project's folder
    size INTEGER NOT NULL,          -- in bytes
    modified INTEGER NOT NULL,      -- in nanoseconds since 1970
    state TEXT NOT NULL,            -- seen, queued, imported, known, broken
    seen_at REAL NOT NULL,          -- since when it is so
    problem TEXT NOT NULL,
    PRIMARY KEY (plan, trigger_name, machine, path)
);
ALTER TABLE imports ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';  -- PLAN/TRIGGER; empty: no trigger, but somebody
