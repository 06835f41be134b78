-- Times are seconds since 1970 (REAL). "sealed" is AES-GCM, "…_hash" a keyed hash: neither can be read without a key.

CREATE TABLE data_keys (            -- vault: one data key a scope, wrapped by the master key of its role
    scope TEXT PRIMARY KEY,         -- 'collection:news', 'predictions'
    wrapped BLOB NOT NULL,
    created_at REAL NOT NULL
);

CREATE TABLE examples (             -- datasets: append-only revisions of examples
    revision_id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again after an erasure: datasets name rows by it
    collection TEXT NOT NULL,
    example_id BLOB NOT NULL,       -- 16 random bytes, the same for every revision
    revision INTEGER NOT NULL,      -- 1, 2, …
    is_current INTEGER NOT NULL,    -- 1 for an example's newest revision, else 0
    content_hash BLOB NOT NULL,     -- of the input: finds duplicates
    subject_hash BLOB,              -- finds what must be erased
    origin BLOB,                    -- the prediction it was derived from
    label TEXT,
    seen_at REAL NOT NULL,
    source TEXT NOT NULL,
    split TEXT,                     -- as published: train, validation, test
    sealed BLOB NOT NULL,           -- the input and the subject
    added_at REAL NOT NULL
);
CREATE UNIQUE INDEX examples_by_content ON examples (content_hash, revision); -- a hash is of one collection alone
CREATE INDEX examples_by_subject ON examples (subject_hash) WHERE subject_hash IS NOT NULL;
CREATE INDEX examples_by_origin ON examples (collection, origin) WHERE origin IS NOT NULL;

CREATE TABLE datasets (             -- datasets: cuts whose rows were frozen when a definition was submitted
    digest TEXT PRIMARY KEY,
    collection TEXT NOT NULL,
    cut TEXT NOT NULL,              -- JSON {name, options}
    members BLOB NOT NULL,          -- revision ids and parts, see datasets/membership.py
    row_count INTEGER NOT NULL,
    counts TEXT NOT NULL,           -- JSON {part: {label: rows}}
    frozen_at REAL NOT NULL
);

CREATE TABLE jobs (                 -- jobs: the row that a worker leases
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,             -- train, retrain, gate, …
    label TEXT NOT NULL UNIQUE,     -- submitting a label twice does it once
    payload TEXT NOT NULL,          -- JSON, what the kind's handler needs
    requires TEXT NOT NULL,         -- JSON {plug-in: code digest}
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    token INTEGER NOT NULL DEFAULT 0,       -- fencing: grows with every lease
    owner TEXT,
    lease_until REAL,
    published_at REAL,              -- when its message was last handed to the broker
    not_before REAL NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    losses INTEGER NOT NULL DEFAULT 0,      -- leases that ran out
    result TEXT,                    -- JSON
    error TEXT,
    traceback TEXT,
    submitted_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL
);
CREATE INDEX jobs_by_state ON jobs (state, lease_until);
CREATE INDEX jobs_by_publication ON jobs (state, published_at);

CREATE TABLE plans (                -- jobs: what was submitted together
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,           -- the plan as JSON
    submitted_at REAL NOT NULL,
    cancelled_at REAL               -- its definitions are wanted no more, unless by another plan
);
CREATE TABLE plan_jobs (
    plan TEXT NOT NULL REFERENCES plans (name),
    label TEXT NOT NULL,
    is_added INTEGER NOT NULL DEFAULT 0,    -- 1: a challenger beside the plan's own, kept when that is submitted again
    PRIMARY KEY (plan, label)
);

CREATE TABLE outbox (               -- messaging: what a relay publishes after the commit that wrote it
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again, so that a late relay deletes no newer row
    queue TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL,
    claimed_until REAL NOT NULL DEFAULT 0   -- a relay has it in hand until then
);

CREATE TABLE messages (             -- messaging: the broker's queues on SQL
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again, so that a late ack deletes no newer message
    queue TEXT NOT NULL,
    body BLOB NOT NULL,
    visible_at REAL NOT NULL,       -- hidden until then while delivered and not yet acknowledged
    deliveries INTEGER NOT NULL DEFAULT 0   -- fencing: only the newest delivery may settle it
);
CREATE INDEX messages_by_queue ON messages (queue, visible_at, id);

CREATE TABLE trained (              -- store: a definition's result, once
    label TEXT PRIMARY KEY,
    definition TEXT NOT NULL,       -- JSON
    dataset_digest TEXT NOT NULL,
    artifact TEXT NOT NULL,         -- sha256 of the artifact
    size_bytes INTEGER NOT NULL,
    metrics TEXT NOT NULL,          -- JSON {part: {metric: {value, low, high}}}
    confusion TEXT NOT NULL,        -- JSON {labels, matrix} on the test part
    fit_seconds REAL NOT NULL,
    predict_us REAL NOT NULL,
    form TEXT NOT NULL,             -- the served form and its agreement, JSON
    environment TEXT NOT NULL,      -- JSON: packages, python, platform, seed, git revision, plug-in digests
    parent TEXT,                    -- label of the version this one was retrained from
    log TEXT NOT NULL,
    trained_at REAL NOT NULL
);

CREATE TABLE versions (             -- store: numbered versions of a registered model
    model TEXT NOT NULL,
    number INTEGER NOT NULL,
    label TEXT NOT NULL REFERENCES trained (label),
    created_at REAL NOT NULL,
    PRIMARY KEY (model, number),
    UNIQUE (model, label)
);

CREATE TABLE aliases (
    model TEXT NOT NULL,
    alias TEXT NOT NULL,
    number INTEGER NOT NULL,
    moved_at REAL NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, number) REFERENCES versions (model, number)
);

CREATE TABLE alias_moves (          -- store: append-only
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    alias TEXT NOT NULL,
    from_number INTEGER,
    to_number INTEGER NOT NULL,
    moved_at REAL NOT NULL,
    moved_by TEXT NOT NULL,
    action TEXT NOT NULL,           -- promote, rollback
    reason TEXT NOT NULL,
    evidence TEXT                   -- JSON: the gate's verdict
);

CREATE TABLE predictions (          -- predictions: the log, drained from the spool
    id TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    version INTEGER NOT NULL,
    made_at REAL NOT NULL,
    subject_hash BLOB,
    entity_hash BLOB,
    answer TEXT NOT NULL,
    confidence REAL NOT NULL,
    sealed BLOB NOT NULL            -- the input, client, subject, entity and scores
);
CREATE INDEX predictions_by_entity ON predictions (entity_hash, made_at) WHERE entity_hash IS NOT NULL;
CREATE INDEX predictions_by_subject ON predictions (subject_hash) WHERE subject_hash IS NOT NULL;
CREATE INDEX predictions_by_time ON predictions (model, made_at);

CREATE TABLE spools (               -- predictions: how far each spool file is drained
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL
);

CREATE TABLE feedback (             -- predictions: append-only outcomes and corrections
    id INTEGER PRIMARY KEY,
    prediction_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('outcome', 'correction')),
    label TEXT NOT NULL,
    source TEXT NOT NULL,
    is_uniform INTEGER NOT NULL,    -- 1: its prediction was drawn uniformly for review, so it may measure
    idempotency_key TEXT NOT NULL UNIQUE,
    given_at REAL NOT NULL
);
CREATE INDEX feedback_by_prediction ON feedback (prediction_id);
