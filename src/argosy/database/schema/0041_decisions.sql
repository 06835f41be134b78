-- An older Argosy would give answers that a decision forbids, and so stops.
CREATE TABLE decisions (            -- store: what is made of a version's answers; the last revision is in force
    model TEXT NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,      -- 1, 2, 3 … of each version
    steps TEXT NOT NULL,            -- JSON, see models/decisions.py; [] where all were removed
    decided_at REAL NOT NULL,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (model, number, revision)
);
