CREATE TABLE drift_references (     -- feedback: how a result answered its test part, to compare live answers with
    label TEXT PRIMARY KEY REFERENCES trained (label),
    format INTEGER NOT NULL,
    erasures INTEGER NOT NULL,      -- how many there had been: after another one it is made anew
    profile TEXT NOT NULL,          -- JSON: counts of classes, moments of numbers
    sealed BLOB NOT NULL            -- hashes of the training part's words, under the collection's key
);
CREATE TABLE drift_hours (          -- predictions: how a version answered in one hour
    model TEXT NOT NULL,
    version INTEGER NOT NULL,
    started_at REAL NOT NULL,
    format INTEGER NOT NULL,
    profile TEXT NOT NULL,          -- JSON: counts of classes, moments of numbers
    PRIMARY KEY (model, version, started_at)
);
CREATE TABLE drift_looks (          -- predictions: the newest comparisons of each version, without a key to read
    model TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,             -- live: the newest window; closed: the last fixed one that is over
    started_at REAL NOT NULL,
    ended_at REAL NOT NULL,
    looked_at REAL NOT NULL,
    format INTEGER NOT NULL,
    found TEXT NOT NULL,            -- JSON: shifts with their intervals
    PRIMARY KEY (model, version, name)
);
