CREATE TABLE tokens (               -- vault: who may ask a server what; a token itself is kept nowhere
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,        -- the part of the token that finds this row; no secret
    token_hash BLOB NOT NULL,       -- keyed hash of the whole token
    scopes TEXT NOT NULL,           -- JSON list
    created_at REAL NOT NULL,
    revoked_at REAL                 -- kept, so that its name and its requests can still be told
);

CREATE TABLE marks (                -- store: results that are not to be promoted, such as one that learned what was erased
    label TEXT PRIMARY KEY REFERENCES trained (label),
    reason TEXT NOT NULL,
    marked_by TEXT NOT NULL,
    marked_at REAL NOT NULL
);
