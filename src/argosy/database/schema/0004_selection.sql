-- Which validation rows a result got right, packed by models/paired.py: a bit a row, no texts, no ids.
-- NULL for what was trained before there was such a column.
ALTER TABLE trained ADD COLUMN rows_right BLOB;

CREATE TABLE searches (             -- tuning: the search of a plan's newest submission
    plan TEXT PRIMARY KEY REFERENCES plans (name),
    space TEXT NOT NULL,            -- sha256 of what is searched and on which rows: its trials are of this alone
    dataset TEXT NOT NULL,          -- JSON: the cut, complete
    dataset_digest TEXT NOT NULL,
    begun_at REAL NOT NULL,         -- a budget of seconds runs from here
    ended_at REAL,                  -- no more is asked for since
    ended_because TEXT
);
CREATE TABLE trials (               -- tuning: which definitions were asked for, in order; results are in `trained`
    plan TEXT NOT NULL REFERENCES searches (plan),
    number INTEGER NOT NULL,
    label TEXT NOT NULL,
    choices TEXT NOT NULL,          -- JSON: what the sampler chose
    asked_at REAL NOT NULL,
    PRIMARY KEY (plan, number),
    UNIQUE (plan, label)
);
