-- works with: 42
-- What then happened to those whom services decided about.
CREATE TABLE outcome_sources (      -- feedback: one row for each source of outcomes of a service
    name TEXT PRIMARY KEY,          -- SERVICE.OUTCOME
    position TEXT NOT NULL,         -- JSON: what of the source was read; each kind of source has its own
    newest REAL,                    -- the latest time among its rows
    read_up_to REAL,                -- the same, when it was last read up to its end
    swept TEXT NOT NULL,            -- JSON: by model, the time and the id of the last prediction whose window was closed
    passed TEXT NOT NULL,           -- JSON: by silent spool, the same at the time when its predictions were passed over
    taken INTEGER NOT NULL,         -- rows, each once
    matched INTEGER NOT NULL,       -- of these, about an entity that was asked about in time
    unmatched INTEGER NOT NULL,
    joined INTEGER NOT NULL,        -- pairs of a row and a prediction
    otherwise INTEGER NOT NULL,     -- predictions after which nothing happened
    poison TEXT NOT NULL,           -- JSON: by reason, rows that say nothing
    problem TEXT NOT NULL,          -- why it could not be read at the last look; empty: it could
    looked_at REAL
);
CREATE TABLE taken_outcomes (       -- feedback: the rows that were taken
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    digest BLOB NOT NULL,           -- a keyed hash of what the row says
    entity_hash BLOB,               -- as in `predictions`; NULL: the row says nothing
    label TEXT NOT NULL,
    at REAL,
    token TEXT NOT NULL,            -- the name of the token it was posted with
    reach TEXT,                     -- the token whose predictions it is about; NULL: any
    UNIQUE (source, digest)
);
CREATE INDEX taken_outcomes_by_entity ON taken_outcomes (entity_hash, source, at);
CREATE TABLE unasked_outcomes (     -- feedback: rows about an entity that nobody had asked about, until they are examples
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    label TEXT NOT NULL,
    at REAL NOT NULL,
    digest BLOB NOT NULL,           -- what `sealed` is bound to
    sealed BLOB NOT NULL            -- the inputs that the row has, under the predictions key
);
